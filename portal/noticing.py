"""What stands on every page of a partner: that its last certificate soon ends."""

import datetime as dt

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from portal.access import Caller
from programme.standing import HORIZON, certified_until
from runtime.app import App
from store import partners
from store.engine import reading
from workers.settling import today


def near(until: dt.date | None, on: dt.date) -> dt.date | None:
    """Return the last day that certificates cover, if it is to be told on a day."""
    return until if until is not None and (until - on).days <= HORIZON else None


def install(made: FastAPI, app: App) -> None:
    """Let the pages know whom to tell."""

    def certificate_ends(caller: Caller) -> dt.date | None:
        """Return the last day that a partner's certificates cover, where that is near; None for anybody else."""
        if caller.session is None or caller.partner_id is None:
            return None
        on = today()
        try:
            with reading(app.engine) as conn:
                partner = partners.partner(conn, caller.partner_id)
        except DBAPIError:
            # The page that says so is shown without.
            return None
        return None if partner is None else near(certified_until(partner, on), on)

    made.state.certificate_ends = certificate_ends
