"""Ledger arithmetic: double entry by difference, so that approving, correcting and reversing are one and the same act.

Accounts: "partner:ID:payable" is what the programme owes a partner, positive where it owes; "programme:bonus" is the
other side. An entry's postings sum to zero, and entries are only ever appended.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from model.ledger import Accrual, Entry, Posting
from model.money import ZERO
from programme.accrual import total

PROGRAMME = "programme:bonus"

_Unit = tuple[str, str, int, str, Decimal]


def payable(partner_id: str) -> str:
    """Return the account of what a partner is owed."""
    return f"partner:{partner_id}:payable"


def difference(
    document_id: str, partner_id: str, sequence: int, due: Sequence[Accrual], booked: Sequence[Accrual]
) -> Entry | None:
    """Return the entry that is missing between what is due for a document and what is booked for it, None if none is.

    `booked` holds the accruals of all the document's entries so far, `sequence` is the number of the next one, from 1.
    A change that is worth nothing (a line moved) is an entry without postings.
    """
    missing = net((*(_reversed(accrual) for accrual in booked), *due))
    if not missing:
        return None
    amount = total(missing)
    sides = ((payable(partner_id), amount), (PROGRAMME, -amount))
    return Entry(
        document_id=document_id,
        key=f"{document_id}:{sequence}",
        memo="correction" if net(booked) and due else "reversal" if not due else "bonus",
        accruals=missing,
        postings=tuple(Posting(account=account, amount=side) for account, side in sides) if amount else (),
    )


def net(accruals: Iterable[Accrual]) -> tuple[Accrual, ...]:
    """Sum accruals up by unit key, model and rate, leaving out what cancels; in order of first appearance."""
    sums: dict[_Unit, int] = {}
    for one in accruals:
        unit = (one.distributor_id, one.number, one.line, one.model, one.bonus_each)
        sums[unit] = sums.get(unit, 0) + one.quantity
    return tuple(
        Accrual(distributor_id=distributor, number=number, line=line, model=model, quantity=quantity, bonus_each=each)
        for (distributor, number, line, model, each), quantity in sums.items()
        if quantity
    )


def balances(entries: Iterable[Entry]) -> dict[str, Decimal]:
    """Return the balance of every account that the entries post to, in EUR."""
    sums: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account] = sums.get(posting.account, ZERO) + posting.amount
    return sums


def _reversed(accrual: Accrual) -> Accrual:
    return accrual.model_copy(update={"quantity": -accrual.quantity})
