"""The registry of partners: each import of changed data makes a new version, and none is overwritten."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from model.case import Partner
from store import audit
from store.sequences import following
from store.tables import partner_versions, partners

_SAVE = following(partner_versions, partner_versions.c.partner_id)
_LATEST = (
    select(partner_versions.c.body)
    .where(partner_versions.c.partner_id == bindparam("partner_id"))
    .order_by(partner_versions.c.sequence.desc())
    .limit(1)
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
    """Take partners into the registry and return how many were new or changed."""
    return sum(_import(conn, partner, who, at) for partner in imported)


def partner(conn: Connection, partner_id: str) -> Partner | None:
    """Return the partner as last imported, or None."""
    body = conn.execute(_LATEST, {"partner_id": partner_id}).scalar_one_or_none()
    return None if body is None else Partner.model_validate_json(body)


def every(conn: Connection) -> tuple[Partner, ...]:
    """Return all partners as last imported, by id."""
    bodies = conn.execute(_ALL).scalars()
    return tuple(Partner.model_validate_json(body) for body in bodies)


def _import(conn: Connection, new: Partner, who: str, at: dt.datetime) -> bool:
    """Append a version if it differs from the last one; whether it did."""
    known = partner(conn, new.id)
    if known == new:
        return False
    if known is None:
        conn.execute(insert(partners), {"id": new.id})
    conn.execute(_SAVE, {"partner_id": new.id, "imported_at": at, "body": new.model_dump_json()})
    audit.record(conn, at=at, who=who, what="partner imported", about=new.id, why="new" if known is None else "changed")
    return True
