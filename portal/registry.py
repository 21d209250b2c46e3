"""The registry of partners: list, one partner, dated acts; those of the past are drafts with four eyes."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from model.case import Partner
from portal import standings
from portal.access import ADMIN, OPERATOR, By, access
from portal.admin import Fields, File, admin_page, download, now
from portal.inputs import NotThere
from portal.pages import language_of
from portal.problems import Problem
from portal.rule_drafts import ACTS, acted, found, preview_of, previewed, seen_in
from portal.rules import Period, timeline
from portal.standings import Told
from programme import acts, exchange
from programme.acts import NoAct
from programme.consistency import partner_faults
from programme.exchange import parse_csv, partner_of
from programme.files import Fault, parse_json, parse_table
from programme.rows import PartnerRow
from programme.tiers import last_day
from runtime.app import App
from store import audit, drafts, partners
from store.drafts import Draft, Refused
from store.engine import reading
from workers import drafting, registering
from workers.settling import settle, today

ROWS = 50
"""Partners on one page."""
TIERS = ("gold", "silver", "registered", "none")
SHOWN = ("name", "street", "postal_code", "city", "country", "vat_identifier", "website", "contact")


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""
    _listing(made, app)
    _drafts(made, app)
    _one(made, app)


def _listing(made: FastAPI, app: App) -> None:
    @made.get("/partners", openapi_extra=access(OPERATOR), include_in_schema=False)
    def listing(request: Request, q: str = "", tier: str = "", lapses: str = "", after: str = "") -> Response:
        """List partners by id: those that are looked for, of a tier, or with something that lapses soon."""
        told = [one for one in standings.every(app, today()) if _meets(one, q, tier, bool(lapses))]
        rows = [one for one in told if one.partner.id > after]
        more = rows[ROWS - 1].partner.id if len(rows) > ROWS else None
        link = str(request.url.include_query_params(after=more).query) if more else None
        language = language_of(request)
        notes = {one.partner.id: [standings.sentence(each, language) for each in one.standing.lapses] for one in rows}
        with reading(app.engine) as conn:
            opened = drafts.every(conn, "partners", is_open=True)
            values = {"rows": rows[:ROWS], "q": q[:200], "tier": tier, "lapses": lapses, "more": link, "tiers": TIERS}
            return admin_page(request, conn, "partners.html", notes=notes, opened=opened, count=len(told), **values)

    @made.get("/partners/export.{form}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def export(form: str) -> Response:
        """Give out the registry in the format that is taken in."""
        with reading(app.engine) as conn:
            known = partners.every(conn)
        if form == "csv":
            return Response(**download(exchange.as_csv(known), "partners.csv"))
        if form != "json":
            raise Problem("not_found")
        rows = ",\n".join(json.dumps(exchange.as_row(one), ensure_ascii=False) for one in known)
        return Response(**download(f"[\n{rows}\n]\n", "partners.json"))

    @made.post("/partners/import", openapi_extra=access(ADMIN), include_in_schema=False)
    def take(request: Request, by: By, file: File) -> Response:
        """Draft what a file of partners changes."""
        name, data = file
        imported, faults = _read(name, data)
        with app.engine.begin() as conn:
            known = {one.id: one for one in partners.some(conn, [one.id for one in imported])}
            changed = [one for one in imported if known.get(one.id) != one]
            if changed and not faults:
                draft = drafting.draft_partners(conn, changed, who=by.person.name, why=f"import {name[:80]}", at=now())
                return RedirectResponse(f"/partners/drafts/{draft.id}", 303)
            return admin_page(request, conn, "partners_import.html", 422, faults=faults)


def _drafts(made: FastAPI, app: App) -> None:
    @made.get("/partners/drafts/{draft_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, draft_id: str) -> Response:
        """Show a draft of partners."""
        return _draft(app, request, draft_id)

    @made.get("/partners/drafts/{draft_id}/preview", openapi_extra=access(OPERATOR), include_in_schema=False)
    def preview(request: Request, draft_id: str) -> Response:
        """Show what trying a draft has told so far."""
        return preview_of(app, request, draft_id, "partners")

    @made.post("/partners/drafts/{draft_id}/{act}", openapi_extra=access(ADMIN), include_in_schema=False)
    def do(request: Request, draft_id: str, act: str, by: By, fields: Fields) -> Response:
        """Approve a draft, have it hold, try it again, or give it up."""
        with reading(app.engine) as conn:
            draft = found(conn, draft_id, "partners")
        if act not in ACTS or act in {"rebase", "apply"}:
            raise Problem("not_found")
        try:
            acted(app, draft_id, act, seen_in(fields), by.person.name)
        except Refused as refused:
            return _draft(app, request, draft_id, refused.code)
        if act == "live":
            settle(app, today(), [one.id for one in drafting.drafted_partners(draft)])
        return RedirectResponse(f"/partners/drafts/{draft_id}", 303)


def _one(made: FastAPI, app: App) -> None:
    @made.get("/partners/{partner_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, partner_id: str) -> Response:
        """Show a partner: where it stands, tiers and certificates, company data, what is owed, what was done."""
        return _shown(app, request, partner_id)

    @made.post("/partners/{partner_id}/{act}", openapi_extra=access(ADMIN), include_in_schema=False)
    def do(request: Request, partner_id: str, act: str, by: By, fields: Fields) -> Response:
        """Do something on a day to a partner; where judgements rest on it and the day is past, as a draft."""
        if act not in acts.ACTS:
            raise Problem("not_found")
        try:
            draft = _act(app, partner_id, act, fields, by.person.name)
        except NoAct as error:
            return _shown(app, request, partner_id, wrong=error.field, act=act, typed=fields)
        if draft is not None:
            return RedirectResponse(f"/partners/drafts/{draft.id}", 303)
        settle(app, today(), [partner_id])
        return RedirectResponse(f"/partners/{partner_id}", 303)


def _act(app: App, partner_id: str, act: str, fields: Mapping[str, str], who: str) -> Draft | None:
    """Do something to a partner, or return the draft that it became. Errors: NoAct, Problem."""
    why, at = fields.get("why", ""), now()
    with app.engine.begin() as conn:
        known = next(iter(partners.some(conn, [partner_id])), None)
        if known is None:
            raise Problem("not_found")
        changed, day = acts.acted(known, act, fields)
        try:
            partner_of(PartnerRow.model_validate(exchange.as_row(changed)))
        except ValueError as error:
            raise NoAct(act) from error
        if act in acts.DECIDING and day < today():
            return drafting.draft_partners(conn, [changed], who=who, why=f"{partner_id} {act}: {why}", at=at)
        registering.take_in(app, conn, [changed], who)
        old, new = _differing(known, changed)
        audit.record(conn, at=at, who=who, what=f"partner {act}", about=partner_id, why=why, old=old, new=new)
    return None


def _meets(told: Told, q: str, tier: str, lapses: bool) -> bool:  # noqa: FBT001 (a filter)
    one, wanted = told.partner, q.strip().casefold()
    text = " ".join((one.id, one.name, one.city or "", *one.customer_numbers.values())).casefold()
    return (
        wanted in text
        and (not tier or (told.standing.tier or "none") == tier)
        and (not lapses or bool(told.standing.lapses))
    )


def _shown(
    app: App,
    request: Request,
    partner_id: str,
    *,
    wrong: str = "",
    act: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    on, language = today(), language_of(request)
    try:
        told = standings.one(app, partner_id, on)
    except NotThere as error:
        raise Problem("not_found") from error
    with reading(app.engine) as conn:
        partner = told.partner
        tiers = _tiers(partner)
        bars, mark = timeline(tiers, on)
        values: dict[str, Any] = {
            "told": told, "partner": partner, "tiers": tiers, "bars": bars, "mark": mark, "on": on,
            "certificates": [(one, last_day(one)) for one in partner.certifications],
            "sentences": {
                kind: [standings.sentence(one, language) for one in getattr(told.standing, kind)]
                for kind in ("warnings", "lapses", "missing")
            },
            "done": audit.latest(conn, about=partner_id, limit=20),
            "company": [(name, getattr(partner, name)) for name in SHOWN if getattr(partner, name)],
            "employees": sorted({one.employee for one in partner.certifications if one.employee}),
            "days": acts.DAYS,
            "wrong": wrong, "act": act, "typed": typed or {},
        }  # fmt: skip
        return admin_page(request, conn, "partner_one.html", 422 if wrong else 200, **values)


def _tiers(partner: Partner) -> tuple[Period, ...]:
    begun = sorted(partner.tiers, key=lambda one: one.valid_from)
    ends = [one.valid_from - dt.timedelta(days=1) for one in begun[1:]]
    last = partner.left_on - dt.timedelta(days=1) if partner.left_on else None
    return tuple(Period(one.valid_from, end, (one.tier,)) for one, end in zip(begun, [*ends, last], strict=True))


def _draft(app: App, request: Request, draft_id: str, refused: str | None = None) -> Response:
    with reading(app.engine) as conn:
        draft = found(conn, draft_id, "partners")
        values = {"differences": _differences(draft), "refused": refused}
        status = 409 if refused else 200
        return admin_page(request, conn, "partner_draft.html", status, **(previewed(app, conn, draft) | values))


def _differences(draft: Draft) -> list[tuple[str, str, str, str]]:
    """Return what a draft changes: partner, field, before, after."""
    before = {row["id"]: row for row in parse_json(draft.base_content.encode())}
    rows = []
    for row in parse_json(draft.content.encode()):
        old = before.get(row["id"], {})
        keys = [key for key in exchange.COLUMNS if row.get(key) != old.get(key)]
        rows += [(row["id"], key, _text(old.get(key)), _text(row.get(key))) for key in keys]
    return rows


def _differing(old: Partner, new: Partner) -> tuple[str, str]:
    """Return the fields that differ, before and after, as JSON."""
    rows = exchange.as_row(old), exchange.as_row(new)
    keys = [key for key in exchange.COLUMNS if rows[0].get(key) != rows[1].get(key)]
    before, after = (json.dumps({key: row.get(key) for key in keys}, ensure_ascii=False) for row in rows)
    return before, after


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return "" if value is None else str(value)


def _read(name: str, data: bytes) -> tuple[tuple[Partner, ...], tuple[Fault, ...]]:
    """Return the partners of a file, or what is wrong with it."""
    parse = parse_csv if name.lower().endswith(".csv") else parse_json
    table = parse_table(name, data, PartnerRow, ("id", "name", "tiers"), parse=parse)
    faults = (*table.faults, *partner_faults(table.rows))
    return (() if faults else tuple(partner_of(row.values) for row in table.rows)), faults
