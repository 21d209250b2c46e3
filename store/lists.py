"""The two lists of operators: what waits for a person, and what was rejected without one. Counted over their rows only.

An order is three columns, all ascending, the last one the id: a page goes on behind the last row's (keyset), and a walk
behind the document that was decided. Ages are counted from the moment at which the list was opened, so that the order
holds while somebody goes through it; what came since is not in it, but counted.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
    union,
    union_all,
)

from store.columns import Cents
from store.tables import partner_versions
from store.tables_messages import appeals
from store.tables_waiting import presences, waiting
from store.waiting import APPEAL, FAILED

Tab = Literal["open", "rejected"]
Order = Literal["urgent", "age", "amount", "distributor"]
ORDERS: tuple[Order, ...] = ("urgent", "age", "amount", "distributor")
DAY = 86_400
URGENT = 2 * DAY
"""Seconds after which an appeal or a document that failed comes before all others."""


@dataclass(frozen=True, slots=True)
class View:
    """A list: filters, order, and the second `at` which it was opened; `me` is who looks. None leaves a filter out."""

    at: int
    me: str
    tab: Tab = "open"
    order: Order = "urgent"
    reason: str | None = None
    distributor: str | None = None
    partner: str | None = None
    source: str | None = None
    days: int | None = None
    """At least so many days old."""
    least: int | None = None
    """At least so many euros at stake."""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a document in an order."""

    first: str
    second: int
    document_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list; `holder` is who has it open, `until` the second until which it is put back."""

    document_id: str
    state: str
    reason: str
    stake: Decimal | None
    since: int
    partner_id: str
    seller_key: str | None
    seller: str | None
    title: str
    media_type: str | None
    until: int | None
    holder: str | None
    key: Key


@dataclass(frozen=True, slots=True)
class Group:
    """What of a list has one reason: how many, the stake of all, and since when the oldest waits."""

    reason: str
    count: int
    stake: Decimal
    oldest: int


def page(conn: Connection, view: View, now: int, *, after: Key | None = None, limit: int) -> tuple[Listed, ...]:
    """Return up to `limit` rows of a list in its order, from behind a place on."""
    base = _base(view)
    return _rows(conn, _in_order(base, view, after).where(*_wanted(base, view, now)).limit(limit), now)


def following(conn: Connection, view: View, now: int, after: Key) -> Listed | None:
    """Return the next document of a walk: the first one behind a place that nobody else has open."""
    base = _base(view)
    others = _present(now).where(presences.c.who != view.me)
    free = _in_order(base, view, after).where(*_wanted(base, view, now), base.c.document_id.not_in(others))
    return next(iter(_rows(conn, free.limit(1), now)), None)


def groups(conn: Connection, view: View, now: int) -> tuple[Group, ...]:
    """Return what a list holds by reason, whatever reason it is filtered by; the largest first."""
    every = replace(view, reason=None)
    base = _base(every)
    count, stake, oldest = func.count(), func.coalesce(func.sum(base.c.stake), 0), func.min(base.c.since)
    query = (
        select(base.c.reason, count, type_coerce(stake, Cents), oldest)
        .where(*_wanted(base, every, now), base.c.since <= view.at)
        .group_by(base.c.reason)
        .order_by(count.desc(), base.c.reason)
    )
    return tuple(Group(*row) for row in conn.execute(query))


def choices(conn: Connection, view: View) -> dict[str, tuple[str, ...]]:
    """Return the distributors, partners and sources that a list without filters holds: "distributor" to its keys."""
    kinds = {"distributor": waiting.c.seller_key, "partner": waiting.c.partner_id, "source": waiting.c.media_type}
    appealed = select(appeals.c.document_id).where(appeals.c.closed_at.is_(None))
    shown: list[ColumnElement[bool]] = [waiting.c.shelf == view.tab]
    if view.tab == "open":
        shown.append(waiting.c.document_id.in_(appealed))
    parts = [
        select(literal(name).label("kind"), column.label("value")).where(column.is_not(None), one)
        for name, column in kinds.items()
        for one in shown
    ]
    found: dict[str, list[str]] = {name: [] for name in kinds}
    for kind, value in conn.execute(union(*parts)):
        found[kind].append(value)
    return {name: tuple(sorted(values)) for name, values in found.items()}


def arrived(conn: Connection, view: View, now: int) -> int:
    """Return how many documents came into a list since it was opened."""
    base = _base(view)
    query = select(func.count()).select_from(base).where(*_wanted(base, view, now), base.c.since > view.at)
    return conn.execute(query).scalar_one()


def of(conn: Connection, view: View, now: int, document_ids: Collection[str]) -> tuple[Listed, ...]:
    """Return those of these documents that a list holds, whatever it is filtered by."""
    base = _base(view)
    first, second = _order(base, view)
    query = select(base, first.label("first"), second.label("second")).where(base.c.document_id.in_(document_ids))
    return _rows(conn, query.order_by(base.c.document_id), now)


def faces(conn: Connection, now: int) -> dict[str, str]:
    """Return who has which document open."""
    query = select(presences.c.document_id, presences.c.who).where(presences.c.until > now)
    return {row[0]: row[1] for row in conn.execute(query.order_by(presences.c.document_id))}


def names(conn: Connection, partner_ids: Collection[str]) -> dict[str, str]:
    """Return the names of partners as last imported."""
    last = (
        select(partner_versions.c.partner_id, func.max(partner_versions.c.sequence).label("sequence"))
        .where(partner_versions.c.partner_id.in_(partner_ids))
        .group_by(partner_versions.c.partner_id)
        .subquery()
    )
    text = partner_versions.c.body
    body = type_coerce(text, JSON) if conn.dialect.name == "sqlite" else cast(text, JSON)
    same = and_(last.c.partner_id == partner_versions.c.partner_id, last.c.sequence == partner_versions.c.sequence)
    query = select(partner_versions.c.partner_id, body["name"].as_string()).join(last, same)
    return {row[0]: row[1] for row in conn.execute(query)}


def _base(view: View) -> Subquery:
    """Return the rows of a list. What is appealed against waits, whatever list it would stand in."""
    columns = [column for column in waiting.columns if column.name not in {"shelf", "reason", "since", "put_by"}]
    own = select(*columns, waiting.c.reason, waiting.c.since, waiting.c.put_by, literal(0).label("appealed"))
    appealed = select(appeals.c.document_id).where(appeals.c.closed_at.is_(None))
    own = own.where(waiting.c.shelf == view.tab, waiting.c.document_id.not_in(appealed))
    if view.tab == "rejected":
        return own.subquery()
    since = cast(func.floor(extract("epoch", appeals.c.at)), BigInteger)
    against = select(*columns, literal(APPEAL, Text), since, waiting.c.put_by, literal(1))
    against = against.join(appeals, appeals.c.document_id == waiting.c.document_id)
    return union_all(own, against.where(appeals.c.closed_at.is_(None), waiting.c.state == "rejected")).subquery()


def _order(base: Subquery, view: View) -> tuple[ColumnElement[str], ColumnElement[int]]:
    stake = func.coalesce(type_coerce(base.c.stake, BigInteger), 0)
    match view.order:
        case "age":
            return literal("", Text), base.c.since
        case "amount":
            return literal("", Text), -stake
        case "distributor":
            return func.coalesce(base.c.seller_key, ""), base.c.since
        case "urgent":
            old = and_(base.c.since <= view.at - URGENT, or_(base.c.appealed == 1, base.c.reason == FAILED))
            return case((old, "0"), else_="1"), -stake * (DAY + view.at - base.c.since)


def _wanted(base: Subquery, view: View, now: int) -> list[ColumnElement[bool]]:
    """Return the filters."""
    wanted: list[ColumnElement[bool]] = []
    for chosen, column in (
        (view.reason, base.c.reason),
        (view.distributor, base.c.seller_key),
        (view.partner, base.c.partner_id),
        (view.source, base.c.media_type),
    ):
        if chosen is not None:
            wanted.append(column == chosen)
    if view.days is not None:
        wanted.append(base.c.since <= view.at - view.days * DAY)
    if view.least is not None:
        wanted.append(base.c.stake >= Decimal(view.least))
    if view.mine:
        mine = _present(now).where(presences.c.who == view.me)
        wanted.append(or_(base.c.put_by == view.me, base.c.document_id.in_(mine)))
    else:
        wanted.append(or_(base.c.until.is_(None), base.c.until <= now))
    return wanted


def _present(now: int) -> Select[str]:
    """Return the documents that anybody has open."""
    return select(presences.c.document_id).where(presences.c.until > now)


def _in_order(base: Subquery, view: View, after: Key | None) -> Select[Any]:
    """Return the rows that were in a list when it was opened, in its order, from behind a place on."""
    first, second = _order(base, view)
    query = select(base, first.label("first"), second.label("second")).where(base.c.since <= view.at)
    if after is not None:
        place = tuple_(literal(after.first), literal(after.second, BigInteger), literal(after.document_id))
        query = query.where(tuple_(first, second, base.c.document_id) > place)
    return query.order_by(first, second, base.c.document_id)


def _rows(conn: Connection, query: Select[Any], now: int) -> tuple[Listed, ...]:
    found, here = conn.execute(query).mappings().all(), faces(conn, now)
    other = {"first", "second", "appealed", "put_by"}
    return tuple(
        Listed(
            **{name: value for name, value in row.items() if name not in other},
            holder=here.get(row["document_id"]),
            key=Key(row["first"], row["second"], row["document_id"]),
        )
        for row in found
    )
