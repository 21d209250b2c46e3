"""Extract: what the rungs saw, turned into a reading: the invoice, its evidence, and what was noticed."""

from __future__ import annotations

from collections.abc import Sequence

from extractors import einvoice
from extractors.merge import merged
from extractors.printed import NO_INVOICE, Printed, read_printed
from extractors.split import split
from extractors.structured import RUNG as XML
from extractors.structured import structured_evidence
from model.contents import Contents, Unreadable
from model.finding import Finding
from model.invoice import Invoice
from model.money import money
from model.page import Page
from model.reading import SURE, Reading, Source

EXTRACTOR = "12"
"""Version of the extractor: raised with every change that can change a reading."""
FEW_WORDS = 3
"""A file with no more words than this is blank, or was not read."""
LEGIBLE = 0.6
"""Words read with less confidence than this on average were not read."""


def extract(contents: Sequence[Contents]) -> Reading:
    """Read the invoice from what the rungs saw so far; the best proven reading counts, of equals the first.

    A page is blank only if no rung saw anything on it.
    """
    structured = _structured(contents)
    if structured is not None:
        return _from_xml(structured, contents[0].page_count)
    readings = [(_from_pages(found), sum(bool(page.words) for page in found.pages)) for found in contents]
    seen = [one for one in readings if one[0].document_class != "blank"] or readings
    best, _ = max(seen, key=lambda one: worth(*one))
    return merged(best, [reading for reading, _ in seen])


def worth(reading: Reading, pages: int) -> tuple[int, int, int, int]:
    """How much a reading is worth: proven values of lines, pages seen, proven values in all, those of a text layer.

    One that saw fewer pages may have missed another invoice. A weaker OCR reader finds more values that are none, so
    their number says nothing for it.
    """
    proven = [path for path, found in reading.evidence.items() if found.proof]
    said = len(reading.evidence) if reading.source == "text" else 0
    return sum(1 for path in proven if path.startswith("lines.")), pages, len(proven), said


def _structured(contents: Sequence[Contents]) -> Invoice | None:
    """Return the invoice of the XML; one attached to a PDF that cannot be read leaves the pages to speak."""
    xml = next((found.xml for found in contents if found.xml is not None), None)
    if xml is None:
        return None
    try:
        return einvoice.read(xml)
    except Unreadable:
        if not any(found.page_count for found in contents):
            raise
        return None


def _from_xml(invoice: Invoice, page_count: int) -> Reading:
    evidence, _ = structured_evidence(invoice)
    return Reading(
        source="einvoice",
        page_count=max(page_count, 1),
        rung=XML,
        document_class="credit_note" if invoice.type_code == "381" else "invoice",
        invoice=invoice,
        evidence=evidence,
        extractor=EXTRACTOR,
    )


def _from_pages(contents: Contents) -> Reading:
    words = [word for page in contents.pages for word in page.words]
    base = Reading(
        source=_source(contents.pages),
        page_count=max(contents.page_count, 1),
        rung=rungs_of(contents.pages),
        extractor=EXTRACTOR,
    )
    if len(words) <= FEW_WORDS and any(page.marked for page in contents.pages):
        return base.model_copy(update={"findings": (Finding(code="unreadable"),)})
    if len(words) <= FEW_WORDS:
        blank = Finding(code="not_an_invoice", variant="blank")
        return base.model_copy(update={"document_class": "blank", "findings": (blank,)})
    legible = sum(word.confidence for word in words) / len(words)
    if legible < LEGIBLE:
        return base.model_copy(update={"findings": (Finding(code="unreadable"),)})
    parts = [read_printed(group) for group in split(contents.pages)]
    return base.model_copy(update=_noticed(parts, sure=legible >= SURE))


def _noticed(parts: Sequence[Printed], *, sure: bool) -> dict[str, object]:
    """What the parts of a file amount to: one invoice, several, or none."""
    first, *others = parts
    if first.document_class in NO_INVOICE or not first.is_invoice:
        kind = first.document_class or "letter"
        title = first.evidence.get("type_code")
        read = sure if title is None or title.confidence is None else title.confidence >= SURE
        finding = Finding(code="not_an_invoice", variant=kind, certain=read)
        return {"document_class": kind, "findings": (finding,), "evidence": {}}
    further = tuple(part.invoice for part in others if part.is_invoice)
    findings: list[Finding] = []
    if further:
        values = {"count": str(1 + len(further))}
        findings.append(Finding(code="multiple_invoices", variant="count", values=values, about=("number",)))
    if first.other_total is not None:
        values = {"printed": money(first.other_total)}
        findings.append(Finding(code="totals_mismatch", variant="printed", values=values, about=("totals.gross",)))
    return {
        "document_class": first.document_class,
        "invoice": first.invoice,
        "others": further,
        "evidence": first.evidence,
        "findings": tuple(findings),
    }


def _source(pages: Sequence[Page]) -> Source:
    origins = {page.origin for page in pages if page.words} or {page.origin for page in pages}
    if len(origins) > 1:
        return "mixed"
    return "ocr" if "ocr" in origins else "text"


def rungs_of(pages: Sequence[Page]) -> str:
    """Name the rungs that the pages were read on, each once."""
    return "+".join(dict.fromkeys(page.rung for page in pages))
