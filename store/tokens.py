"""Tokens that programs upload with on behalf of a partner: shown once, kept as their digests, revocable."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from store import audit
from store.tables import tokens

_NOTED = dt.timedelta(minutes=1)
"""The last use is written down no more often than this."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: never itself."""

    id: str
    partner_id: str
    made_at: dt.datetime
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None


def make(conn: Connection, partner_id: str, who: str, at: dt.datetime) -> tuple[str, str]:
    """Make a token for a partner, and return its id and the token itself (256 random bits), which nobody sees again.

    Errors: sqlalchemy.exc.IntegrityError if there is no such partner.
    """
    identifier, token = secrets.token_hex(4), secrets.token_urlsafe(32)
    row = {"id": identifier, "partner_id": partner_id, "digest": _digest(token), "made_at": at}
    conn.execute(insert(tokens), row)
    audit.record(conn, at=at, who=who, what="token made", about=partner_id, why=identifier)
    return identifier, token


def revoke(conn: Connection, partner_id: str, token_id: str, who: str, at: dt.datetime) -> bool:
    """Revoke a partner's token; whether there was one that held."""
    held = (tokens.c.id == token_id, tokens.c.partner_id == partner_id, tokens.c.revoked_at.is_(None))
    if not conn.execute(update(tokens).where(*held).values(revoked_at=at)).rowcount:
        return False
    audit.record(conn, at=at, who=who, what="token revoked", about=partner_id, why=token_id)
    return True


def of_partner(conn: Connection, partner_id: str) -> tuple[Token, ...]:
    """Return the tokens of a partner, the oldest first."""
    columns = (tokens.c.id, tokens.c.partner_id, tokens.c.made_at, tokens.c.used_at, tokens.c.revoked_at)
    query = select(*columns).where(tokens.c.partner_id == partner_id).order_by(tokens.c.made_at, tokens.c.id)
    return tuple(Token(*row) for row in conn.execute(query))


def find(conn: Connection, token: str) -> Token | None:
    """Return the token that holds, or None."""
    columns = (tokens.c.id, tokens.c.partner_id, tokens.c.made_at, tokens.c.used_at, tokens.c.revoked_at)
    held = (tokens.c.digest == _digest(token), tokens.c.revoked_at.is_(None))
    row = conn.execute(select(*columns).where(*held)).one_or_none()
    return None if row is None else Token(*row)


def is_new_use(token: Token, at: dt.datetime) -> bool:
    """Whether a use at this moment is to be written down."""
    return token.used_at is None or at - token.used_at > _NOTED


def use(conn: Connection, token: Token, at: dt.datetime) -> None:
    """Write down that a token was used."""
    conn.execute(update(tokens).where(tokens.c.id == token.id).values(used_at=at))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
