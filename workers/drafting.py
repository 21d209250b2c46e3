"""Drafts of the rulebook and of partners: tried on a copy in the background, and taken up by all when they go live."""

import datetime as dt
import hashlib
import json
from contextlib import AbstractContextManager
from typing import Any

import structlog
from sqlalchemy import Connection

from model.case import Partner
from model.money import money
from model.state import OUTCOMES
from programme.editing import rebased
from programme.exchange import as_row, partner_of
from programme.files import parse_json
from programme.rows import PartnerRow
from programme.rulebook import Rulebook, parse, version_line
from programme.touching import Days, touched
from runtime.app import App, texts
from store import audit, counters, drafts, partners, rulebooks
from store.drafts import Draft
from store.engine import reading
from store.runs import Run, Selection
from workers import registering, reprocess
from workers.beside import repeated
from workers.judging import WHO
from workers.reprocess import Change, Report

log = structlog.get_logger()

LOOK = 1.0
"""Seconds between two looks for a draft that waits to be tried."""
SHOWN = 50
"""Documents that a preview names, those with the most money."""


class FolderChanged(OSError):
    """Raised where the files of the rulebook that holds are no longer those that were read."""


def held(app: App, conn: Connection) -> dict[str, str]:
    """Return the files of the rulebook that holds. Errors: FolderChanged, OSError."""
    last = rulebooks.number(conn)
    if last:
        found: dict[str, str] = json.loads(rulebooks.content(conn, last))
        return found
    of_folder = texts(app.rulebook_folder)
    if parse(of_folder).rulebook.versions != app.rulebook.versions:
        raise FolderChanged(str(app.rulebook_folder))
    return of_folder


def base(app: App, conn: Connection, draft: Draft) -> str:
    """Return what holds now of what a draft changes, as its `base` names it."""
    if draft.kind == "rulebook":
        return rulebook_base(app, conn)
    return mark(_rows(partners.some(conn, [one.id for one in drafted_partners(draft)])))


def rulebook_base(app: App, conn: Connection) -> str:
    """Return which rulebook holds: the versions of its files."""
    return version_line(rulebooks.live(conn, app.rulebook).versions)


def mark(rows: str) -> str:
    """Return the name of a state of partners."""
    return hashlib.sha256(rows.encode()).hexdigest()[:16]


def drafted_partners(draft: Draft) -> tuple[Partner, ...]:
    """Return the partners of a draft as they will be."""
    return tuple(partner_of(PartnerRow.model_validate(row)) for row in parse_json(draft.content.encode()))


def draft_partners(conn: Connection, changed: list[Partner], *, who: str, why: str, at: dt.datetime) -> Draft:
    """Draft partners as they will be."""
    known = _rows(partners.some(conn, [one.id for one in changed]))
    return drafts.make(conn, "partners", _rows(changed), mark(known), known, who=who, why=why, at=at)


def rebase(app: App, draft_id: str, seen: int, who: str) -> list[str]:
    """Put a draft of the rulebook upon the one that holds; return the rows that both changed, where the draft's holds.

    Errors: LookupError, drafts.Refused, RulebookInvalid where the two do not go together.
    """
    with app.engine.begin() as conn:
        draft, now = drafts.get(conn, draft_id), held(app, conn)
        made, clashes = rebased(json.loads(draft.base_content), json.loads(draft.content), now)
        parse(made)
        told = {"base": rulebook_base(app, conn), "base_content": json.dumps(now), "who": who}
        drafts.rebase(conn, draft_id, seen, json.dumps(made), at=dt.datetime.now(dt.UTC), **told)
    return clashes


def go_live(app: App, draft_id: str, seen: int, who: str) -> None:
    """Have a draft that another person approved hold from now on. Errors: LookupError, drafts.Refused.

    Documents of partners that it changes are judged again by a run of the registry; those that a rulebook touches when
    somebody says so (`apply`).
    """
    with app.engine.begin() as conn:
        # Nothing is judged meanwhile by what held before.
        counters.hold(conn, "ledger")
        at, draft = dt.datetime.now(dt.UTC), drafts.get(conn, draft_id)
        draft = drafts.go_live(conn, draft_id, seen, base(app, conn, draft), who=who, at=at)
        if draft.kind == "rulebook":
            if not rulebooks.number(conn):
                rulebooks.add(conn, held(app, conn), who=WHO, why=str(app.rulebook_folder), at=at)
            rulebooks.add(conn, json.loads(draft.content), who=who, why=draft.why, at=at)
            new = rulebook_base(app, conn)
            told = {"who": who, "what": "rulebook live", "about": draft_id, "why": draft.why}
            audit.record(conn, at=at, **told, old=draft.base, new=new)
        else:
            registering.take_in(app, conn, drafted_partners(draft), who)


def apply(app: App, draft_id: str, who: str) -> Run:
    """Begin the run that judges again what a rulebook that went live touches. Errors: LookupError, drafts.Refused."""
    with app.engine.begin() as conn:
        draft = drafts.get(conn, draft_id)
        run = reprocess.start(app, conn, _selection(draft), "judge", f"{registering.RULEBOOK} {who}")
        drafts.apply(conn, draft_id, run.id)
    return run


def trying(app: App) -> AbstractContextManager[None]:
    """Try drafts while the block runs."""
    return repeated(lambda _: go_on(app), every=LOOK, trouble="drafts could not be looked after")


def go_on(app: App) -> bool:
    """Try one draft that waits for it; whether there was one."""
    with reading(app.engine) as conn:
        if not drafts.are_waiting(conn, dt.datetime.now(dt.UTC)):
            return False
    with app.engine.begin() as conn:
        draft = drafts.waiting(conn, dt.datetime.now(dt.UTC))
    if draft is None:
        return False
    try:
        told = json.dumps(_told(_report(app, draft)))
    except Exception:
        log.exception("a draft could not be tried", draft=draft.id)
        told = None
    with app.engine.begin() as conn:
        drafts.tried(conn, draft, told)
    return True


def _report(app: App, draft: Draft) -> Report:
    chosen = _selection(draft)
    if draft.kind == "partners":
        return reprocess.foresee(app, chosen, imported=drafted_partners(draft))
    if _days(draft) is None:
        return Report(0, (), {})
    return reprocess.foresee(app, chosen, rulebook=_loaded(draft.content))


def _selection(draft: Draft) -> Selection:
    """Return which documents a draft touches."""
    if draft.kind == "partners":
        ids = tuple(one.id for one in drafted_partners(draft))
        return Selection(states=tuple(sorted(OUTCOMES)), partners=ids)
    first, last = _days(draft) or (dt.date.max, dt.date.min)
    return Selection(states=tuple(sorted(OUTCOMES)), issued_since=first, issued_until=last)


def _days(draft: Draft) -> Days | None:
    return touched(_loaded(draft.base_content), _loaded(draft.content))


def _loaded(content: str) -> Rulebook:
    return parse(json.loads(content)).rulebook


def _told(report: Report) -> dict[str, Any]:
    """Return what a preview keeps of a report; amounts are texts."""
    largest = sorted(report.changes, key=lambda one: -abs(one.amount))[:SHOWN]
    return {
        "looked_at": report.count,
        "changed": len(report.changes),
        "amount": money(report.amount),
        "partners": [[name, n, money(amount)] for name, (n, amount) in report.by(_partner).items()],
        "moves": [[name, n, money(amount)] for name, (n, amount) in report.by(_move).items()],
        "largest": [
            [one.document_id, one.partner_id, one.before.state.value, one.after.state.value, money(one.amount)]
            for one in largest
        ],
    }


def _partner(change: Change) -> str:
    return change.partner_id


def _move(change: Change) -> str:
    return f"{change.before.state.value} {change.after.state.value}"


def _rows(of: Any) -> str:
    rows = sorted((as_row(one) for one in of), key=lambda row: str(row["id"]))
    return json.dumps(rows, ensure_ascii=False)
