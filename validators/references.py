"""Credit notes and corrections: what they refer to, and which way they count.

A credit note, and a correction with negative figures, take units back wherever the invoice is that they refer to. A
correction with positive figures replaces that invoice, so what is booked for it has to be known: if it is not here, the
difference cannot be told.
"""

from collections.abc import Iterator

from model.finding import Finding
from programme.accrual import replaces, takes_back
from validators.dossier import UNREAD, Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report a replaced invoice that is not here, and a credit note whose devices go both ways."""
    invoice = dossier.invoice
    if invoice is None:
        return
    if replaces(invoice) and dossier.case.preceding is None:
        yield Finding(
            code="low_confidence",
            variant="preceding",
            values={"number": invoice.preceding_invoice_number or UNREAD},
            about=("preceding_invoice_number",),
        )
    devices = [line for line in dossier.worths if dossier.earns(line)]
    if takes_back(invoice) and len({dossier.is_negative(line) for line in devices}) > 1:
        about = tuple(f"lines.{line}.quantity" for line in devices)
        yield Finding(code="low_confidence", variant="both_ways", about=about)
