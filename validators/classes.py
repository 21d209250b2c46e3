"""What a document is instead of an invoice: the classes and type codes that never earn a bonus."""

from model.reading import Reading

NO_INVOICE = frozenset(
    {
        *("proforma", "order_confirmation", "delivery_note", "offer", "order"),
        *("reminder", "statement", "receipt", "letter", "blank"),
    }
)
"""Keys of the document titles in extractors/vocabulary.json that count as no invoice, a letter, and the blank page."""

PROFORMA = "325"
"""UNTDID 1001: the one code among those of BT-3 that asks for no payment of goods delivered."""


def what_instead(reading: Reading) -> str | None:
    """Return the class of a document that is no invoice, "" where it has no name, None where it is an invoice."""
    if reading.document_class in NO_INVOICE:
        return reading.document_class
    if reading.invoice is not None and reading.invoice.type_code == PROFORMA:
        return "proforma"
    return "" if any(finding.code == "not_an_invoice" for finding in reading.findings) else None
