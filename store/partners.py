"""The registry of partners: each import of changed data makes a new version, and none is overwritten."""

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from model.case import Former, Partner
from store import audit, counters
from store.sequences import following
from store.tables import partner_versions, partners

_SAVE = following(partner_versions, partner_versions.c.partner_id)
_LATEST = (
    select(partner_versions.c.body)
    .where(partner_versions.c.partner_id == bindparam("partner_id"))
    .order_by(partner_versions.c.sequence.desc())
    .limit(1)
)
_VERSIONS = (
    select(partner_versions.c.body, partner_versions.c.imported_at)
    .where(partner_versions.c.partner_id == bindparam("partner_id"))
    .order_by(partner_versions.c.sequence)
)
_LAST = (
    select(partner_versions.c.partner_id, func.max(partner_versions.c.sequence).label("sequence"))
    .group_by(partner_versions.c.partner_id)
    .subquery()
)
_ALL = (
    select(partner_versions.c.body)
    .join(
        _LAST,
        and_(_LAST.c.partner_id == partner_versions.c.partner_id, _LAST.c.sequence == partner_versions.c.sequence),
    )
    .order_by(partner_versions.c.partner_id)
)


def import_partners(conn: Connection, imported: Iterable[Partner], who: str, at: dt.datetime) -> int:
    """Take partners into the registry and return how many were new or changed. Imports wait for each other."""
    counters.hold(conn, "ledger")
    return sum(_import(conn, partner, who, at) for partner in imported)


def partner(conn: Connection, partner_id: str) -> Partner | None:
    """Return the partner as last imported, with what it was called before, or None."""
    versions = [
        (Partner.model_validate_json(row.body), row.imported_at)
        for row in conn.execute(_VERSIONS, {"partner_id": partner_id})
    ]
    if not versions:
        return None
    former = (
        Former(name=old.name, postal_code=old.postal_code, until=learnt.date())
        for (old, _), (new, learnt) in pairwise(versions)
        if (old.name, old.postal_code) != (new.name, new.postal_code)
    )
    return versions[-1][0].model_copy(update={"former": tuple(former)})


def every(conn: Connection) -> tuple[Partner, ...]:
    """Return all partners as last imported, by id."""
    bodies = conn.execute(_ALL).scalars()
    return tuple(Partner.model_validate_json(body) for body in bodies)


def _import(conn: Connection, new: Partner, who: str, at: dt.datetime) -> bool:
    """Append a version if it differs from the last one; whether it did."""
    body = conn.execute(_LATEST, {"partner_id": new.id}).scalar_one_or_none()
    known = None if body is None else Partner.model_validate_json(body)
    if known == new:
        return False
    if known is None:
        conn.execute(insert(partners), {"id": new.id})
    conn.execute(_SAVE, {"partner_id": new.id, "imported_at": at, "body": new.model_dump_json()})
    audit.record(conn, at=at, who=who, what="partner imported", about=new.id, why="new" if known is None else "changed")
    return True
