"""Ledger arithmetic: double entry by difference, so that approving, correcting and reversing are one and the same act.

Accounts of a partner: "partner:ID:payable" is what the programme owes and will pay, "partner:ID:held" what it owes but
keeps until a certificate covers the day, "partner:ID:paid" what has been paid; "programme:bonus" is the other side of
what was accrued. So the three of a partner together are what it has ever earned. An entry's postings sum to zero, and
entries are only ever appended, each sealed with the hash of the one before.
"""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

from model.ledger import Accrual, Entry, Memo, Posting
from model.money import ZERO
from programme.accrual import total

PROGRAMME = "programme:bonus"

Part = Sequence[object]
"""A posting or an accrual as it is sealed."""

_Unit = tuple[str, str, int, str, Decimal]


def payable(partner_id: str) -> str:
    """Return the account of what a partner is owed and will be paid."""
    return f"partner:{partner_id}:payable"


def held(partner_id: str) -> str:
    """Return the account of what a partner is owed but is not paid until a certificate covers the day."""
    return f"partner:{partner_id}:held"


def paid(partner_id: str) -> str:
    """Return the account of what a partner has been paid."""
    return f"partner:{partner_id}:paid"


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
        key=f"{document_id}:{sequence}",
        partner_id=partner_id,
        document_id=document_id,
        memo="correction" if net(booked) and due else "reversal" if not due else "bonus",
        accruals=missing,
        postings=tuple(Posting(account=account, amount=side) for account, side in sides) if amount else (),
    )


def settlement(
    partner_id: str, position: int, *, payable_now: Decimal, held_now: Decimal, covered: bool
) -> Entry | None:
    """Return the entry that holds what is owed and unpaid, or releases what is held; None where all is as it should be.

    `covered`: whether a certificate covers the day. Where none does, all that is owed is held; what a partner owes (a
    reversal after the payment) is never held but carried on. `position` is where the entry will stand.
    """
    kept = ZERO if covered else max(payable_now + held_now, ZERO)
    moved = kept - held_now
    if not moved:
        return None
    memo: Memo = "hold" if moved > 0 else "release"
    postings = _moved(payable(partner_id), held(partner_id), moved)
    return Entry(key=f"{partner_id}:{memo}:{position}", partner_id=partner_id, memo=memo, postings=postings)


def payment(partner_id: str, key: str, amount: Decimal) -> Entry:
    """Return the entry of what was paid to a partner, or came back (negative); `key` is that of the other side."""
    memo: Memo = "payment" if amount > 0 else "return"
    postings = _moved(payable(partner_id), paid(partner_id), amount)
    return Entry(key=f"payment:{key}", partner_id=partner_id, memo=memo, postings=postings)


def seal(before: str, told: Sequence[object], posted: Sequence[Part], accrued: Sequence[Part]) -> str:
    """Return the hash of an entry: SHA-256, as 64 hex digits, over that of the one before ("" for none) and its values.

    `told` is position, key, partner, document ("" for none), memo and moment, in UTC as "2026-09-15 08:00:00.000000";
    each posting is account, cents, balance of the account after it in cents; each accrual is distributor, number, line,
    model, quantity, cents each. Before postings and accruals stands how many there are. Each value is a line, in UTF-8;
    within one a backslash is written twice and a line's end as a backslash and an n.
    """
    values = [before, *told, len(posted)]
    for part in posted:
        values += part
    values.append(len(accrued))
    for part in accrued:
        values += part
    return sealed(values)


def sealed(values: Iterable[object]) -> str:
    """Return the hash over values as `seal` writes them."""
    return hashed("\n".join(str(one).replace("\\", r"\\").replace("\n", r"\n") for one in values))


def hashed(lines: str) -> str:
    """Return the hash over values that stand in lines already, none of which holds a backslash or a line's end."""
    return hashlib.sha256(lines.encode()).hexdigest()


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


def _moved(source: str, target: str, amount: Decimal) -> tuple[Posting, ...]:
    return Posting(account=source, amount=-amount), Posting(account=target, amount=amount)


def _reversed(accrual: Accrual) -> Accrual:
    return accrual.model_copy(update={"quantity": -accrual.quantity})
