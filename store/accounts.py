"""The ledger in the database: entries are appended and never changed; what is booked is the fold of them.

Each is sealed with the hash of the one before it (`programme.ledger.seal`), and each posting tells the balance of its
account after it: what an account holds is told by its last one. `store.chain` checks both.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select, type_coerce

from model.ledger import Accrual, Entry, Posting
from model.money import ZERO
from programme.ledger import held, payable, seal, settlement
from store import counters, webhooks
from store.columns import Cents, in_cents
from store.tables import accruals, bonus_units, entries, postings

Line = tuple[str, str, int]
"""What bonus units are counted by: distributor's id, normalised invoice number, index of the line."""

_LINE = (accruals.c.distributor_id, accruals.c.number, accruals.c.line, accruals.c.model, accruals.c.bonus_each)
_BOOKED = (
    select(*_LINE, func.sum(accruals.c.quantity).label("quantity"))
    .join(entries, entries.c.position == accruals.c.entry)
    .where(entries.c.document_id == bindparam("document_id"))
    .group_by(*_LINE)
    .having(func.sum(accruals.c.quantity) != 0)
)
_UNIT = ("distributor_id", "number", "line", "model", "quantity")
_ENTRY = select(entries.c.hash, entries.c.booked_at).where(entries.c.position == bindparam("position"))
_LAST = (
    select(postings.c.balance)
    .where(postings.c.account == bindparam("account"))
    .order_by(postings.c.entry.desc(), postings.c.sequence.desc())
    .limit(1)
)
_COUNT = select(func.count()).select_from(entries).where(entries.c.document_id == bindparam("document_id"))
_UNITS_OF = (bonus_units.c.distributor_id, bonus_units.c.number, bonus_units.c.line)
_HELD = (
    select(*_UNITS_OF, func.max(bonus_units.c.unit).label("units"))
    .where(bonus_units.c.document_id == bindparam("document_id"))
    .group_by(*_UNITS_OF)
)
_HOLDERS = (
    select(bonus_units.c.document_id, bonus_units.c.line)
    .where(
        bonus_units.c.distributor_id == bindparam("distributor_id"),
        bonus_units.c.number == bindparam("number"),
        bonus_units.c.document_id != bindparam("document_id"),
    )
    .distinct()
)


class Unbalanced(Exception):
    """Raised when the postings of an entry do not sum to zero: the entry is not booked."""


def append(conn: Connection, entry: Entry, at: dt.datetime) -> int:
    """Book an entry and return its position in the ledger. Moments never go back, whatever a clock says.

    Errors: Unbalanced; sqlalchemy.exc.IntegrityError if the entry's key is there already, or if another document has
    booked one of its bonus units.
    """
    if sum((posting.amount for posting in entry.postings), ZERO) != ZERO:
        raise Unbalanced(f"the postings of entry {entry.key} do not sum to zero")
    position = counters.following(conn, "ledger")
    last = conn.execute(_ENTRY, {"position": position - 1}).one_or_none()
    moment = at.astimezone(dt.UTC) if last is None else max(at.astimezone(dt.UTC), last.booked_at)
    accrued = [part.model_dump() for part in entry.accruals]
    posted = [part.model_dump() | {"balance": _after(conn, part)} for part in entry.postings]
    values = entry.model_dump(exclude={"accruals", "postings"}) | {"position": position, "booked_at": moment}
    sealed = _sealed("" if last is None else last.hash, values, posted, accrued)
    conn.execute(insert(entries), values | {"hash": sealed})
    for table, parts in ((accruals, accrued), (postings, posted)):
        rows = [{"entry": position, "sequence": place} | part for place, part in enumerate(parts, 1)]
        if rows:
            conn.execute(insert(table), rows)
    if entry.document_id is not None:
        _occupy(conn, entry.document_id)
    webhooks.announce(conn, position, at)
    return position


def settle(conn: Connection, partner_id: str, at: dt.datetime, *, covered: bool) -> bool:
    """Hold what a partner is owed, or release it, as a certificate covers the day or not; whether that moved anything.

    Whoever calls holds the counter of the ledger.
    """
    entry = _settlement(conn, partner_id, covered=covered)
    if entry is None:
        return False
    append(conn, entry, at)
    return True


def is_settled(conn: Connection, partner_id: str, *, covered: bool) -> bool:
    """Whether all that a partner is owed is held, or none of it, as a certificate covers the day or not."""
    return _settlement(conn, partner_id, covered=covered) is None


def booked(conn: Connection, document_id: str) -> tuple[Accrual, ...]:
    """Return what is booked for a document, sorted: its entries added up, what sums to no units left out."""
    # sorted here, for databases differ in how they sort texts
    rows = sorted(conn.execute(_BOOKED, {"document_id": document_id}), key=lambda row: row[: len(_LINE)])
    return tuple(_accrual(row) for row in rows)


def earned(conn: Connection, document_ids: Collection[str]) -> dict[str, Decimal]:
    """Return what is booked in all for each of these documents that anything was booked for, in EUR."""
    amount = func.sum(accruals.c.quantity * accruals.c.bonus_each).label("amount")
    of = entries.c.document_id
    query = select(of, type_coerce(amount, Cents)).join(accruals, accruals.c.entry == entries.c.position)
    return {row[0]: row[1] for row in conn.execute(query.where(of.in_(document_ids)).group_by(of))}


def holders(conn: Connection, document_id: str, owed: Iterable[Accrual]) -> dict[Line, str]:
    """Return the lines of what is owed for a document whose bonus units another one holds, and the id of that one."""
    lines = {(accrual.distributor_id, accrual.number, accrual.line) for accrual in owed}
    found: dict[Line, str] = {}
    for distributor, number in sorted({(distributor, number) for distributor, number, _ in lines}):
        values = {"distributor_id": distributor, "number": number, "document_id": document_id}
        held = {(distributor, number, row.line): row.document_id for row in conn.execute(_HOLDERS, values)}
        found |= {line: held[line] for line in sorted(lines & held.keys())}
    return found


def entry_count(conn: Connection, document_id: str) -> int:
    """Return how many entries a document has."""
    return int(conn.execute(_COUNT, {"document_id": document_id}).scalar_one())


def balances(conn: Connection) -> dict[str, Decimal]:
    """Return the balance of every account that has postings, in EUR, by the account's name, sorted."""
    rows = conn.execute(
        select(postings.c.account, func.sum(postings.c.amount).label("balance")).group_by(postings.c.account)
    )
    return {row.account: row.balance for row in sorted(rows, key=lambda row: str(row.account))}


def owed(conn: Connection, partner_id: str) -> Decimal:
    """Return what a partner is owed and was not paid, held or not, in EUR; negative where it owes."""
    return _balance(conn, payable(partner_id)) + _balance(conn, held(partner_id))


def owed_and_withheld(conn: Connection, partner_id: str) -> tuple[Decimal, Decimal]:
    """Return what a partner is owed and was not paid, and what of it is held, in EUR; in one question."""
    own, kept = (
        select(postings.c.balance)
        .where(postings.c.account == account)
        .order_by(postings.c.entry.desc(), postings.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
        for account in (payable(partner_id), held(partner_id))
    )
    pays, holds = conn.execute(select(own, kept)).one()
    return (pays or ZERO) + (holds or ZERO), holds or ZERO


def payable_now(conn: Connection, partner_id: str) -> Decimal:
    """Return what a partner is owed and nothing holds, in EUR."""
    return _balance(conn, payable(partner_id))


def unsettled(conn: Connection) -> frozenset[str]:
    """Return the partners of whom anything is held, or would be if no certificate covered the day."""
    last = select(postings.c.account, func.max(postings.c.entry).label("entry")).group_by(postings.c.account).subquery()
    query = (
        select(postings.c.account)
        .join(last, and_(last.c.account == postings.c.account, last.c.entry == postings.c.entry))
        .where(
            or_(
                and_(postings.c.account.like("partner:%:payable"), postings.c.balance > 0),
                and_(postings.c.account.like("partner:%:held"), postings.c.balance != 0),
            )
        )
    )
    return frozenset(account.split(":", 1)[1].rsplit(":", 1)[0] for account in conn.execute(query).scalars())


def ledger(conn: Connection, since: int = 0) -> tuple[tuple[int, Entry], ...]:
    """Return the entries after a position, in the order they were booked, each with its position."""
    accrued: dict[int, list[Accrual]] = defaultdict(list)
    for row in conn.execute(select(accruals).where(accruals.c.entry > since).order_by(*accruals.primary_key)):
        accrued[row.entry].append(_accrual(row))
    posted: dict[int, list[Posting]] = defaultdict(list)
    for row in conn.execute(select(postings).where(postings.c.entry > since).order_by(*postings.primary_key)):
        posted[row.entry].append(Posting(account=row.account, amount=row.amount))
    return tuple(
        (
            row.position,
            Entry(
                key=row.key,
                partner_id=row.partner_id,
                document_id=row.document_id,
                memo=row.memo,
                accruals=tuple(accrued[row.position]),
                postings=tuple(posted[row.position]),
            ),
        )
        for row in conn.execute(select(entries).where(entries.c.position > since).order_by(entries.c.position))
    )


def _settlement(conn: Connection, partner_id: str, *, covered: bool) -> Entry | None:
    return settlement(
        partner_id,
        counters.value(conn, "ledger") + 1,
        payable_now=_balance(conn, payable(partner_id)),
        held_now=_balance(conn, held(partner_id)),
        covered=covered,
    )


def _accrual(row: Row[*tuple[Any, ...]]) -> Accrual:
    return Accrual(
        distributor_id=row.distributor_id,
        number=row.number,
        line=row.line,
        model=row.model,
        quantity=int(row.quantity),
        bonus_each=row.bonus_each,
    )


def _after(conn: Connection, posting: Posting) -> Decimal:
    """Return what an account holds after this posting."""
    return _balance(conn, posting.account) + posting.amount


def _balance(conn: Connection, account: str) -> Decimal:
    found = conn.execute(_LAST, {"account": account}).scalar_one_or_none()
    return ZERO if found is None else found


def _sealed(before: str, entry: dict[str, Any], posted: list[dict[str, Any]], accrued: list[dict[str, Any]]) -> str:
    """Return the hash of an entry that is about to be written."""
    told = (
        *(entry[name] for name in ("position", "key", "partner_id")),
        entry["document_id"] or "",
        entry["memo"],
        entry["booked_at"].strftime("%Y-%m-%d %H:%M:%S.%f"),
    )
    return seal(
        before,
        told,
        [(part["account"], in_cents(part["amount"]), in_cents(part["balance"])) for part in posted],
        [(*(part[name] for name in _UNIT), in_cents(part["bonus_each"])) for part in accrued],
    )


def _occupy(conn: Connection, document_id: str) -> None:
    """Make the document's bonus units those that are booked for it: one row per unit, numbered from 1 on each line."""
    due: Counter[Line] = Counter()
    for accrual in booked(conn, document_id):
        due[accrual.distributor_id, accrual.number, accrual.line] += abs(accrual.quantity)
    rows = conn.execute(_HELD, {"document_id": document_id})
    held = {(row.distributor_id, row.number, row.line): row.units for row in rows}
    for line in sorted(due.keys() | held.keys()):
        _resize(conn, document_id, line, held.get(line, 0), due[line])


def _resize(conn: Connection, document_id: str, line: Line, held: int, due: int) -> None:
    """Bring the units that the document holds on one line from `held` to `due`."""
    unit = bonus_units.c
    key = dict(zip(("distributor_id", "number", "line"), line, strict=True))
    if due < held:
        conn.execute(
            delete(bonus_units).where(
                unit.document_id == document_id, *(unit[name] == value for name, value in key.items()), unit.unit > due
            )
        )
    elif due > held:
        rows = [key | {"unit": number, "document_id": document_id} for number in range(held + 1, due + 1)]
        conn.execute(insert(bonus_units), rows)
