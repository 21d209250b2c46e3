"""One document as an operator sees it: pages with the places of its values, what is open, and what was read.

What a person reads or chooses is a correction: a new reading, which is judged in place of what was extracted.
"""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from model.case import Case
from model.judgement import Judgement
from model.ledger import Accrual
from model.reading import Reading
from model.state import OUTCOMES
from pipeline.judge import gather
from portal import answering, correcting, jsonout, ruling, showing, stale, waiting
from portal.access import OPERATOR, By, access
from portal.beside import earlier, layers, look_alike
from portal.candidates import candidates
from portal.explained import shown as worded
from portal.explained import waits
from portal.pages import Texts, language_of, page, texts
from portal.pictures import Pictures
from portal.problems import Problem
from portal.questions import Question, asks, fields_once, questions
from portal.reviewing import visible
from portal.rows import rows_of
from portal.sheets import Sheet, cuts, foot, sheets
from portal.showing import Asked, Field, fields_of, label, worth
from portal.splitting import proposed
from programme.accrual import total
from runtime.app import App
from store import documents, messages, partners, results, rulebooks, rulings
from store.documents import Document
from store.engine import reading
from validators.dossier import Dossier
from workers import steps
from workers.judging import judge

DOUBTS = frozenset({"low_confidence", "model_ambiguous", "rate_unknown"})
"""What contradicts nothing on the page."""


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""

    @made.get("/review/{document_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, document_id: str, by: By) -> Response:
        """Show one document: its pages with the places of its values, what is doubtful, and what can be decided."""
        document = visible(app, document_id, None)
        told = shown(app, pictures, request, document)
        deciding = ruling.context(app, request, document, by.person.name, told["judged"], told["appeal"])
        answer = page(request, "review.html", **told, **deciding)
        waiting.keep(answer, deciding["walk"])
        return answer

    @made.post("/review/{document_id}/correct", openapi_extra=access(OPERATOR), include_in_schema=False)
    async def correct(request: Request, document_id: str, by: By) -> Response:
        """Put what a person read, confirmed or chose in place of what was read, and judge again."""
        form = [(key, text) for key, text in (await request.form()).multi_items() if isinstance(text, str)]
        return await run_in_threadpool(_corrected, app, request, document_id, by.person.name, form)


def _corrected(app: App, request: Request, document_id: str, who: str, form: list[tuple[str, str]]) -> Response:
    document, seen = visible(app, document_id, None), dict(form).get("seen", "")
    with reading(app.engine) as conn:
        read, case = results.reading(conn, document.id), results.judged_case(conn, document.id)
        rulebook, is_stale = rulebooks.live(conn, app.rulebook), str(documents.last_step(conn, document.id)) != seen
    if read is None or case is None or not seen.isdigit():
        raise Problem("bad_request")
    told = "application/json" in request.headers.get("accept", "")
    if is_stale or document.state not in OUTCOMES:
        return _stale(app, request, document, form)
    try:
        made = correcting.corrected(read, answering.given(form, _known(gather(read, case, rulebook))))
        if made is not None:
            judge(app, steps.correct(app, document_id, made, who=who, why="corrected", seen=int(seen)))
    except correcting.NoValue as wrong:
        sentence = _no_value(texts(language_of(request)), wrong.path)
        return (
            JSONResponse({"field": wrong.path, "message": sentence}, 422)
            if told
            else RedirectResponse(f"/review/{document_id}?wrong={wrong.path}", 303)
        )
    except (steps.Stale, LookupError):
        return _stale(app, request, document, form)
    if not told:
        return RedirectResponse(f"/review/{document_id}", 303)
    with reading(app.engine) as conn:
        return JSONResponse({"seen": documents.last_step(conn, document_id)})


def _stale(app: App, request: Request, document: Document, form: list[tuple[str, str]]) -> Response:
    """Return what was, what was typed and what is now; the script asks for that page itself."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({}, 409)
    return stale.answer(app, request, document, dict(form))


def _known(dossier: Dossier) -> dict[str, str]:
    """Return the answers that a person can confirm: that the seller is who it says, and the buyer the partner."""
    distributor = dossier.seller.distributor
    seller = {"seller": distributor.id} if distributor and dossier.seller.kind == "unverified" else {}
    return {**seller, "buyer": dossier.case.partner.id}


def shown(app: App, pictures: Pictures, request: Request, document: Document) -> dict[str, Any]:
    """Return what the page of one document shows."""
    language = language_of(request)
    with reading(app.engine) as conn:
        (row,) = rows_of(conn, app, (document,))
        read, (judged, case) = results.reading(conn, document.id), results.judged(conn, document.id)
        history, ruled = documents.steps(conn, document.id), rulings.standing(conn, document.id)
        partner, rulebook = partners.partner(conn, document.partner_id), rulebooks.live(conn, app.rulebook)
        said, appeal = messages.of(conn, document.id), messages.appealed(conn, document.id)
    invoice = read.invoice if read else None
    reasons = judged.reasons if judged else ()
    clashing = {path for one in reasons if one.finding.code not in DOUBTS for path in one.finding.about}
    pages = list(sheets(pictures, document, read, clashing))
    asked, wrong = questions(read, judged, language), request.query_params.get("wrong")
    told = [one for one in reasons if not asks(one.finding, invoice)]
    earned: tuple[Accrual, ...] = ()
    values: dict[str, Any] = {"asked": (), "lines": (), "totals": (), "head": (), "equations": ()}
    if read is not None and invoice is not None and judged is not None and case is not None:
        dossier = gather(read, case, rulebook)
        earned = worth(invoice, judged, case, dossier, rulebook)
        field = fields_of(read, invoice, clashing, texts(language))
        values = showing.values(invoice, dossier, earned, field)
        values["asked"] = [_asked(one, own, field, dossier, pages) for one, own in fields_once(asked)]
        values["seller_is"] = dossier.seller.distributor
    return {
        "row": row,
        "partner": partner,
        "sheets": pages,
        "pictures": {sheet.number: sheet.picture for sheet in pages},
        "reasons": [jsonout.reason(one, read, language) for one in told],
        "judged": judged,
        "read": read,
        "invoice": invoice,
        **values,
        "left": sum(not one.is_answered for one in asked),
        "models": sorted(rulebook.catalogue.devices),
        "stake": total(earned),
        "ruling": ruled,
        "said": [worded(one, texts(language), "operator") for one in said],
        "appeal": appeal,
        "can_ask": waits(document, appeal),
        "history": history,
        "seen": history[-1].sequence,
        "moved": "moved" in request.query_params,
        "is_left_open": "open" in request.query_params,
        "wrong": _no_value(texts(language), wrong) if wrong else None,
        "done": request.query_params.get("done"),
        "can_decide": document.state in OUTCOMES,
        **_beside(app, pictures, document, (read, judged, case), (pages, texts(language))),
    }


def _beside(
    app: App,
    pictures: Pictures,
    document: Document,
    of: tuple[Reading | None, Judgement | None, Case | None],
    on: tuple[list[Sheet], Texts],
) -> dict[str, Any]:
    """Return what a document is compared with, and where it may be split."""
    (read, judged, case), (pages, t) = of, on
    codes = {one.finding.code for one in judged.reasons} if judged else set()
    other = look_alike(case) if codes & {"duplicate_invoice", "duplicate_document"} else None
    several = read is not None and "multiple_invoices" in codes and document.media_type == "application/pdf"
    return {
        "twin": earlier(app, pictures, read, other, t) if other else None,
        "layers": list(layers(read, judged, pages, t)),
        "starts": proposed(app, pictures, document, read) if several and read else (),
        "several": several and len(pages) > 1,
    }


def _asked(one: Question, own: tuple[str, ...], field: dict[str, Field], dossier: Dossier, pages: list[Sheet]) -> Asked:
    """Return a question with those of the fields that are its own, and what else is shown with it."""
    clashing = [path for path in one.fields if field[path].state == "clash"]
    strips = tuple(cuts(one.fields, dossier.reading, pages, clashing))
    more = tuple(foot(sheet) for sheet in pages[:1] if one.answer == "seller")
    choices = candidates(dossier, one.line) if one.line is not None else ()
    return Asked(one, tuple(field[path] for path in own), (*strips, *more), choices)


def _no_value(t: Texts, path: str) -> str:
    """Say that a text cannot be the value of a field; a path that somebody made up names no field."""
    known = {one.rpartition(".")[2] for one in (*correcting.HEAD, *correcting.LINE, *correcting.TOTALS)}
    name = label(t, path) if path.rpartition(".")[2] in known else path
    return str(t["review"]["no_value"]).format(field=name)
