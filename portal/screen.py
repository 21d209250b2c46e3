"""One document as an operator sees it: pages with the places of its values, what is open, and what was read.

What a person reads or chooses is a correction: a new reading, which is judged in place of what was extracted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from model.reading import Reading
from model.state import OUTCOMES
from portal import correcting, jsonout, ruling, stale, waiting
from portal.access import OPERATOR, By, access
from portal.explained import shown, waits
from portal.pages import language_of, page, texts
from portal.pictures import Pictures, drawn
from portal.problems import Problem
from portal.reviewing import stake, visible
from portal.rows import rows_of
from runtime.app import App
from store import documents, messages, partners, results, rulings
from store.documents import Document
from store.engine import reading
from store.images import PageImage
from workers import steps
from workers.judging import judge


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page in the pixels of its picture; `kind` tells proven from doubtful, `path` is its value's."""

    path: str
    kind: Literal["proven", "doubt", "clash"]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with what stands on it."""

    number: int
    picture: PageImage
    boxes: tuple[Box, ...]


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""

    @made.get("/review/{document_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, document_id: str, by: By) -> Response:
        """Show one document: its pages with the places of its values, what is doubtful, and what can be decided."""
        deciding = ruling.context(app, request, visible(app, document_id, None), by.person.name)
        answer = page(request, "review.html", **_shown(app, pictures, request, document_id), **deciding)
        waiting.keep(answer, deciding["walk"])
        return answer

    @made.post("/review/{document_id}/correct", openapi_extra=access(OPERATOR), include_in_schema=False)
    async def correct(request: Request, document_id: str, by: By) -> Response:
        """Put what a person read in place of what was read, and judge again."""
        form = {key: text for key, text in (await request.form()).items() if isinstance(text, str)}
        return await run_in_threadpool(_corrected, app, request, document_id, by.person.name, form)


def _corrected(app: App, request: Request, document_id: str, who: str, form: dict[str, str]) -> Response:
    document = visible(app, document_id, None)
    with reading(app.engine) as conn:
        read = results.reading(conn, document.id)
    if read is None or not form.get("seen", "").isdigit():
        raise Problem("bad_request")
    with reading(app.engine) as conn:
        if documents.last_step(conn, document.id) != int(form["seen"]):
            return stale.answer(app, request, document, form)
    try:
        made = correcting.corrected(read, form)
    except correcting.NoValue as wrong:
        return RedirectResponse(f"/review/{document_id}?wrong={wrong.path}", 303)
    if made is not None:
        try:
            moved = steps.correct(app, document_id, made, who=who, why="corrected", seen=int(form["seen"]))
        except (steps.Stale, LookupError):
            return stale.answer(app, request, document, form)
        judge(app, moved)
    return RedirectResponse(f"/review/{document_id}", 303)


def _shown(app: App, pictures: Pictures, request: Request, document_id: str) -> dict[str, Any]:
    document, language = visible(app, document_id, None), language_of(request)
    with reading(app.engine) as conn:
        (row,) = rows_of(conn, app, (document,))
        read, judged = results.reading(conn, document.id), results.judgement(conn, document.id)
        history, ruled = documents.steps(conn, document.id), rulings.standing(conn, document.id)
        partner, earns = partners.partner(conn, document.partner_id), stake(conn, app, document)
        said, appeal = messages.of(conn, document.id), messages.appealed(conn, document.id)
    reasons = [] if judged is None else [jsonout.reason(one, read, language) for one in judged.reasons]
    clashing = {path for one in (judged.reasons if judged else ()) for path in one.finding.about}
    invoice = read.invoice if read else None
    sheets = list(_sheets(pictures, document, read, clashing))
    return {
        "row": row,
        "partner": partner,
        "sheets": sheets,
        "pictures": {sheet.number: sheet.picture for sheet in sheets},
        "reasons": reasons,
        "clashing": clashing,
        "read": read,
        "invoice": invoice,
        "fields": [(path, correcting.value(invoice, path)) for path in correcting.fields(invoice)] if invoice else [],
        "matches": {match.line: match for match in judged.matches} if judged else {},
        "stake": earns,
        "ruling": ruled,
        "said": [shown(one, texts(language), "operator") for one in said],
        "appeal": appeal,
        "can_ask": waits(document, appeal),
        "history": history,
        "seen": history[-1].sequence,
        "moved": "moved" in request.query_params,
        "wrong_field": request.query_params.get("wrong"),
        "done": request.query_params.get("done"),
        "can_decide": document.state in OUTCOMES,
    }


def _sheets(pictures: Pictures, document: Document, read: Reading | None, clashing: set[str]) -> Iterator[Sheet]:
    if read is None:
        return
    for number, picture in drawn(pictures, document, range(1, read.page_count + 1)):
        boxes = []
        for path, found in read.evidence.items():
            if found.page == number and found.box is not None:
                x0, top, x1, bottom = found.box
                across, down = picture.width, picture.height
                kind: Literal["proven", "doubt", "clash"] = (
                    "clash" if path in clashing else "proven" if found.proof else "doubt"
                )
                size = ((x1 - x0) * across, (bottom - top) * down)
                boxes.append(Box(path, kind, round(x0 * across, 1), round(top * down, 1), *(round(n, 1) for n in size)))
        # What is wrong is drawn last, above the others.
        yield Sheet(number, picture, tuple(sorted(boxes, key=lambda box: ("proven", "doubt", "clash").index(box.kind))))
