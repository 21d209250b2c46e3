"""Completeness: the values that every decision rests on are number, issue date, type, lines and the net total.

The invoice number is part of the proof of purchase (programme rules, 06.03.2018): without it nothing is approved. No
other figure on the page confirms these words, so they must have been read without doubt. Seller and addressee have
checks of their own.
"""

from collections.abc import Iterator

from model.finding import Finding
from model.invoice import Invoice
from validators.dossier import UNREAD, Dossier

KNOWN_TYPES = frozenset({"380", "381", "384", "326", "389", "875", "876", "877"})
"""The codes of BT-3 of which it is known whether units are bought or taken back."""


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report what is missing or was read with doubt, one finding per value."""
    invoice = dossier.invoice
    if invoice is None:
        return
    sure = dossier.reading.sure
    if not invoice.number or not sure("number"):
        yield Finding(
            code="low_confidence", variant="number", values={"read": invoice.number or UNREAD}, about=("number",)
        )
    if invoice.issue_date is None or not sure("issue_date"):
        read = invoice.issue_date.isoformat() if invoice.issue_date else UNREAD
        yield Finding(code="low_confidence", variant="issue_date", values={"read": read}, about=("issue_date",))
    if invoice.type_code not in KNOWN_TYPES or not sure("type_code"):
        yield Finding(
            code="low_confidence",
            variant="type_code",
            values={"read": invoice.type_code or UNREAD},
            about=("type_code",),
        )
    yield from _figures(dossier, invoice)


def _figures(dossier: Dossier, invoice: Invoice) -> Iterator[Finding]:
    if not invoice.lines:
        yield Finding(code="low_confidence", variant="no_lines")
    if dossier.total is None:
        yield Finding(code="low_confidence", variant="no_net_total", about=("totals.net",))
