"""Deciding: approve, reject, take back, put back; the answer to each is the next document of the walk.

A decision names the last step of the document's history that its page showed: what has moved on since is not decided
on, but shown anew.
"""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from model.judgement import Judgement, Outcome
from model.state import State
from portal.access import OPERATOR, By, access
from portal.problems import Problem
from portal.questions import left_open
from portal.reviewing import visible
from portal.waiting import WALK, back, checked, following, seconds_now, walk_of
from runtime.app import App
from store import decisions, results, waiting
from store.documents import Document
from store.engine import reading
from store.messages import Appeal
from validators.sentences import sentences
from workers import ruling
from workers.settling import BERLIN
from workers.steps import Stale

Later = Literal["hour", "tomorrow", "three", "week"]
LATER: tuple[Later, ...] = ("hour", "tomorrow", "three", "week")
"""Until when a document can be put back; days end at eight in the morning in Europe/Berlin."""
_DAYS = {"tomorrow": 1, "three": 3, "week": 7}
On = Annotated[str, Form(alias=WALK, max_length=2000)]


class Said(BaseModel):
    """What a person decides: outcome, the reason's code, a note, a word to the partner, and since when it looked."""

    outcome: Literal["approved", "rejected", "withdrawn"]
    seen: int
    reason: str = ""
    why: str = Field("", max_length=2000)
    word: str = Field("", max_length=2000)
    shown: int = 0
    walk: str = Field("", max_length=2000)


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""

    @made.post("/review/{document_id}/decide", openapi_extra=access(OPERATOR), include_in_schema=False)
    def decide(document_id: str, by: By, said: Annotated[Said, Form()]) -> Response:
        """Approve or reject a document, or take back what was ruled, and go on to the next one."""
        document, me = visible(app, document_id, None), by.person.name
        if said.outcome == "withdrawn":
            return _taken_back(app, document_id, me, said.walk)
        if _holder(app, document_id, me) is not None:
            return _again(document_id, me, said.walk, "held")
        return _decided(app, document, me, said, said.outcome)

    @made.post("/review/{document_id}/undo", openapi_extra=access(OPERATOR), include_in_schema=False)
    def undo(document_id: str, by: By, on: On = "") -> Response:
        """Take back what was decided last on a document."""
        visible(app, document_id, None)
        return _taken_back(app, document_id, by.person.name, on)

    @made.post("/review/{document_id}/later", openapi_extra=access(OPERATOR), include_in_schema=False)
    def later(document_id: str, by: By, until: Annotated[Later, Form()], on: On = "") -> Response:
        """Put a document back until a chosen time, and go on to the next one."""
        visible(app, document_id, None)
        with app.engine.begin() as conn:
            waiting.put_back(conn, document_id, moment(until, dt.datetime.now(dt.UTC)), by.person.name)
        return _next(app, document_id, by.person.name, on, said="later")

    @made.post("/review/{document_id}/retry", openapi_extra=access(OPERATOR), include_in_schema=False)
    def retry(document_id: str, by: By, seen: Annotated[int, Form()], on: On = "") -> Response:
        """Have a document that failed read again, and go on to the next one."""
        visible(app, document_id, None)
        try:
            ruling.retry(app, document_id, who=by.person.name, seen=seen)
        except (Stale, LookupError):
            return _again(document_id, by.person.name, on, "moved")
        return _next(app, document_id, by.person.name, on, said="later")


def _decided(app: App, document: Document, me: str, said: Said, outcome: Outcome) -> Response:
    why = _why(app, document, outcome, said.reason.strip(), said.why.strip())
    if outcome == "approved" and document.state is not State.APPROVED and _is_left_open(app, document.id):
        return _again(document.id, me, said.walk, "open")
    took = max(0, seconds_now() - said.shown) if said.shown else None
    word = said.word.strip()
    try:
        ruling.decide(app, document.id, outcome, who=me, why=why, seen=said.seen, word=word, seconds=took)
    except ruling.NotYours:
        return _again(document.id, me, said.walk, "own")
    except (Stale, LookupError):
        return _again(document.id, me, said.walk, "moved")
    return _next(app, document.id, me, said.walk)


def _is_left_open(app: App, document_id: str) -> bool:
    """Whether a question about the document has no answer yet."""
    with reading(app.engine) as conn:
        return left_open(results.reading(conn, document_id), results.judgement(conn, document_id))


def context(  # noqa: PLR0917 (what was read already)
    app: App, request: Request, document: Document, me: str, judged: Judgement | None, appeal: Appeal | None
) -> dict[str, Any]:
    """Return what deciding on a document is shown with; whoever opens it claims it."""
    now = dt.datetime.now(dt.UTC)
    with app.engine.begin() as conn:
        holder = waiting.see(conn, document.id, me, now)
    with reading(app.engine) as conn:
        last = decisions.last(conn, document.id) if document.state is State.EXTRACTED else None
        is_sample = document.state is State.APPROVED and waiting.reason(conn, document.id) == waiting.SAMPLE
    is_appealed = appeal is not None and appeal.closed_at is None
    found = [one.finding.code for one in judged.reasons] if judged else []
    return {
        "holder": None if holder == me else holder,
        "appealed": is_appealed,
        "is_sample": is_sample,
        "may_decide": not (is_appealed and appeal is not None and appeal.rejected_by == me),
        "pending": last is not None and last.undone_at is None,
        "codes": list(dict.fromkeys((*found, *(one for one in sentences() if one != "unknown")))),
        "walk": walk_of(request, document.id, me),
        "shown_at": seconds_now(),
        "laters": LATER,
        "own": "own" in request.query_params,
        "happened": request.query_params.get("said"),
    }


def moment(until: Later, now: dt.datetime) -> dt.datetime:
    """Return when a document that is put back comes again."""
    if until == "hour":
        return now + dt.timedelta(hours=1)
    day = now.astimezone(BERLIN).date() + dt.timedelta(days=_DAYS[until])
    return dt.datetime.combine(day, dt.time(8), BERLIN)


def _taken_back(app: App, document_id: str, me: str, on: str) -> Response:
    try:
        ruling.undo(app, document_id, me)
    except LookupError:
        return _again(document_id, me, on, "moved")
    return RedirectResponse(f"/review/{document_id}?{back(app, document_id, on, me)}", 303)


def _next(app: App, document_id: str, me: str, on: str, said: str = "") -> Response:
    found = following(app, on, me)
    told = f"&said={said}" if said else ""
    return RedirectResponse(f"{found.address}&done={document_id}{told}", 303)


def _again(document_id: str, me: str, on: str, why: str) -> Response:
    return RedirectResponse(f"/review/{document_id}?{checked(on, me)}&{why}=1", 303)


def _holder(app: App, document_id: str, me: str) -> str | None:
    """Return who else has a document open."""
    with reading(app.engine) as conn:
        held = waiting.holder(conn, document_id, dt.datetime.now(dt.UTC))
    return held if held != me else None


def _why(app: App, document: Document, outcome: Outcome, reason: str, note: str) -> str:
    """Return why a person decided so: for a rejection the reason's code, in any case what they noted."""
    code = ""
    if outcome == "rejected":
        with reading(app.engine) as conn:
            judged = results.judgement(conn, document.id)
        found = ", ".join(dict.fromkeys(one.finding.code for one in judged.reasons)) if judged else ""
        if reason and reason not in sentences():
            raise Problem("bad_request")
        code = reason or found
    return ": ".join(filter(None, (code, note))) or outcome
