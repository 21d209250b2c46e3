"""The short form of the fuzzing: each target some times, with the same examples each time."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fuzz.running import attempt
from fuzz.targets import TARGETS, taken


@pytest.mark.parametrize(("target", "given_to"), TARGETS, ids=[target.__name__ for target, _ in TARGETS])
def test_whatever_comes_is_taken(target: Callable[..., None], given_to: Sequence[Any]) -> None:
    assert attempt(target, given_to, 2026, 100) >= 100


def test_a_boundary_of_absurd_length_is_refused() -> None:
    assert taken("multipart/form-data; boundary=" + "x" * 9000, [b"--x"], {}) == "bad_request"
