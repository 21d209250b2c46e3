"""Batches: what operators have processed again, chosen with its count, tried out, started, watched, and kept."""

import datetime as dt
import json
from typing import Annotated, Any

from fastapi import FastAPI, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy import Connection

from model.money import ZERO
from model.state import State
from portal import reprocessing
from portal.access import OPERATOR, By, access
from portal.pages import language_of, page
from portal.problems import Problem
from runtime.app import App
from store import audit, batches, results, rulebooks, runs
from store.batches import LIVE, Batch, Kind
from store.engine import reading
from store.queue import Stage
from store.runs import JUDGED_ONCE, Selection
from validators.sentences import PLAIN, Language, sentences
from workers import reader, reprocess
from workers.batches import Act, start, steer
from workers.reprocess import Change, Report

ROWS = 50
"""Batches, or documents of a group, on one page."""
STAGES: tuple[Stage, ...] = ("judge", "extract", "read")
CHOICES = ("reason", "distributor", "partner", "since", "until", "version")
"""What is chosen by, beside the state."""
Word = Annotated[str, Form(max_length=200)]


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""
    _choosing(made, app)
    _showing(made, app)
    _acting(made, app)


def _choosing(made: FastAPI, app: App) -> None:
    @made.get("/batches", openapi_extra=access(OPERATOR), include_in_schema=False)
    def listing(request: Request, before: str | None = None) -> Response:
        """List the batches, the last ones first."""
        with reading(app.engine) as conn:
            last = None if before is None else _found(conn, before)
            found = batches.latest(conn, before=last, limit=ROWS + 1)
            told = batches.sums(conn, found[:ROWS])
        more = f"/batches?before={found[ROWS - 1].id}" if len(found) > ROWS else None
        return page(request, "batches.html", found=found[:ROWS], told=told, more=more, words=_words(app, request))

    @made.get("/batches/new", openapi_extra=access(OPERATOR), include_in_schema=False)
    def choose(
        request: Request, state: Annotated[list[str] | None, Query()] = None, stage: Stage = "judge"
    ) -> Response:
        """Show what can be chosen, and how many documents that is."""
        chosen = {name: request.query_params.get(name, "").strip()[:200] for name in CHOICES}
        try:
            selection = _selection(state or [], **chosen)
        except Problem:
            selection = None
        with reading(app.engine) as conn:
            count = None if selection is None else runs.count(conn, selection)
        if "hx-request" in request.headers:
            return page(request, "batch_count.html", count=count)
        return page(
            request, "batch_new.html", count=count, chosen=chosen | {"state": state or []}, stage=stage, stages=STAGES,
            states=sorted(one.value for one in JUDGED_ONCE), words=_words(app, request), version=reader.version(),
        )  # fmt: skip

    @made.post("/batches", openapi_extra=access(OPERATOR), include_in_schema=False)
    async def make(request: Request, by: By) -> Response:
        """Have a selection tried out."""
        form = await request.form()
        chosen = {name: str(form.get(name, "")).strip()[:200] for name in CHOICES}
        selection = _selection([str(one) for one in form.getlist("state")], **chosen)
        stage = str(form.get("stage", "judge"))
        made = await run_in_threadpool(_make, app, selection, stage, by.person.name)
        return RedirectResponse(f"/batches/{made}", 303)


def _showing(made: FastAPI, app: App) -> None:
    @made.get("/batches/{batch_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, batch_id: str, old: str = "", new: str = "", after: int = 0) -> Response:
        """Show a batch: what was chosen, how far it is, what would change, or did, and the documents of one change."""
        between = _between(old, new)
        with reading(app.engine) as conn:
            batch = _found(conn, batch_id)
            groups = batches.groups(conn, batch, batch.kind)
            expected = batches.groups(conn, batch, "trial") if batch.kind == "run" else groups
            rows = (
                batches.changes(conn, batch, batch.kind, between=between, after=after, limit=ROWS + 1)
                if between
                else ()
            )
            heads = results.heads(conn, [row.document_id for row in rows[:ROWS]])
            stale = batch.rulebook != reprocess.rules(app, conn)
        more = f"/batches/{batch.id}?old={old}&new={new}&after={rows[ROWS - 1].sequence}" if len(rows) > ROWS else None
        return page(
            request, "batch.html", batch=batch, groups=groups, as_expected=groups == expected, between=between,
            rows=rows[:ROWS], heads=heads, more=more, words=_words(app, request), live=batch.state in LIVE,
            count=sum(group.count for group in groups), amount=sum((group.amount for group in groups), ZERO),
            taken=sum((group.taken for group in groups), ZERO), stale=stale,
            wrong="wrong" in request.query_params, reasons=_reasons(language_of(request)),
        )  # fmt: skip

    @made.get("/batches/{batch_id}/progress", openapi_extra=access(OPERATOR), include_in_schema=False)
    def progress(request: Request, batch_id: str) -> Response:
        """Show how far a batch is: a part of its page."""
        with reading(app.engine) as conn:
            batch = _found(conn, batch_id)
        return page(request, "batch_progress.html", batch=batch, live=batch.state in LIVE)

    @made.get("/batches/{batch_id}/changes.{form}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def export(batch_id: str, form: str) -> Response:
        """Give out what a batch changes, as `cashback reprocess` does."""
        with reading(app.engine) as conn:
            batch = _found(conn, batch_id)
            report = _report(conn, batch, batch.kind)
        if form == "csv":
            written, kind = reprocessing.as_csv(report).encode("utf-8-sig"), "text/csv; charset=utf-8"
        elif form == "json":
            told = list(reprocessing.lines(report, dry_run=batch.kind == "trial"))
            written, kind = json.dumps(told, ensure_ascii=False).encode(), "application/json"
        else:
            raise Problem("not_found")
        name = f"batch-{batch.id}.{form}"
        return Response(written, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _acting(made: FastAPI, app: App) -> None:
    @made.post("/batches/{batch_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def act(batch_id: str, by: By, act: Annotated[Act, Form()], typed: Word = "") -> Response:
        """Start, pause, resume or cancel a batch, if it is where that can be done; its page tells where it is."""
        with app.engine.begin() as conn:
            batch = batches.hold(conn, batch_id)
            if batch is None:
                raise Problem("not_found")
            begins = act == "start"
            done = start(app, conn, batch, by.person.name, typed) if begins else steer(conn, batch, act)
            if done:
                audit.record(conn, at=_now(), who=by.person.name, what=f"batch {act}", about=batch.id, why="")
        return RedirectResponse(f"/batches/{batch.id}{'?wrong=1' if begins and not done else ''}", 303)


def _make(app: App, selection: Selection, stage: str, who: str) -> str:
    found = next((one for one in STAGES if one == stage), None)
    if found is None:
        raise Problem("bad_request")
    with app.engine.begin() as conn:
        return batches.make(conn, found, selection, rulebook=reprocess.rules(app, conn), who=who, at=_now())


def _found(conn: Connection, batch_id: str) -> Batch:
    found = batches.find(conn, batch_id)
    if found is None:
        raise Problem("not_found")
    return found


def _selection(states: list[str], **chosen: str) -> Selection:
    """Return what was chosen. Errors: Problem `bad_request`."""
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    try:
        return Selection(states=tuple(State(state) for state in states), **given)
    except (ValidationError, ValueError) as error:
        raise Problem("bad_request") from error


def _between(old: str, new: str) -> tuple[State, State] | None:
    try:
        return (State(old), State(new)) if old or new else None
    except ValueError as error:
        raise Problem("bad_request") from error


def _report(conn: Connection, batch: Batch, kind: Kind) -> Report:
    found = batches.changes(conn, batch, kind)
    changed = tuple(Change(one.document_id, one.partner_id, one.before, one.after) for one in found)
    return Report(batch.done, changed, batch.troubles)


def _words(app: App, request: Request) -> dict[str, dict[str, str]]:
    """Return what distributors and reasons are called, by id and code."""
    with reading(app.engine) as conn:
        distributors = {one.id: one.name for one in rulebooks.live(conn, app.rulebook).distributors}
    return {"distributor": distributors, "reason": dict(_reasons(language_of(request)))}


def _reasons(language: Language) -> dict[str, str]:
    return {code: told[PLAIN][language] for code, told in sentences().items() if code != "unknown"}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
