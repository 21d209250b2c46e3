"""What partners do about an invoice after it was sent, and what operators ask them: replace, appeal, answer, ask."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from model.state import State
from portal import uploading
from portal.access import OPERATOR, PARTNER, By, access
from portal.explained import LONGEST, SHORTEST, appeals_until, as_template, explained, waits
from portal.owning import owned
from portal.pictures import Pictures
from portal.problems import Problem
from portal.uploading import Ring
from runtime.app import App
from store import documents, messages, rulings
from store.documents import Document
from store.messages import Kind
from workers.judging import WHO
from workers.settling import today

TEMPLATES = 6
"""Questions that stand ready, in the texts of both languages."""
Text = Annotated[str, Form(max_length=20_000)]


class _Refused(Exception):
    """Raised for what cannot be said; `why` is a key of the texts."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def install(made: FastAPI, app: App, ring: Ring, pictures: Pictures) -> None:
    """Add the routes; `ring` wakes workers after an upload."""
    _replacing(made, app, ring)
    _saying(made, app, pictures)
    _asking(made, app)


def _replacing(made: FastAPI, app: App, ring: Ring) -> None:
    @made.post("/invoices/{document_id}/replace", openapi_extra=access(PARTNER), include_in_schema=False)
    async def replace(request: Request, document_id: str, by: By) -> Response:
        """Take a file in the place of a document that was not approved, and show what becomes of it."""
        document = await uploading.take(app, ring, request, by.partner, replaces=document_id)
        return RedirectResponse(f"/invoices/{document.id}", 303)


def _saying(made: FastAPI, app: App, pictures: Pictures) -> None:
    def said(request: Request, document_id: str, by: By, text: str, say: Callable[..., None]) -> Response:
        told = text.replace("\r\n", "\n").strip()
        try:
            with app.engine.begin() as conn:
                owned(conn, document_id, by.partner)
                say(conn, documents.hold(conn, document_id), told, by.person.name)
        except _Refused as error:
            return explained(
                app, pictures, request, document_id, by.partner, status=422, wrong=error.why, typed=told
            )  # fmt: skip
        return RedirectResponse(f"/invoices/{document_id}#said", 303)

    @made.post("/invoices/{document_id}/appeal", openapi_extra=access(PARTNER), include_in_schema=False)
    def appeal(request: Request, document_id: str, by: By, text: Text = "") -> Response:
        """Let a partner say why it does not accept a rejection: once, and within some days."""
        return said(request, document_id, by, text, _appeal)

    @made.post("/invoices/{document_id}/answer", openapi_extra=access(PARTNER), include_in_schema=False)
    def answer(request: Request, document_id: str, by: By, text: Text = "") -> Response:
        """Let a partner answer what it was asked."""
        return said(request, document_id, by, text, _answer)


def _asking(made: FastAPI, app: App) -> None:
    @made.post("/review/{document_id}/ask", openapi_extra=access(OPERATOR), include_in_schema=False)
    def ask(document_id: str, by: By, template: Text = "", text: Text = "") -> Response:
        """Ask the partner of a document that waits for a person: what stands ready, or in own words."""
        if not document_id.isalnum():
            raise Problem("not_found")
        try:
            with app.engine.begin() as conn:
                document = documents.hold(conn, document_id)
                question = _question(template, text.replace("\r\n", "\n").strip())
                if not waits(document, messages.appealed(conn, document_id)):
                    return RedirectResponse(f"/review/{document_id}?moved=1", 303)
                messages.say(conn, document_id, at=_now(), who=by.person.name, kind="question", text=question)
        except LookupError as error:
            raise Problem("not_found") from error
        return RedirectResponse(f"/review/{document_id}", 303)


def _appeal(conn: Connection, document: Document, text: str, who: str) -> None:
    if _just_said(conn, document, "appeal", text):
        return
    until = appeals_until(documents.steps(conn, document.id))
    if messages.appealed(conn, document.id) is not None:
        raise _Refused("already")
    if document.state is not State.REJECTED or until is None:
        raise _Refused("not_rejected")
    if today() > until:
        raise _Refused("too_late")
    if not SHORTEST <= len(text) <= LONGEST:
        raise _Refused("appeal_length")
    ruling = rulings.standing(conn, document.id)
    by = ruling.who if ruling is not None and ruling.outcome == "rejected" else WHO
    messages.appeal(conn, document.id, at=_now(), who=who, text=text, rejected_by=by)


def _answer(conn: Connection, document: Document, text: str, who: str) -> None:
    if _just_said(conn, document, "answer", text):
        return
    if messages.waiting(conn, [document.id]).get(document.id) != "question":
        raise _Refused("not_asked")
    if not 1 <= len(text) <= LONGEST:
        raise _Refused("answer_length")
    messages.say(conn, document.id, at=_now(), who=who, kind="answer", text=text)


def _just_said(conn: Connection, document: Document, kind: Kind, text: str) -> bool:
    """Whether the last thing that was said is this: then a form was sent twice."""
    said = messages.of(conn, document.id)
    return bool(said) and (said[-1].kind, said[-1].text) == (kind, text)


def _question(template: str, text: str) -> str:
    """Return what an operator asks. Errors: Problem `bad_request`."""
    if text:
        if len(text) > LONGEST:
            raise Problem("bad_request")
        return text
    if not (template.isdecimal() and 1 <= int(template) <= TEMPLATES):
        raise Problem("bad_request")
    return as_template(int(template))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
