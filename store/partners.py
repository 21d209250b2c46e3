"""The registry of partners: each import of changed data makes a new version, and none is overwritten."""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from model.case import Former, Partner
from programme.tiers import company_on
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


DECIDING = frozenset(
    {"name", "street", "postal_code", "city", "country", "vat_identifier", "customer_numbers"}
    | {"tiers", "certifications", "earlier", "left_on"}
)
"""What of a partner judgements rest on: company data, tiers, certificates."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The ids of the partners that an import made new or changed, and of those changed in what judgements rest on."""

    changed: tuple[str, ...]
    decisive: tuple[str, ...]


def import_partners(conn: Connection, imported: Iterable[Partner], who: str, at: dt.datetime) -> Imported:
    """Take partners into the registry and return which were new or changed. Imports wait for each other."""
    counters.hold(conn, "ledger")
    changes = [(new, old) for new in imported if (old := _last(conn, new.id)) != new]
    for new, old in changes:
        _import(conn, new, old, who, at)
    decisive = (new.id for new, old in changes if old is not None and _deciding(old) != _deciding(new))
    return Imported(tuple(new.id for new, _ in changes), tuple(decisive))


def partner(conn: Connection, partner_id: str) -> Partner | None:
    """Return the partner as last imported, with what it was called before by nobody's date, or None."""
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
    now = versions[-1][0]
    dated = {(was.name, was.postal_code) for one in now.earlier if (was := company_on(now, one.valid_to))}
    return now.model_copy(update={"former": tuple(one for one in former if (one.name, one.postal_code) not in dated)})


def name(conn: Connection, partner_id: str) -> str:
    """Return what a partner is called, "" for one that is not there."""
    found = _last(conn, partner_id)
    return "" if found is None else found.name


def every(conn: Connection) -> tuple[Partner, ...]:
    """Return all partners as last imported, by id."""
    bodies = conn.execute(_ALL).scalars()
    return tuple(Partner.model_validate_json(body) for body in bodies)


def some(conn: Connection, ids: Collection[str]) -> tuple[Partner, ...]:
    """Return these partners as last imported, by id; those that are not there are left out."""
    bodies = conn.execute(_ALL.where(partner_versions.c.partner_id.in_(ids))).scalars()
    return tuple(Partner.model_validate_json(body) for body in bodies)


def _last(conn: Connection, partner_id: str) -> Partner | None:
    body = conn.execute(_LATEST, {"partner_id": partner_id}).scalar_one_or_none()
    return None if body is None else Partner.model_validate_json(body)


def _import(conn: Connection, new: Partner, old: Partner | None, who: str, at: dt.datetime) -> None:
    """Append a version."""
    if old is None:
        conn.execute(insert(partners), {"id": new.id})
    conn.execute(_SAVE, {"partner_id": new.id, "imported_at": at, "body": new.model_dump_json()})
    before, after = ("", "") if old is None else _differing(old, new)
    why = "new" if old is None else "changed"
    audit.record(conn, at=at, who=who, what="partner imported", about=new.id, why=why, old=before, new=after)


def _differing(old: Partner, new: Partner) -> tuple[str, str]:
    """Return the fields that differ as JSON, before and after."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    keys = [key for key in after if before[key] != after[key]]
    return tuple(json.dumps({key: of[key] for key in keys}, ensure_ascii=False) for of in (before, after))  # type: ignore[return-value]


def _deciding(partner: Partner) -> dict[str, object]:
    return partner.model_dump(include=set(DECIDING))
