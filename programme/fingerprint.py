"""Fingerprints: by what two uploads are the same invoice although their numbers differ."""

import hashlib

from model.invoice import Invoice


def fingerprint(invoice: Invoice) -> str | None:
    """Return what type, issue date, gross total and lines of an invoice come to; None where one of them is missing.

    Whoever orders the same goods again has another date on the invoice; whoever alters a number, or reads it wrongly
    off a poor scan, leaves all this as it was. The order of the lines does not count, nor how a figure is written.
    """
    figures = [(line.quantity, line.net_amount) for line in invoice.lines]
    gross, issued = invoice.totals.gross, invoice.issue_date
    if gross is None or issued is None or not figures or any(None in pair for pair in figures):
        return None
    lines = sorted(f"{quantity.normalize():f} {amount:.2f}" for quantity, amount in figures if quantity and amount)
    told = "\n".join((invoice.type_code or "", issued.isoformat(), f"{gross:.2f}", *lines))
    return hashlib.sha256(told.encode()).hexdigest()
