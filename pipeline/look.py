"""The second look: what a file says against what it shows, for the words on which money rests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from extractors import hidden, imprint, pdfium, witness
from extractors.hybrid import unprinted
from extractors.traces import traces
from model.contents import Contents
from model.finding import Finding
from model.page import Page
from model.reading import Reading
from pipeline.read import FIRST_OCR, PDF, read, rendered


def looked_at(
    reading: Reading, contents: Sequence[Contents], pages: Sequence[Page], data: bytes, media_type: str
) -> Reading:
    """Return a reading with a finding for each value or word that the page does not show, or shows as if put in later.

    `contents` is what each rung read and `pages` those that were interpreted.
    """
    if reading.invoice is None or media_type != PDF:
        return reading
    render = partial(rendered, data)
    doubts = list(hidden.hidden(pdfium.text_pages(data), render, reading))
    if reading.source == "einvoice":
        doubts += unprinted(reading.invoice, _shown(contents[0].pages, data))
    else:
        layers = [page for page in contents[0].pages if page.origin == "text" and page.pictured]
        doubts += witness.look(reading, pages, render)
        doubts += witness.compare(reading, layers, pages)
        named = {doubt.path for doubt in doubts}
        printed = imprint.altered(reading, pages, partial(pdfium.glyphs, data))
        doubts += (doubt for doubt in printed if doubt.path not in named)
    findings = (
        Finding(
            code="suspected_tampering",
            values={"said": doubt.said, "shown": doubt.shown},
            about=(doubt.path,) if doubt.path else (),
        )
        for doubt in dict.fromkeys(doubts)
    )
    hints = tuple(traces(pdfium.metadata(data), pdfium.signed(data), len(data)))
    return reading.model_copy(update={"findings": (*reading.findings, *findings), "hints": hints})


def pictures_beside(reading: Reading, contents: Sequence[Contents], media_type: str) -> bool:
    """Whether pages beside structured XML are pictures, so that OCR has to say what they show."""
    structured = reading.source == "einvoice" and media_type == PDF
    return structured and not all(page.words for page in contents[0].pages)


def _shown(pages: Sequence[Page], data: bytes) -> Sequence[Page]:
    """The pages beside structured XML with their words, by OCR where they are pictures."""
    return pages if all(page.words for page in pages) else read(data, PDF, FIRST_OCR).pages
