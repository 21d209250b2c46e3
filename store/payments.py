"""What another system says it paid: lists that one person prepares and another one books.

A list never changes: its id is the digest of what it holds. Each payment has the key that the other side gave it, and
is booked once.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from model.invoice import Amount, Value
from programme.ledger import payment
from store import accounts, audit, counters
from store.tables import payment_lists, payments

Outcome = Literal["booked", "refused"]


class Payment(Value):
    """A payment to a partner, or what came back of one (negative), in EUR; `key` is that of the other side."""

    key: str
    partner_id: str
    amount: Amount
    paid_on: dt.date
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PaymentList:
    """A list of payments: who prepared it, who decided on it and how; None where nobody has yet."""

    id: str
    prepared_by: str
    prepared_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    outcome: Outcome | None
    payments: tuple[Payment, ...]

    @property
    def total(self) -> Decimal:
        """What the payments come to, in EUR."""
        return sum((one.amount for one in self.payments), Decimal(0))


class SamePerson(Exception):
    """Raised when a list is to be booked by the person who prepared it: it takes four eyes."""


class Decided(Exception):
    """Raised when a list was booked or refused before."""


def prepare(conn: Connection, listed: Sequence[Payment], who: str, at: dt.datetime) -> PaymentList:
    """Write a list down, to be booked by somebody else; the same list again is returned as it is."""
    identifier = _digest(listed)
    known = find(conn, identifier)
    if known is not None:
        return known
    conn.execute(insert(payment_lists), {"id": identifier, "prepared_by": who, "prepared_at": at})
    conn.execute(insert(payments), [{"list_id": identifier} | one.model_dump() for one in listed])
    why = f"{len(listed)} payments"
    audit.record(conn, at=at, who=who, what="payments prepared", about=identifier, why=why)
    return get(conn, identifier)


def book(conn: Connection, identifier: str, who: str, at: dt.datetime) -> int:
    """Book the payments of a list that are not booked yet, and return how many these were.

    Errors: LookupError if there is no such list; SamePerson; Decided; sqlalchemy.exc.IntegrityError if another list's
    payments with the same keys were booked meanwhile.
    """
    counters.hold(conn, "ledger")
    listed = _undecided(conn, identifier)
    if listed.prepared_by == who:
        raise SamePerson(f"{who} prepared the list {identifier}: another person has to book it")
    done = booked(conn, (one.key for one in listed.payments))
    new = [one for one in listed.payments if one.key not in done]
    for one in new:
        accounts.append(conn, payment(one.partner_id, one.key, one.amount), at)
    _decide(conn, listed, "booked", who, f"{len(new)} payments", at)
    return len(new)


def refuse(conn: Connection, identifier: str, who: str, why: str, at: dt.datetime) -> None:
    """Refuse a list: nothing of it is booked. Errors: LookupError, Decided."""
    _decide(conn, _undecided(conn, identifier), "refused", who, why, at)


def booked(conn: Connection, keys: Iterable[str]) -> dict[str, Payment]:
    """Return the payments with these keys that are booked, by key."""
    found: dict[str, Payment] = {}
    wanted = sorted(set(keys))
    for begin in range(0, len(wanted), 500):
        query = (
            select(payments)
            .join(payment_lists, payment_lists.c.id == payments.c.list_id)
            .where(payments.c.key.in_(wanted[begin : begin + 500]), payment_lists.c.outcome == "booked")
        )
        found |= {row["key"]: _payment(row) for row in conn.execute(query).mappings()}
    return found


def get(conn: Connection, identifier: str) -> PaymentList:
    """Return a list. Errors: LookupError if there is none."""
    found = find(conn, identifier)
    if found is None:
        raise LookupError(f"there is no list {identifier}")
    return found


def find(conn: Connection, identifier: str) -> PaymentList | None:
    """Return a list, or None if there is none."""
    row = conn.execute(select(payment_lists).where(payment_lists.c.id == identifier)).mappings().one_or_none()
    if row is None:
        return None
    query = select(payments).where(payments.c.list_id == identifier).order_by(payments.c.key)
    return PaymentList(**row, payments=tuple(_payment(one) for one in conn.execute(query).mappings()))


def every(conn: Connection) -> tuple[PaymentList, ...]:
    """Return all lists, the oldest first."""
    ids = conn.execute(select(payment_lists.c.id).order_by(payment_lists.c.prepared_at)).scalars().all()
    return tuple(get(conn, identifier) for identifier in ids)


def latest(conn: Connection, limit: int) -> tuple[PaymentList, ...]:
    """Return the lists that nobody decided on yet and those prepared last, the last one first, in two queries."""
    order = (payment_lists.c.outcome.is_not(None), payment_lists.c.prepared_at.desc())
    rows = conn.execute(select(payment_lists).order_by(*order).limit(limit)).mappings().all()
    held: dict[str, list[Payment]] = {row["id"]: [] for row in rows}
    query = select(payments).where(payments.c.list_id.in_(held)).order_by(payments.c.key)
    for one in conn.execute(query).mappings():
        held[one["list_id"]].append(_payment(one))
    return tuple(PaymentList(**row, payments=tuple(held[row["id"]])) for row in rows)


def _undecided(conn: Connection, identifier: str) -> PaymentList:
    """Return a list that nobody else decides on meanwhile."""
    conn.execute(select(payment_lists.c.id).where(payment_lists.c.id == identifier).with_for_update())
    listed = get(conn, identifier)
    if listed.outcome is not None:
        raise Decided(f"the list {identifier} was {listed.outcome} by {listed.decided_by}")
    return listed


def _decide(  # noqa: PLR0917 (who, what, why and when)
    conn: Connection, listed: PaymentList, outcome: Outcome, who: str, why: str, at: dt.datetime
) -> None:
    values = {"outcome": outcome, "decided_by": who, "decided_at": at}
    conn.execute(update(payment_lists).where(payment_lists.c.id == listed.id).values(values))
    audit.record(conn, at=at, who=who, what=f"payments {outcome}", about=listed.id, why=why)


def _payment(row: object) -> Payment:
    values = dict(row)  # type: ignore[call-overload]  # a mapping
    return Payment(**{name: values[name] for name in Payment.model_fields})


def _digest(listed: Sequence[Payment]) -> str:
    rows = sorted(one.model_dump_json() for one in listed)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
