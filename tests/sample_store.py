"""A registry of two partners and documents to try the store with."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Engine

from model.case import Partner
from model.state import State
from store import documents, partners
from store.documents import Document
from store.engine import open_engine
from store.schema import upgrade

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DIGEST = "ab" * 32


def database(url: str) -> Engine:
    """Open the new database behind a URL and have it know the partners P1 and P2."""
    engine = open_engine(url)
    upgrade(engine)
    with engine.begin() as conn:
        both = [Partner(id="P1", name="Beispiel GmbH", tiers=()), Partner(id="P2", name="Muster AG", tiers=())]
        partners.import_partners(conn, both, "tests", NOW)
    return engine


def accepted(conn: Connection, **values: Any) -> Document:
    """Accept a document of P1, or whatever the values say."""
    usual: dict[str, Any] = {
        "partner_id": "P1",
        "file_name": "invoice.pdf",
        "digest": DIGEST,
        "size": 1000,
        "accepted_on": dt.date(2026, 3, 1),
        "at": NOW,
        "who": "tests",
    }
    return documents.accept(conn, **usual | values)


def brought_to(conn: Connection, document: Document, state: State) -> Document:
    """Move a received document on until it is in this state."""
    ways = {State.RECEIVED: (), State.READ: (State.READ,), State.FAILED: (State.FAILED,)}
    judged = (State.READ, State.EXTRACTED, *(() if state is State.EXTRACTED else (state,)))
    for step in ways.get(state, judged):
        document = documents.move(conn, document.id, step, at=NOW, who="tests", why="")
    return document
