"""What people decided in the portal, and what that tells of the team and of how well values are read."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from store.sequences import following
from store.tables import documents, history
from store.tables_waiting import decisions, field_checks, samples

By = Literal["rung", "seller_key", "source"]
KINDS: tuple[By, ...] = ("rung", "seller_key", "source")
PAUSE = 120
"""Seconds after which whoever decided is believed to have done something else meanwhile."""
_SAVE = following(decisions, decisions.c.document_id)
_LAST = (
    select(decisions)
    .where(decisions.c.document_id == bindparam("document"))
    .order_by(decisions.c.sequence.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on a document, and whether that was taken back."""

    document_id: str
    sequence: int
    at: dt.datetime
    who: str
    outcome: str
    seconds: int | None
    undone_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How the team did since a moment; a share is None where there is nothing to take it of."""

    decided: int
    undone: float | None
    seconds: float | None
    by_person: float | None
    sampled: int
    disagreed: float | None


@dataclass(frozen=True, slots=True)
class Rate:
    """How many values of a kind people looked at, and how many of them had been read wrongly."""

    of: str
    fields: int
    wrong: int

    @property
    def share(self) -> float:
        """The share of wrong ones."""
        return self.wrong / self.fields


def save(conn: Connection, document_id: str, *, at: dt.datetime, who: str, outcome: str, seconds: int | None) -> None:
    """Append a decision. Whoever calls holds the document."""
    values = {"document_id": document_id, "at": at, "who": who, "outcome": outcome}
    conn.execute(_SAVE, values | {"seconds": seconds, "undone_at": None})


def last(conn: Connection, document_id: str) -> Decision | None:
    """Return what was decided last on a document, or None."""
    row = conn.execute(_LAST, {"document": document_id}).mappings().one_or_none()
    return None if row is None else Decision(**row)


def undo(conn: Connection, of: Decision, at: dt.datetime) -> None:
    """Write down that a decision was taken back."""
    same = (decisions.c.document_id == of.document_id, decisions.c.sequence == of.sequence)
    conn.execute(update(decisions).where(*same).values(undone_at=at))


def check_fields(
    conn: Connection,
    document_id: str,
    read: Iterable[tuple[str, bool]],
    *,
    seller_key: str | None,
    source: str,
    at: dt.datetime,
) -> None:
    """Write down of each value the rung that read it and whether that was wrong, in place of what was known before."""
    fields, wrong = Counter[str](), Counter[str]()
    for rung, is_wrong in read:
        fields[rung] += 1
        wrong[rung] += is_wrong
    conn.execute(delete(field_checks).where(field_checks.c.document_id == document_id))
    of = {"document_id": document_id, "at": at, "seller_key": seller_key, "source": source}
    rows = [of | {"rung": rung, "fields": count, "wrong": wrong[rung]} for rung, count in fields.items()]
    if rows:
        conn.execute(insert(field_checks), rows)


def rates(conn: Connection, since: dt.datetime) -> dict[By, tuple[Rate, ...]]:
    """Return how well values were read since a moment: by each kind, the worst first."""
    kinds = [field_checks.c[name] for name in KINDS]
    query = (
        select(*kinds, func.sum(field_checks.c.fields).label("fields"), func.sum(field_checks.c.wrong).label("wrong"))
        .where(field_checks.c.at >= since)
        .group_by(*kinds)
    )
    found: dict[By, dict[str, Rate]] = {name: {} for name in KINDS}
    for row in conn.execute(query):
        for name, of in zip(KINDS, row[:3], strict=True):
            before = found[name].get(of or "", Rate(of or "", 0, 0))
            found[name][of or ""] = Rate(of or "", before.fields + int(row.fields), before.wrong + int(row.wrong))
    return {name: _worst_first(rates.values()) for name, rates in found.items()}


def _worst_first(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    return tuple(sorted(rates, key=lambda one: (-one.share, -one.fields, one.of)))


def figures(conn: Connection, since: dt.datetime) -> Figures:
    """Return how the team did since a moment."""
    rows = conn.execute(select(decisions.c.seconds, decisions.c.undone_at).where(decisions.c.at >= since)).all()
    seconds = [row.seconds for row in rows if row.seconds is not None and row.seconds <= PAUSE]
    undone = sum(row.undone_at is not None for row in rows)
    checked = conn.execute(
        select(samples.c.agreed, func.count()).where(samples.c.checked_at >= since).group_by(samples.c.agreed)
    )
    agreed = {row[0]: row[1] for row in checked}
    ended = select(documents.c.id).where(documents.c.accepted_at >= since, documents.c.state != "received")
    whole = ended.where(documents.c.state.not_in(["read", "extracted"])).subquery()
    all_of = conn.execute(select(func.count()).select_from(whole)).scalar_one()
    held = select(func.count(history.c.document_id.distinct())).join(whole, whole.c.id == history.c.document_id)
    needed = conn.execute(held.where(history.c.to_state.in_(["review", "failed"]))).scalar_one()
    sampled = sum(agreed.values())
    return Figures(
        decided=len(rows) - undone,
        undone=undone / len(rows) if rows else None,
        seconds=float(median(seconds)) if seconds else None,
        by_person=needed / all_of if all_of else None,
        sampled=sampled,
        disagreed=agreed.get(False, 0) / sampled if sampled else None,
    )


def decided(conn: Connection, since: dt.datetime) -> int:
    """Return how much was decided since a moment and not taken back."""
    counted = (decisions.c.at >= since, decisions.c.undone_at.is_(None))
    return conn.execute(select(func.count()).select_from(decisions).where(*counted)).scalar_one()
