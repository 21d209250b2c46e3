"""Hybrid files: XML that says something else than its page is noticed, and nothing is said against honest pages."""

import io
import re
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from sample_pages import scanned

from extractors import einvoice, pdfium
from pipeline.climb import climb

HONEST = Path(__file__).parents[1].joinpath("fixtures", "hybrid-approved", "invoice.pdf").read_bytes()


def forged(pattern: str, value: str) -> bytes:
    """Return the hybrid with the first match of a pattern in its XML replaced."""
    xml = einvoice.find(HONEST)
    assert xml is not None
    changed, count = re.subn(pattern, value, xml.decode(), count=1)
    assert count == 1
    assert changed != xml.decode()
    return with_xml(HONEST, changed.encode())


def with_xml(data: bytes, xml: bytes) -> bytes:
    """Return a PDF with this XML as its only attachment."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        for name in list(document.attachments):
            del document.attachments[name]
        document.attachments["factur-x.xml"] = pikepdf.AttachedFileSpec(document, xml, mime_type="text/xml")
        document.save(target)
    return target.getvalue()


def doubts(data: bytes) -> list[tuple[str, str]]:
    """The values that the page is found not to show."""
    reading = climb(data, "application/pdf")
    assert reading.source == "einvoice"
    return [(found.about[0], str(found.values["said"])) for found in reading.findings]


def test_an_honest_hybrid_is_not_doubted() -> None:
    assert doubts(HONEST) == []


@pytest.mark.parametrize(
    ("pattern", "value", "path"),
    [
        (r"(<(?:\w+:)?GrandTotalAmount>)[\d.]+", r"\g<1>98765.43", "totals.gross"),
        (r"(<(?:\w+:)?LineTotalAmount>)[\d.]+", r"\g<1>8765.43", "lines.0.net_amount"),
        (r"(<(?:\w+:)?ExchangedDocument>\s*<(?:\w+:)?ID>)[^<]+", r"\g<1>XX-424242", "number"),
        (r"(<(?:\w+:)?IssueDateTime>\s*<[^>]*>)\d{8}", r"\g<1>20250401", "issue_date"),
    ],
)
def test_what_only_the_xml_says_is_doubted(pattern: str, value: str, path: str) -> None:
    assert path in [about for about, _ in doubts(forged(pattern, value))]


def test_a_page_that_is_a_picture_is_read_for_it() -> None:
    xml = einvoice.find(HONEST)
    assert xml is not None
    pages = [np.asarray(pdfium.render(HONEST, 1, 200), dtype=np.uint8)]
    assert doubts(with_xml(scanned(*pages), xml)) == []


def test_a_page_that_shows_nothing_says_nothing_against_the_xml() -> None:
    xml = einvoice.find(HONEST)
    assert xml is not None
    assert doubts(with_xml(scanned(np.full((400, 300), 255, np.uint8)), xml)) == []
