"""A statement: what a partner was owed, what was added and paid over a period, and what it is owed now."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from model.case import Partner
from model.invoice import Amount, Value
from model.ledger import Memo
from model.money import ZERO


class Unit(Value):
    """What one line of a document earned, or gave back (negative quantity).

    `line` is the line's identifier as printed, or else its number counted from 1, "" where a correction took units back
    of the invoice that it replaces; `page` is where it stood, None where nothing tells; `bonus_each` is in EUR.
    """

    model: str
    quantity: int
    bonus_each: Amount
    line: str = ""
    page: int | None = None

    @property
    def amount(self) -> Decimal:
        """What it is worth, in EUR."""
        return self.quantity * self.bonus_each


class Movement(Value):
    """An entry of the ledger as a statement shows it.

    `amount` is by how much it changes what the partner is owed, in EUR, `moved` what it holds (negative: releases);
    document, file name and invoice number are None where it is about none.
    """

    position: int
    key: str
    day: dt.date
    memo: Memo
    amount: Amount
    moved: Amount = ZERO
    document_id: str | None = None
    file_name: str | None = None
    number: str | None = None
    units: tuple[Unit, ...] = ()


class Statement(Value):
    """The movements of a partner on the days from `first` to `last` (Europe/Berlin), both included.

    `opening` and `closing` are what the partner is owed before and after, in EUR, held or not; `held` is what of the
    closing balance is held.
    """

    partner: Partner
    first: dt.date
    last: dt.date
    opening: Amount
    movements: tuple[Movement, ...]
    closing: Amount
    held: Amount

    @property
    def earned(self) -> Decimal:
        """What was accrued in the period, in EUR."""
        return self._sum(lambda one: one.document_id is not None and one.amount > 0)

    @property
    def taken_back(self) -> Decimal:
        """What was reversed or given back in the period, in EUR, negative."""
        return self._sum(lambda one: one.document_id is not None and one.amount < 0)

    @property
    def paid(self) -> Decimal:
        """What was paid in the period less what came back, in EUR."""
        return -self._sum(lambda one: one.memo in {"payment", "return"})

    def _sum(self, counts: Callable[[Movement], bool]) -> Decimal:
        return sum((one.amount for one in self.movements if counts(one)), ZERO)
