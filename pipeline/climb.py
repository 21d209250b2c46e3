"""Climb: read a document rung by rung, only as far as its proof needs."""

from __future__ import annotations

from model.contents import Contents
from model.reading import Reading
from pipeline.extract import extract
from pipeline.read import PDF, RUNGS, TEXT, XML, read


def climb(data: bytes, media_type: str) -> Reading:
    """Read a document; raises Unreadable where it cannot be processed."""
    first, *higher = RUNGS if media_type in {PDF, XML} else [rung for rung in RUNGS if rung not in TEXT]
    contents = [read(data, media_type, first)]
    reading = extract(contents)
    for rung in higher:
        if settled(reading, contents[-1]):
            break
        if sees_more(rung, contents[-1]):
            contents.append(read(data, media_type, rung))
            reading = extract(contents)
    return reading


def sees_more(rung: str, last: Contents) -> bool:
    """Whether a rung can see more than the last one did: a text rung where there is text, OCR where a page has none."""
    if rung in TEXT:
        return any(page.words for page in last.pages)
    return any(page.origin == "ocr" or not page.words for page in last.pages)


def settled(reading: Reading, last: Contents) -> bool:
    """Whether climbing on would be in vain: structured, or every page seen, and no invoice or one that is proven."""
    if reading.source == "einvoice":
        return True
    if any(page.origin == "text" and not page.words for page in last.pages):
        return False
    invoice = reading.invoice
    if invoice is None:
        return reading.document_class is not None
    lines = range(len(invoice.lines))
    needed = ("totals.gross", *(f"lines.{i}.{name}" for i in lines for name in ("quantity", "net_amount")))
    return bool(reading.others) or (bool(lines) and all(map(reading.proven, needed)))
