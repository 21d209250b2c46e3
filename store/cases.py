"""The case around a reading: what other uploads, accepted earlier, have to do with this one."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    union,
    union_all,
    update,
)
from sqlalchemy.sql import Select

from model.case import Booked, Case, LookAlike, Partner
from model.money import money
from model.state import OUTCOMES, State
from store.documents import Document, document
from store.tables import accruals, claims, documents, entries

_CLAIMING = (State.APPROVED, State.REVIEW)
"""An earlier upload in one of these states claims its number and its serial numbers, whoever sent it."""
_NO_CLAIM = (State.FAILED, State.SUPERSEDED)
"""An earlier upload in one of these states claims nothing, not even its bytes."""


def _in(states: Iterable[State]) -> ColumnElement[bool]:
    return documents.c.state.in_(sorted(state.value for state in states))


def _several(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text, expanding=True)


_EARLIER = tuple_(documents.c.place, documents.c.acceptance) < tuple_(bindparam("place"), bindparam("acceptance"))
_LATER = tuple_(documents.c.place, documents.c.acceptance) > tuple_(bindparam("place"), bindparam("acceptance"))
_OWN = documents.c.partner_id == bindparam("partner_id")
_SAME_BYTES = documents.c.digest == bindparam("digest")
_SAME_SELLER = documents.c.seller_key == bindparam("seller")
_SAME_NUMBER = and_(_SAME_SELLER, documents.c.number == bindparam("number"), ~_SAME_BYTES)
_SAME_CONTENT = and_(
    _SAME_SELLER,
    documents.c.content == bindparam("content"),
    documents.c.number.is_distinct_from(bindparam("number", type_=Text)),
    ~_SAME_BYTES,
)


def _first(
    kind: Literal["bytes", "number", "content"], same: ColumnElement[bool], claims_own: ColumnElement[bool]
) -> Select[str, str, str]:
    """Return the query for the first earlier upload that claims: one of the same partner's, one of another's."""
    claiming = or_(and_(_OWN, claims_own), and_(~_OWN, _in(_CLAIMING)))
    first = select(func.min(documents.c.acceptance)).where(same, _EARLIER, claiming).group_by(_OWN)
    named = literal(kind, Text).label("kind")
    return select(documents.c.id, documents.c.partner_id, named).where(documents.c.acceptance.in_(first))


_LOOK_ALIKES = union_all(
    _first("bytes", _SAME_BYTES, ~_in(_NO_CLAIM)),
    _first("number", _SAME_NUMBER, _in(_CLAIMING)),
    _first("content", _SAME_CONTENT, _in(_CLAIMING)),
)
_CLAIMED = (
    select(claims.c.serial, claims.c.frees)
    .join(documents, documents.c.id == claims.c.document_id)
    .where(
        claims.c.serial.in_(_several("serials")),
        _EARLIER,
        or_(and_(~claims.c.frees, _in(_CLAIMING)), and_(claims.c.frees, _in([State.APPROVED]))),
    )
    .order_by(documents.c.place, documents.c.acceptance)
)
"""Who sold a device earlier, and who took it back: under review, a credit note frees nothing yet."""
_RELATED = union(
    select(documents.c.id).where(_SAME_BYTES),
    *(
        select(documents.c.id).where(documents.c.seller_key.in_(_several("sellers")), column.in_(_several(values)))
        for column, values in (
            (documents.c.number, "numbers"),
            (documents.c.preceding_number, "numbers"),
            (documents.c.content, "contents"),
        )
    ),
    select(claims.c.document_id).where(claims.c.serial.in_(_several("serials"))),
)
_CONCERNED = (
    select(documents).where(documents.c.id.in_(_RELATED), _LATER).order_by(documents.c.place, documents.c.acceptance)
)
_ABOUT = union(
    *(
        select(documents.c.id, documents.c.number).where(_SAME_SELLER, column == bindparam("preceding"), _OWN, _EARLIER)
        for column in (documents.c.number, documents.c.preceding_number)
    )
)
_UNITS = (
    select(accruals.c.model, accruals.c.bonus_each, func.sum(accruals.c.quantity).label("quantity"))
    .join(entries, entries.c.position == accruals.c.entry)
    .where(entries.c.document_id.in_(_several("ids")))
    .group_by(accruals.c.model, accruals.c.bonus_each)
)
_NOTE = (
    update(documents)
    .where(documents.c.id == bindparam("document_id"))
    .values({name: bindparam(name) for name in ("seller_key", "number", "preceding_number", "issue_date", "content")})
)
_DISCLAIM = delete(claims).where(claims.c.document_id == bindparam("noted"))
_PRINTED = select(claims.c.serial, claims.c.printed, claims.c.frees).where(claims.c.document_id == bindparam("noted"))

LONGEST = 200
"""Signs of a seller or a serial number that are compared as they are; PostgreSQL cannot index one of some thousands."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a document is compared with others by.

    `seller` is the id of a distributor or a VAT identifier; both numbers are normalised; `content` is the fingerprint
    of date, lines and total; `serials` are the serial numbers and MAC addresses, as printed, of the lines that sell
    devices, `freed` those of the lines that take devices back.
    """

    seller: str | None = None
    number: str | None = None
    preceding: str | None = None
    issue_date: dt.date | None = None
    content: str | None = None
    serials: tuple[str, ...] = ()
    freed: tuple[str, ...] = ()


def fetch(conn: Connection, new: Document, keys: Keys, partner: Partner) -> Case:
    """Return the case of a document that is compared by these keys; only uploads accepted earlier count."""
    return Case(
        document_id=new.id,
        digest=new.digest,
        accepted_on=new.accepted_on,
        partner=partner,
        look_alikes=_look_alikes(conn, new, keys),
        claimed_serials=_claimed(conn, new, keys.serials),
        preceding=_preceding(conn, new, keys),
    )


def note(conn: Connection, noted: Document, keys: Keys) -> None:
    """Write down what a document is compared by, in place of what was written before."""
    values = {
        "seller_key": _seller(keys),
        "number": keys.number,
        "preceding_number": keys.preceding,
        "issue_date": keys.issue_date,
        "content": keys.content,
    }
    conn.execute(_NOTE, values | {"document_id": noted.id})
    conn.execute(_DISCLAIM, {"noted": noted.id})
    sold, freed = _normal(keys.serials), _normal(keys.freed)
    rows = [
        {"serial": serial, "document_id": noted.id, "printed": printed, "frees": serial not in sold}
        for serial, printed in (freed | sold).items()
    ]
    if rows:
        conn.execute(insert(claims), rows)


def keys_of(conn: Connection, noted: Document) -> Keys:
    """Return what a document is compared by, as it was written down."""
    rows = sorted(conn.execute(_PRINTED, {"noted": noted.id}), key=lambda row: str(row.serial))
    return Keys(
        seller=noted.seller_key,
        number=noted.number,
        preceding=noted.preceding_number,
        issue_date=noted.issue_date,
        content=noted.content,
        serials=tuple(row.printed for row in rows if not row.frees),
        freed=tuple(row.printed for row in rows if row.frees),
    )


def later(conn: Connection, earlier: Document, keys: Iterable[Keys]) -> tuple[Document, ...]:
    """Return the judged documents accepted later whose case one with these bytes and any of these keys may change."""
    known = tuple(keys)
    values = {
        "digest": earlier.digest,
        "sellers": [seller for key in known if (seller := _seller(key)) is not None],
        "numbers": [number for key in known for number in (key.number, key.preceding) if number is not None],
        "contents": [key.content for key in known if key.content is not None],
        "serials": [serial for key in known for serial in _normal((*key.serials, *key.freed))],
        "place": earlier.place,
        "acceptance": earlier.acceptance,
    }
    found = (document(dict(row)) for row in conn.execute(_CONCERNED, values).mappings())
    # Were the states asked for, SQLite would read all documents that are in one of them.
    return tuple(other for other in found if other.state in OUTCOMES)


def _look_alikes(conn: Connection, new: Document, keys: Keys) -> tuple[LookAlike, ...]:
    """Return the first upload of each kind that counts: by the same partner, and by another one."""
    values = {
        "place": new.place,
        "acceptance": new.acceptance,
        "partner_id": new.partner_id,
        "digest": new.digest,
        "seller": _seller(keys),
        "number": keys.number,
        "content": keys.content,
    }
    found = (
        LookAlike(document_id=row.id, kind=row.kind, same_partner=row.partner_id == new.partner_id)
        for row in conn.execute(_LOOK_ALIKES, values)
    )
    return tuple(sorted(found, key=lambda alike: (alike.kind, not alike.same_partner)))


def _claimed(conn: Connection, new: Document, serials: Iterable[str]) -> tuple[str, ...]:
    """Return those serial numbers, as printed, that earlier uploads sold last, or more often than they took back."""
    printed = _normal(serials)
    if not printed:
        return ()
    values = {"serials": list(printed), "place": new.place, "acceptance": new.acceptance}
    sold: dict[str, list[bool]] = {}
    for row in conn.execute(_CLAIMED, values):
        sold.setdefault(row.serial, []).append(not row.frees)
    taken = (serial for serial, each in sold.items() if each[-1] or 2 * sum(each) > len(each))
    return tuple(sorted({printed[serial] for serial in taken}))


def _preceding(conn: Connection, new: Document, keys: Keys) -> tuple[Booked, ...] | None:
    """Return what is booked for the invoice that this one refers to, and for earlier ones that refer to it too.

    None if nothing is booked for that invoice. A model that was taken back in full stays, with quantity 0, for its
    rate.
    """
    if keys.seller is None or keys.preceding is None:
        return None
    values = {"seller": _seller(keys), "preceding": keys.preceding, "partner_id": new.partner_id}
    concerned = conn.execute(_ABOUT, values | {"place": new.place, "acceptance": new.acceptance}).all()
    own = _booked(conn, [row.id for row in concerned if row.number == keys.preceding])
    if not any(own.values()):
        return None
    since = _booked(conn, [row.id for row in concerned if row.number != keys.preceding])
    together = {of: own.get(of, 0) + since.get(of, 0) for of in sorted(own.keys() | since.keys())}
    return tuple(
        Booked(model=model, quantity=quantity, bonus_each=money(each))
        for (model, each), quantity in together.items()
        if quantity or own.get((model, each))
    )


def _booked(conn: Connection, document_ids: list[str]) -> dict[tuple[str, Decimal], int]:
    """Return the units by model and bonus that are booked for these documents together."""
    rows = conn.execute(_UNITS, {"ids": document_ids}) if document_ids else ()
    return {(row.model, row.bonus_each): int(row.quantity) for row in rows}


def _normal(serials: Iterable[str]) -> dict[str, str]:
    """Return the printed serial numbers by their normal form: capitals and digits alone."""
    forms = {"".join(c for c in printed.upper() if c.isalnum()): printed for printed in serials}
    return {_short(form): printed for form, printed in forms.items() if form}


def _seller(keys: Keys) -> str | None:
    return None if keys.seller is None else _short(keys.seller)


def _short(text: str) -> str:
    """Return a text by which it can be told whether two are the same: of a very long one the digest."""
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
