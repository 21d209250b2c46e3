"""The nouns of the ledger: what a line is worth, and the double entry that books it."""

from model.invoice import Amount, Value


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

    `key` is unique: the document's id and the number of its entry, counted from 1.
    """

    document_id: str
    key: str
    memo: str
    accruals: tuple[Accrual, ...]
    postings: tuple[Posting, ...]
