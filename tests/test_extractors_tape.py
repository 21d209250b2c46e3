"""The tape: what the engines said once need not be asked again, and says the same."""

import numpy as np
import pytest
from sample_pages import INVOICE, gray, pdf, scanned

from extractors import rapid, tesseract
from extractors.tape import Tape, asked, packed, playing, unpacked
from pipeline import read
from pipeline.climb import climb

BLACK = np.zeros((4, 4), np.uint8)


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("an engine was asked")


def test_without_a_tape_each_question_is_asked() -> None:
    answers = iter((1, 2))
    assert [asked("q", BLACK, lambda: next(answers)) for _ in range(2)] == [1, 2]


def test_the_same_question_about_the_same_pixels_is_asked_once() -> None:
    tape: Tape = {}
    with playing(tape):
        first = [asked("q", BLACK, lambda: "a"), asked("q", BLACK.copy(), lambda: "b")]
        others = [
            asked("p", BLACK, lambda: "c"),
            asked("q", BLACK + 1, lambda: "d"),
            asked("q", BLACK[:2], lambda: "e"),
        ]
    assert (first, others) == (["a", "a"], ["c", "d", "e"])
    assert unpacked(packed(tape)) == tape
    assert packed(dict(reversed(tape.items()))) == packed(tape)


def test_bytes_that_are_no_tape_are_refused() -> None:
    with pytest.raises(ValueError, match="no tape"):
        unpacked(b"something else")


@pytest.mark.parametrize("data", [scanned(gray(INVOICE, 200)), pdf(INVOICE)], ids=["scan", "text"])
def test_a_document_with_its_tape_is_read_alike_and_no_engine_is_asked(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape: Tape = {}
    read._laid_flat.cache_clear()  # noqa: SLF001 (what the process remembers is not asked for, so not on the tape)
    with playing(tape):
        first = climb(data, "application/pdf")
    assert tape
    read._laid_flat.cache_clear()  # noqa: SLF001 (nor must it help)
    monkeypatch.setattr(rapid, "_engine", _refuse)
    monkeypatch.setattr(tesseract, "_asked", _refuse)
    with playing(unpacked(packed(tape))):
        assert climb(data, "application/pdf") == first
    read._laid_flat.cache_clear()  # noqa: SLF001 (as above)
    with pytest.raises(AssertionError):
        climb(data, "application/pdf")
