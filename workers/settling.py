"""What partners are owed is held while no certificate covers the day, and released when one does again."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from programme.rulebook import Programme
from programme.tiers import certified_on
from runtime.app import App
from store import accounts, counters, partners, rulebooks
from store.engine import reading

BERLIN = ZoneInfo("Europe/Berlin")


def settle(app: App, on: dt.date, partner_ids: Iterable[str] = ()) -> int:
    """Hold or release what is owed, as a certificate covers the day; return for how many partners anything moved.

    These partners and all of whom anything is owed or held are looked at, each in a short transaction of its own and
    only where something is to move.
    """
    with reading(app.engine) as conn:
        programme = rulebooks.live(conn, app.rulebook).programme
        known = sorted(accounts.unsettled(conn) | set(partner_ids))
        moving = [
            one for one in known if not accounts.is_settled(conn, one, covered=_covered(conn, one, programme, on))
        ]
    return sum(_settle(app, one, on) for one in moving)


def today() -> dt.date:
    """Return the day in Europe/Berlin."""
    return dt.datetime.now(BERLIN).date()


def _settle(app: App, partner_id: str, on: dt.date) -> bool:
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        covered = _covered(conn, partner_id, rulebooks.live(conn, app.rulebook).programme, on)
        return accounts.settle(conn, partner_id, dt.datetime.now(dt.UTC), covered=covered)


def _covered(conn: Connection, partner_id: str, programme: Programme, on: dt.date) -> bool:
    """Whether what a partner is owed may be paid on that day."""
    partner = partners.partner(conn, partner_id)
    if partner is None:
        raise LookupError(f"there is no partner {partner_id}")
    return not programme.certification_required or certified_on(partner, on, programme.certificate_grace_days)
