"""The document class: a file has to be one invoice. Passes on what the reading itself noticed.

Order confirmations, delivery notes, quotes, reminders, letters and blank pages are rejected, files with several
invoices and unreadable ones are held (docs/findings.md).
"""

from collections.abc import Iterator

from model.finding import Finding
from validators.classes import NO_INVOICE, what_instead
from validators.dossier import Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report the reading's own findings, a document that is no invoice, several invoices, and an empty reading."""
    reading, codes = dossier.reading, {finding.code for finding in dossier.reading.findings}
    instead = what_instead(reading)
    for finding in reading.findings:
        yield _named(finding, instead, reading.document_class) if finding.code == "not_an_invoice" else finding
    if instead is not None and "not_an_invoice" not in codes:
        # A title can be read wrongly: as long as an invoice was read beside it, it holds the document only.
        yield Finding(code="not_an_invoice", variant=instead, certain=reading.invoice is None)
    if reading.others and "multiple_invoices" not in codes:
        yield Finding(
            code="multiple_invoices", variant="count", values={"count": str(1 + len(reading.others))}, about=("number",)
        )
    if reading.invoice is None and instead is None and not codes:
        yield Finding(code="unreadable")


def _named(finding: Finding, instead: str | None, titled: str | None) -> Finding:
    """Name what the document is; one whose title says invoice is held, for its figures may only be illegible."""
    if titled is None or titled in NO_INVOICE:
        return finding if finding.variant else finding.model_copy(update={"variant": instead or ""})
    return finding.model_copy(update={"variant": "", "certain": False})
