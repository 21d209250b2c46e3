"""A PDF told apart into files of their own."""

import io

import pikepdf
import pytest
from sample_pages import pdf

from extractors.parts import parts
from extractors.pdfium import text_pages

WHOLE = pdf(*([(60, 60, word)] for word in ("one", "two", "three")))


def said(data: bytes) -> list[str]:
    return [page.words[0].text for page in text_pages(data)]


def test_each_part_has_its_pages_and_the_same_bytes_each_time() -> None:
    assert list(map(said, parts(WHOLE, [2]))) == [["one"], ["two", "three"]]
    assert list(map(said, parts(WHOLE, [2, 3]))) == [["one"], ["two"], ["three"]]
    assert parts(WHOLE, [3]) == parts(WHOLE, [3])


def test_what_is_attached_to_the_whole_belongs_to_no_part() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(WHOLE)) as file:
        file.attachments["factur-x.xml"] = b"<x/>"
        file.save(target)
    for part in parts(target.getvalue(), [2]):
        with pikepdf.open(io.BytesIO(part)) as file:
            assert not file.attachments


@pytest.mark.parametrize("starts", [[1], [4], [3, 2], [2, 2], [0], [-1]])
def test_pages_that_are_no_beginnings(starts: list[int]) -> None:
    with pytest.raises(ValueError, match=str(starts[0])):
        parts(WHOLE, starts)
