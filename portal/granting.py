"""Tokens as the command line makes and revokes them."""

import datetime as dt

from portal.inputs import NotThere
from portal.session import WHO
from runtime.app import App
from store import partners, tokens


def make(app: App, partner_id: str) -> dict[str, str]:
    """Make a token and return its id and itself. Errors: NotThere."""
    with app.engine.begin() as conn:
        if partners.partner(conn, partner_id) is None:
            raise NotThere(f"There is no partner {partner_id}.")
        identifier, token = tokens.make(conn, partner_id, WHO, dt.datetime.now(dt.UTC))
    return {"id": identifier, "partner": partner_id, "token": token}


def revoke(app: App, partner_id: str, token_id: str) -> dict[str, str]:
    """Revoke a token. Errors: NotThere."""
    with app.engine.begin() as conn:
        if not tokens.revoke(conn, partner_id, token_id, WHO, dt.datetime.now(dt.UTC)):
            raise NotThere(f"Partner {partner_id} has no token {token_id} that holds.")
    return {"id": token_id, "partner": partner_id}
