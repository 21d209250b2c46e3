"""A draft of the rulebook: changed by forms and files, tried, approved by another person, live.

Each form names the revision that its page showed; what is no rulebook is not kept, but named by row and field.
"""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from portal.access import ADMIN, OPERATOR, By, access
from portal.admin import Fields, File, admin_page, now
from portal.problems import Problem
from portal.rule_changes import Wrong, changed, imported
from portal.rules import TABLES
from programme import editing
from programme.changes import differences
from programme.files import RulebookInvalid
from programme.rulebook import parse
from runtime.app import App
from store import drafts, partners, rulebooks, runs
from store.drafts import Draft, Kind, Refused
from store.engine import reading
from workers import drafting

_NOTHING = "\N{EN DASH}"
ACTS = ("approve", "live", "drop", "again", "rebase", "apply")


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""
    _showing(made, app)
    _changing(made, app)
    _acting(made, app)


def _showing(made: FastAPI, app: App) -> None:
    @made.get("/rules/drafts/{draft_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, draft_id: str) -> Response:
        """Show a draft: what it changes, what that would do to documents, and what may be done with it."""
        return shown(app, request, draft_id)

    @made.get("/rules/drafts/{draft_id}/preview", openapi_extra=access(OPERATOR), include_in_schema=False)
    def preview(request: Request, draft_id: str) -> Response:
        """Show what trying a draft has told so far."""
        return preview_of(app, request, draft_id, "rulebook")


def _changing(made: FastAPI, app: App) -> None:
    @made.post("/rules/drafts/{draft_id}/change/{part}", openapi_extra=access(ADMIN), include_in_schema=False)
    def change(request: Request, draft_id: str, part: str, by: By, fields: Fields) -> Response:
        """Change a draft by a form: a rate, a product, a distributor, the programme."""
        with reading(app.engine) as conn:
            draft = found(conn, draft_id)
        texts = json.loads(draft.content)
        try:
            texts |= changed(texts, part, fields)
        except Wrong as error:
            return shown(app, request, draft_id, faults=error.faults, typed=fields, part=part)
        why = f"{part} {fields.get('model') or fields.get('id') or ''}".strip()
        return _kept(app, request, draft_id, texts, fields, who=by.person.name, why=why, part=part)

    @made.post("/rules/drafts/{draft_id}/import", openapi_extra=access(ADMIN), include_in_schema=False)
    def take(request: Request, draft_id: str, *, by: By, file: File, table: str = "", seen: int = 0) -> Response:
        """Change a draft by a file: a whole table as JSON, or as CSV."""
        with reading(app.engine) as conn:
            draft = found(conn, draft_id)
        texts = json.loads(draft.content)
        try:
            texts |= imported(texts, table, *file)
        except Wrong as error:
            return shown(app, request, draft_id, faults=error.faults, part="import")
        told = {"who": by.person.name, "why": f"import {table} {file[0][:80]}", "part": "import"}
        return _kept(app, request, draft_id, texts, {"seen": str(seen)}, **told)


def _acting(made: FastAPI, app: App) -> None:
    @made.post("/rules/drafts/{draft_id}/{act}", openapi_extra=access(ADMIN), include_in_schema=False)
    def do(request: Request, draft_id: str, act: str, by: By, fields: Fields) -> Response:
        """Approve a draft, have it hold, try it again, put it upon what holds now, apply it, or give it up."""
        if act not in ACTS:
            raise Problem("not_found")
        clashes: list[str] = []
        try:
            clashes = acted(app, draft_id, act, seen_in(fields), by.person.name)
        except Refused as refused:
            return shown(app, request, draft_id, refused=refused.code)
        except LookupError as error:
            raise Problem("not_found") from error
        except RulebookInvalid as error:
            return shown(app, request, draft_id, faults=error.faults)
        if clashes:
            return shown(app, request, draft_id, clashes=clashes)
        return RedirectResponse(f"/rules/drafts/{draft_id}", 303)


def acted(app: App, draft_id: str, act: str, seen: int, who: str) -> list[str]:
    """Do something with a draft, and return the rows that need a look after it. Errors: LookupError, Refused."""
    if act == "live":
        drafting.go_live(app, draft_id, seen, who)
    elif act == "apply":
        drafting.apply(app, draft_id, who)
    elif act == "rebase":
        return drafting.rebase(app, draft_id, seen, who)
    else:
        with app.engine.begin() as conn:
            if act == "approve":
                base = drafting.base(app, conn, drafts.get(conn, draft_id))
                drafts.approve(conn, draft_id, seen, base, who=who, at=now())
            elif act == "again":
                drafts.again(conn, draft_id, seen)
            else:
                drafts.drop(conn, draft_id, seen, who=who, at=now())
    return []


def found(conn: Connection, draft_id: str, kind: str = "rulebook") -> Draft:
    """Return a draft of a kind. Errors: Problem `not_found`."""
    try:
        draft = drafts.get(conn, draft_id)
    except LookupError as error:
        raise Problem("not_found") from error
    if draft.kind != kind:
        raise Problem("not_found")
    return draft


def seen_in(fields: Mapping[str, str]) -> int:
    """Return the revision that a form's page showed. Errors: Problem."""
    if not fields.get("seen", "").isdigit():
        raise Problem("bad_request")
    return int(fields["seen"])


def shown(app: App, request: Request, draft_id: str, **more: Any) -> Response:
    """Return the page of a draft."""
    with reading(app.engine) as conn:
        draft = found(conn, draft_id)
        live = rulebooks.live(conn, app.rulebook)
        after = parse(json.loads(draft.content)).rulebook
        before = live if draft.state == "open" else parse(json.loads(draft.base_content)).rulebook
        values = {
            "differences": [(one, *_told(one.old, one.new)) for one in differences(before, after)],
            "gaps": list(editing.gaps(after)),
            "programme": after.programme,
            "models": [one.model for one in after.catalogue.products],
            "tables": TABLES,
        }
        extra = {"faults": (), "typed": {}, "part": "", "refused": None, "clashes": []} | more
        status = 409 if extra["refused"] else 422 if extra["faults"] else 200
        return admin_page(request, conn, "rule_draft.html", status, **(previewed(app, conn, draft) | values | extra))


def _kept(
    app: App, request: Request, draft_id: str, texts: Mapping[str, str], fields: Mapping[str, str],
    *, who: str, why: str, part: str,
) -> Response:  # fmt: skip
    try:
        parse(texts)
        with app.engine.begin() as conn:
            drafts.change(conn, draft_id, seen_in(fields), json.dumps(dict(texts)), who=who, why=why, at=now())
    except RulebookInvalid as error:
        return shown(app, request, draft_id, faults=error.faults, typed=fields, part=part)
    except Refused as refused:
        return shown(app, request, draft_id, refused=refused.code, typed=fields, part=part)
    return RedirectResponse(f"/rules/drafts/{draft_id}", 303)


def preview_of(app: App, request: Request, draft_id: str, kind: Kind) -> Response:
    """Return what trying a draft has told so far, as a part of its page."""
    if "hx-request" not in request.headers:
        return RedirectResponse(request.url.path.removesuffix("/preview"), 303)
    with reading(app.engine) as conn:
        told = previewed(app, conn, found(conn, draft_id, kind))
        return admin_page(request, conn, "draft_preview.html", **told, refused=None)


def previewed(app: App, conn: Connection, draft: Draft) -> dict[str, Any]:
    """Return what is shown of a draft whatever it changes: what came of trying it, and what may be done with it."""
    told = json.loads(draft.preview) if draft.preview else None
    names = {one.id: one.name for one in partners.some(conn, [row[0] for row in told["partners"]])} if told else {}
    moved = draft.state == "open" and drafting.base(app, conn, draft) != draft.base
    steps = drafts.steps(conn, draft.id)
    run = _progress(conn, draft, told["looked_at"] if told else 0)
    shown = {"draft": draft, "told": told, "names": names, "moved": moved, "steps": steps, "run": run}
    return shown | {"authors": drafts.authors_of(steps)}


def _progress(conn: Connection, draft: Draft, looked_at: int) -> tuple[int, int] | None:
    """Return how many documents the run of a draft has judged again, and of how many."""
    if draft.run_id is None:
        return None
    there, left = runs.progress(conn, draft.run_id)
    return there - left, max(there, looked_at)


def _told(old: Any, new: Any) -> tuple[str, str]:
    return _text(old), _text(new)


def _text(value: Any) -> str:
    """Return a value of a difference as people read it."""
    if value is None:
        return _NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items() if one not in (None, [], ""))
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_text, value)) or _NOTHING
    return str(value)
