"""What operators decide on: documents that wait for a person, and one of them with pages, values and reasons.

A decision names the last step of the document's history that its page showed: what has moved on since is not decided
on, but shown anew.
"""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from model.judgement import Judgement, Outcome
from model.money import ZERO
from model.state import State
from portal.access import OPERATOR, SIGNED_IN, By, access
from portal.api import owned
from portal.pages import language_of, page
from portal.partner import rows_of
from portal.pictures import Pictures, Undrawable
from portal.problems import Problem
from portal.questions import left_open
from runtime.app import App
from store import blobs, documents, results
from store.documents import Document
from store.engine import reading
from validators.sentences import Language, sentence
from workers import steps
from workers.judging import judge, owed

ROWS = 50
"""Documents on one page of a list."""
Tab = Literal["open", "rejected"]
_STATES: dict[Tab, tuple[State, ...]] = {"open": (State.REVIEW, State.FAILED), "rejected": (State.REJECTED,)}
_RULED: dict[str, Outcome | None] = {"approved": "approved", "rejected": "rejected", "withdrawn": None}
_KEPT = "private, max-age=31536000, immutable"
Text = Annotated[str, Form(max_length=2000)]


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""
    _files(made, app, pictures)
    _lists(made, app)
    _deciding(made, app)


def _files(made: FastAPI, app: App, pictures: Pictures) -> None:
    @made.get("/documents/{document_id}/pages/{number}.webp", openapi_extra=access(SIGNED_IN), include_in_schema=False)
    def picture(document_id: str, number: int, by: By) -> Response:
        """Show a page of a document."""
        document = visible(app, document_id, by.partner_id)
        try:
            found = pictures.drawn(document, number)
        except Undrawable as error:
            raise Problem("not_found") from error
        return Response(pictures.bytes_of(found), media_type="image/webp", headers={"Cache-Control": _KEPT})

    @made.get("/documents/{document_id}/original", openapi_extra=access(SIGNED_IN), include_in_schema=False)
    def original(document_id: str, by: By) -> Response:
        """Give out the file as it was uploaded, to be saved and never shown."""
        document = visible(app, document_id, by.partner_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{document.id}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        data = blobs.read(app.blobs, document.digest)
        return Response(data, media_type="application/octet-stream", headers=headers)


def _lists(made: FastAPI, app: App) -> None:
    @made.get("/review", openapi_extra=access(OPERATOR), include_in_schema=False)
    def review(request: Request, tab: Tab = "open", after: int = 0, done: str | None = None) -> Response:
        """List what waits for a person, or what was rejected, the oldest first."""
        language = language_of(request)
        with reading(app.engine) as conn:
            found = documents.in_states(conn, _STATES[tab], after=after, limit=ROWS + 1)
            rows = rows_of(conn, app, found[:ROWS])
            judged = {one.id: results.judgement(conn, one.id) for one in found[:ROWS]}
            stakes = {one.id: stake(conn, app, one) for one in found[:ROWS]}
            counts = {name: documents.count(conn, states) for name, states in _STATES.items()}
        told = [(row, _why(judged[row.document.id], language), stakes[row.document.id]) for row in rows]
        more = f"/review?tab={tab}&after={found[ROWS - 1].acceptance}" if len(found) > ROWS else None
        return page(request, "review_list.html", rows=told, tab=tab, counts=counts, more=more, done=done)


def _deciding(made: FastAPI, app: App) -> None:
    @made.post("/review/{document_id}/decide", openapi_extra=access(OPERATOR), include_in_schema=False)
    def decide(document_id: str, by: By, outcome: Text, seen: Annotated[int, Form()], why: Text = "") -> Response:
        """Approve or reject a document, or take back what was ruled, and go on to the next one that waits."""
        if outcome not in _RULED:
            raise Problem("bad_request")
        ruled, before = _RULED[outcome], visible(app, document_id, None)
        if ruled == "approved" and before.state is not State.APPROVED and _left_open(app, document_id):
            return RedirectResponse(f"/review/{document_id}?open=1", 303)
        reason = why.strip() or _found(app, document_id, outcome)
        try:
            moved = steps.rule(app, document_id, ruled, who=by.person.name, why=reason, seen=seen)
        except (steps.Stale, LookupError):
            return RedirectResponse(f"/review/{document_id}?moved=1", 303)
        judge(app, moved)
        if ruled is None:
            return RedirectResponse(f"/review/{document_id}", 303)
        with reading(app.engine) as conn:
            following = documents.in_states(conn, _STATES["open"], after=before.acceptance, limit=1)
        address = f"/review/{following[0].id}" if following else "/review"
        return RedirectResponse(f"{address}?done={document_id}", 303)


def visible(app: App, document_id: str, partner_id: str | None) -> Document:
    """Return a document that a partner owns, or any for whoever acts for none. Errors: Problem `not_found`."""
    with reading(app.engine) as conn:
        if partner_id is not None:
            return owned(conn, document_id, partner_id)
        document = documents.find(conn, document_id) if document_id.isalnum() else None
    if document is None:
        raise Problem("not_found")
    return document


def _left_open(app: App, document_id: str) -> bool:
    """Whether a question about the document has no answer yet."""
    with reading(app.engine) as conn:
        return left_open(results.reading(conn, document_id), results.judgement(conn, document_id))


def _found(app: App, document_id: str, outcome: str) -> str:
    """Return the reason of who gives none: for a rejection what was found, in the codes of docs/contract/reasons.md."""
    with reading(app.engine) as conn:
        judged = results.judgement(conn, document_id)
    if outcome != "rejected" or judged is None or not judged.reasons:
        return outcome
    return ", ".join(dict.fromkeys(one.finding.code for one in judged.reasons))


def _why(judged: Judgement | None, language: Language) -> str:
    """Return the first reason in a sentence."""
    return sentence(judged.reasons[0].finding, language) if judged and judged.reasons else ""


def stake(conn: Connection, app: App, document: Document) -> Decimal:
    """Return what a document would earn if it were approved as it was read, in EUR."""
    read, judged = results.reading(conn, document.id), results.judgement(conn, document.id)
    case = results.judged_case(conn, document.id)
    if read is None or judged is None or case is None:
        return ZERO
    return sum((one.quantity * one.bonus_each for one in owed(read, case, judged, app.rulebook)), ZERO)
