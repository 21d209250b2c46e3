"""The nouns of the ledger: what a line is worth, and the double entry that books it."""

from typing import Literal

from model.invoice import Amount, Value

Memo = Literal["bonus", "correction", "reversal", "hold", "release", "payment", "return"]
"""What an entry is: of a document the first three, of a partner's certificates the next two, of the bank the last."""


class Accrual(Value):
    """What one line of a document is worth, or by how much that changes.

    The distributor's id, the normalised invoice number and the line's index (from 0) are the key of its bonus units;
    the quantity is negative where units are taken back; `bonus_each` is EUR per unit.
    """

    distributor_id: str
    number: str
    line: int
    model: str
    quantity: int
    bonus_each: Amount


class Posting(Value):
    """One side of an entry: an account and a signed amount in EUR."""

    account: str
    amount: Amount


class Entry(Value):
    """An entry of the ledger: postings that sum to zero. Entries are only ever appended.

    It is about one partner, and about one document unless it holds, releases or pays. `key` is unique: of a document
    its id and the number of its entry, counted from 1.
    """

    key: str
    partner_id: str
    document_id: str | None = None
    memo: Memo
    accruals: tuple[Accrual, ...] = ()
    postings: tuple[Posting, ...]
