"""Hostile files end in a reading or a coded error, and harmless odd ones are read: those that take a moment."""

from collections.abc import Iterator

import pytest
from hostile.case import Case
from hostile.running import CASES, QUICK, SLOW, examined
from hostile.watching import Reader, watched

QUICK_CASES = [case for case in CASES if case.name in QUICK]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with watched() as made:
        yield made


def test_each_case_says_what_becomes_of_it() -> None:
    names = [case.name for case in CASES]
    assert sorted(names) == sorted({*QUICK, *SLOW})


@pytest.mark.parametrize("case", QUICK_CASES, ids=[case.name for case in QUICK_CASES])
def test_it_ends_in_a_reading_or_a_code_and_leaves_nothing_behind(reader: Reader, case: Case) -> None:
    tried, found = examined(reader, case)
    assert found == [], f"{tried.outcome}: {tried.message}"
