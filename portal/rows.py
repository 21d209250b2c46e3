"""Documents as lists show them: seller, number, what they earned, and what is open about them."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from model.money import ZERO
from model.state import State
from runtime.app import App
from store import accounts, messages, results, rulebooks
from store.documents import UNFINISHED, Document
from store.messages import Waiting

STAGES = (State.RECEIVED, State.READ, State.EXTRACTED)
"""What a document on its way goes through before its decision."""


@dataclass(frozen=True, slots=True)
class Row:
    """One document of a list; what was not read yet is None. `waiting` is the question or the appeal that is open."""

    document: Document
    seller: str | None
    number: str | None
    earned: Decimal
    waiting: Waiting | None = None

    @property
    def stage(self) -> int:
        """How many stages are behind a document on its way."""
        return STAGES.index(self.document.state) + 1 if self.document.state in STAGES else len(STAGES)

    @property
    def is_moving(self) -> bool:
        """Whether its decision is still to come."""
        return self.document.state in UNFINISHED

    @property
    def face(self) -> str:
        """What its partner is told of where it stands: a key of the texts of states."""
        return self.waiting or self.document.state.value


def rows_of(conn: Connection, app: App, found: tuple[Document, ...]) -> list[Row]:
    """Return documents with their sellers, what they earned, and what is open about them."""
    ids = [one.id for one in found]
    earned, heads, waiting = accounts.earned(conn, ids), results.heads(conn, ids), messages.waiting(conn, ids)
    names = {one.id: one.name for one in rulebooks.live(conn, app.rulebook).distributors}
    rows = []
    for one in found:
        seller, number = heads.get(one.id, (None, None))
        name = names.get(one.seller_key or "", seller)
        rows.append(Row(one, name, number, earned.get(one.id, ZERO), waiting.get(one.id)))
    return rows
