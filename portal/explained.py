"""One invoice as its partner sees it: what became of it and why, what was said about it, and what can be done next."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import Request, Response

from model.invoice import Invoice
from model.judgement import Judgement
from model.ledger import Accrual
from model.reading import Reading
from model.state import OUTCOMES, State
from portal.jsonout import Json
from portal.owning import owned
from portal.pages import Texts, language_of, page, texts
from portal.partner_view import partner_view
from portal.pictures import Pictures, drawn
from portal.rows import Row, rows_of
from runtime.app import App
from store import accounts, documents, messages, results
from store.documents import Document, Step
from store.engine import reading
from store.messages import Appeal, Message
from validators.sentences import Language
from workers.settling import BERLIN, today
from workers.steps import REPLACEABLE

APPEAL_DAYS = 30
"""Days after a rejection, the last one included, in which it can be appealed."""
SHORTEST, LONGEST = 20, 1000
"""Characters of an appeal; an answer may be shorter."""
_HEALED = frozenset({"not_an_invoice", "unreadable", "multiple_invoices", "totals_mismatch", "low_confidence"})
"""Reasons that another file may heal."""
_TEMPLATE = "template:"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice as its partner sees it: what it earned, or nothing."""

    identifier: str
    name: str
    quantity: str
    model: str | None = None
    each: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, as it is shown: `own` by whoever looks."""

    at: dt.datetime
    who: str
    kind: str
    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class Next:
    """What a partner can do: answer a question, replace the document, appeal until a day; `appeal` is what it said."""

    answers: bool
    replaces: bool
    appeals_until: dt.date | None
    appeal: Appeal | None


def explained(
    app: App, pictures: Pictures, request: Request, document_id: str, partner_id: str,
    *, status: int = 200, wrong: str | None = None, typed: str = "",
) -> Response:  # fmt: skip
    """Return the page of an invoice; `wrong` says what was wrong with what somebody `typed`. Errors: Problem."""
    language = language_of(request)
    with reading(app.engine) as conn:
        document = owned(conn, document_id, partner_id)
        (row,) = rows_of(conn, app, (document,))
        read = results.reading(conn, document_id)
        judged = results.judgement(conn, document_id) if document.state in OUTCOMES else None
        steps = documents.steps(conn, document_id)
        successors = documents.successors(conn, document_id) if document.state is State.SUPERSEDED else ()
        booked = accounts.booked(conn, document_id)
        said, appeal = messages.of(conn, document_id), messages.appealed(conn, document_id)
    reasons = _reasons(judged, read, language) if document.state is not State.APPROVED else []
    numbers = sorted({place["page"] for reason in reasons for place in reason["evidence"] if "box" in place})
    return page(
        request, "invoice.html", status,
        row=row, steps=steps, successors=successors, reasons=reasons, wrong=wrong, typed=typed,
        pictures=dict(drawn(pictures, document, numbers)), lines=_lines(read.invoice if read else None, booked),
        said=[shown(one, texts(language), "partner") for one in said],
        next=next_of(row, steps, appeal, today()), shortest=SHORTEST, longest=LONGEST,
    )  # fmt: skip


def next_of(row: Row, steps: Iterable[Step], appeal: Appeal | None, on: dt.date) -> Next:
    """Return what the partner of a document can do on a day."""
    until = appeals_until(steps) if row.document.state is State.REJECTED and appeal is None else None
    return Next(
        answers=row.waiting == "question",
        replaces=row.document.state in REPLACEABLE,
        appeals_until=until if until is not None and on <= until else None,
        appeal=appeal,
    )


def appeals_until(steps: Iterable[Step]) -> dt.date | None:
    """Return the last day on which the last rejection of a document can be appealed, None without any."""
    rejected = [step.at for step in steps if step.to_state is State.REJECTED]
    return rejected[-1].astimezone(BERLIN).date() + dt.timedelta(days=APPEAL_DAYS) if rejected else None


def waits(document: Document, appeal: Appeal | None) -> bool:
    """Whether a person has to decide on a document, or on the appeal against its rejection."""
    if document.state is State.REJECTED:
        return appeal is not None and appeal.closed_at is None
    return document.state in {State.REVIEW, State.FAILED}


def as_template(number: int) -> str:
    """Return a question that is asked in the language of whoever reads it, counted from 1."""
    return f"{_TEMPLATE}{number}"


def shown(message: Message, told: Texts, to: str) -> Said:
    """Return what was said as it is shown to a "partner" or an "operator"; a partner is not told who asks."""
    text = message.text
    if message.kind == "question" and text.startswith(_TEMPLATE):
        questions: Mapping[str, str] = told["questions"]
        text = questions.get(text.removeprefix(_TEMPLATE), text)
    ours = message.kind in {"question", "word"}
    who = "" if to == "partner" else message.who
    return Said(message.at, who, message.kind, text, own=ours == (to == "operator"))


def _reasons(judged: Judgement | None, read: Reading | None, language: Language) -> list[Json]:
    """Return the reasons, first those that nothing heals."""
    told = partner_view(judged.reasons if judged else (), read, language)
    return sorted(told, key=lambda reason: (reason["severity"] != "reject", reason["code"] in _HEALED))


def _lines(invoice: Invoice | None, booked: Iterable[Accrual]) -> list[Line]:
    """Return the lines of an invoice, each with what is booked for it."""
    if invoice is None:
        return []
    earned = {one.line: one for one in booked}
    lines = []
    for index, line in enumerate(invoice.lines):
        one = earned.get(index)
        told: tuple[Any, ...] = (one.model, one.bonus_each, one.quantity * one.bonus_each) if one else ()
        quantity = "" if line.quantity is None else f"{line.quantity.normalize():f}"
        lines.append(Line(line.identifier or str(index + 1), line.item_name or "", quantity, *told))
    return lines
