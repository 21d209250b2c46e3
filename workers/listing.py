"""Keeping the lists of operators true: what waits for a person is written down with each outcome."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from model.judgement import Judgement
from model.ledger import Accrual
from model.money import ZERO
from model.reading import Reading
from model.state import State
from store import waiting
from store.documents import Document
from store.rulings import Ruling
from store.waiting import AGAIN, FAILED, SAMPLE, Shelf, Waits


@dataclass(frozen=True, slots=True)
class Came:
    """What a document came to: the state, the reading and the judgement, and the ruling that stands."""

    state: State
    reading: Reading
    judgement: Judgement
    ruling: Ruling | None
    seller_key: str | None
    stake: Decimal


def stake(owed: Iterable[Accrual]) -> Decimal:
    """Return what is owed together, in EUR."""
    return sum((one.quantity * one.bonus_each for one in owed), ZERO)


def judged(conn: Connection, document: Document, came: Came, percent: Decimal, at: dt.datetime) -> None:
    """Write down whether a document that was judged waits for a person, in which list and why."""
    shelf, reason = _place(conn, document, came, percent, at)
    if shelf is None:
        waiting.drop(conn, document.id)
        return
    invoice = came.reading.invoice
    row = Waits(
        document_id=document.id,
        shelf=shelf,
        state=came.state.value,
        reason=reason,
        stake=came.stake,
        since=waiting.seconds(at),
        partner_id=document.partner_id,
        seller_key=came.seller_key,
        seller=invoice.seller.name if invoice else None,
        title=(invoice.number if invoice else None) or document.file_name,
        media_type=document.media_type,
    )
    waiting.note(conn, row)


def failed(conn: Connection, document: Document, at: dt.datetime) -> None:
    """Write down that a document failed."""
    row = Waits(
        document_id=document.id,
        shelf="open",
        state=State.FAILED.value,
        reason=FAILED,
        stake=ZERO,
        since=waiting.seconds(at),
        partner_id=document.partner_id,
        seller_key=document.seller_key,
        seller=None,
        title=document.number or document.file_name,
        media_type=document.media_type,
    )
    waiting.note(conn, row)


def _place(
    conn: Connection, document: Document, came: Came, percent: Decimal, at: dt.datetime
) -> tuple[Shelf | None, str]:
    code = came.judgement.reasons[0].finding.code if came.judgement.reasons else AGAIN
    match came.state:
        case State.REVIEW:
            return "open", code
        case State.REJECTED:
            return ("rejected" if came.ruling is None else "hidden"), code
        case _ if came.ruling is None and waiting.is_drawn(document.id, percent):
            return ("open" if waiting.draw(conn, document.id, at) else None), SAMPLE
        case _:
            return None, ""
