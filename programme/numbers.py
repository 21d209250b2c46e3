"""Invoice numbers: when two are the same however they are printed."""

import hashlib
import unicodedata

LONGEST = 100
"""Signs of an invoice number that are told apart as they are."""


def normal_number(text: str) -> str:
    """Return an invoice number in capitals, without blanks and punctuation: 're-2026/0042' becomes 'RE20260042'.

    Leading zeros stay, for '0042' and '42' may be two invoices. Of one longer than LONGEST the rest is its digest, for
    databases cannot look up text of any length.
    """
    number = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())
    if len(number) <= LONGEST:
        return number
    return number[:LONGEST] + hashlib.sha256(number.encode()).hexdigest().upper()
