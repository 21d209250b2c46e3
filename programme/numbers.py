"""Invoice numbers: when two are the same however they are printed."""

import unicodedata


def normal_number(text: str) -> str:
    """Return an invoice number in capitals, without blanks and punctuation: 're-2026/0042' becomes 'RE20260042'.

    Leading zeros stay, for '0042' and '42' may be two invoices.
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())
