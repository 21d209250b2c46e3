"""Deciding several documents of one reason at once: first what it would change, then the act without what changed."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from model.judgement import Judgement
from model.money import ZERO
from model.reading import Reading
from portal.access import OPERATOR, By, access
from portal.pages import page
from portal.problems import Problem
from portal.waiting import address, seconds_now, view_of
from runtime.app import App
from store import accounts, documents, lists, messages, results
from store.engine import reading
from store.lists import Listed, View
from store.waiting import FAILED
from validators.sentences import sentences
from workers import ruling
from workers.steps import Stale, as_seen

Act = Literal["reject", "approve", "retry", "ask"]
ACTS: tuple[Act, ...] = get_args(Act)
MOST = 200
"""Documents that are decided at once."""
LARGEST = 5
"""Documents that are named before anything is done."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document that something is to be done with: the last step of its history, and what is booked for it."""

    row: Listed
    seen: int
    booked: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act would do: with which documents, and which are left out and why."""

    act: Act
    reason: str
    items: tuple[Item, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def before(self) -> Decimal:
        """What is booked now."""
        return sum((one.booked for one in self.items), ZERO)

    @property
    def after(self) -> Decimal:
        """What will be booked."""
        if self.act == "approve":
            return sum((one.row.stake or ZERO for one in self.items), ZERO)
        return ZERO if self.act == "reject" else self.before

    @property
    def largest(self) -> list[Item]:
        """The documents that most money hangs on."""
        return sorted(self.items, key=lambda one: -abs(one.row.stake or ZERO))[:LARGEST]


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""

    @made.post("/review/bulk/preview", openapi_extra=access(OPERATOR), include_in_schema=False)
    async def preview(request: Request, by: By) -> Response:
        """Show what an act would do with the chosen documents."""
        form = await request.form()
        ids = [one for one in form.getlist("ids") if isinstance(one, str)][:MOST]
        view = view_of(dict(parse_qsl(str(form.get("view", "")))), by.person.name, seconds_now())
        act = _act(form.get("act"))
        with reading(app.engine) as conn:
            effect = effect_of(conn, view, act, ids)
        return page(request, "bulk.html", effect=effect, view=view, query=address(view), ids=ids, **_words())

    @made.post("/review/bulk", openapi_extra=access(OPERATOR), include_in_schema=False)
    async def do(request: Request, by: By) -> Response:
        """Do it, with those that are as they were when the effect was shown."""
        form = await request.form()
        view = view_of(dict(parse_qsl(str(form.get("view", "")))), by.person.name, seconds_now())
        act, reason, text = _act(form.get("act")), str(form.get("reason", "")), str(form.get("text", "")).strip()[:1000]
        if (act == "reject" and reason not in sentences()) or (act == "ask" and not text):
            raise Problem("bad_request")
        shown = dict(one.partition(":")[::2] for one in form.getlist("shown") if isinstance(one, str))
        with reading(app.engine) as conn:
            effect = effect_of(conn, view, act, list(shown)[:MOST])
        done, left_out = 0, list(effect.skipped)
        for item in effect.items:
            moved = str(item.seen) != shown[item.row.document_id]
            why = "moved" if moved else _do(app, item, act, by.person.name, reason=reason, text=text)
            if why is None:
                done += 1
            else:
                left_out.append((item.row.title, why))
        return page(request, "bulk_done.html", done=done, skipped=left_out, query=address(view))


def effect_of(conn: Connection, view: View, act: Act, ids: list[str]) -> Effect:
    """Return what an act would do with documents. They are those of one reason: that of the first one."""
    now = seconds_now()
    waits = {one.document_id: one for one in lists.of(conn, view, now, ids)}
    reason = next((waits[one].reason for one in ids if one in waits), "")
    booked = accounts.earned(conn, ids)
    items, skipped, answer = [], [], None
    for one in ids:
        row = waits.get(one)
        if row is None:
            gone = documents.find(conn, one)
            skipped.append((gone.file_name if gone else one, "gone"))
            continue
        why = _hinders(conn, row, act, reason, view.me)
        if why is None and act == "approve":
            of = answer_of(results.reading(conn, one), results.judgement(conn, one))
            answer = answer or of
            why = "unclear" if of is None else "unlike" if of != answer else None
        if why is not None:
            skipped.append((row.title, why))
        else:
            items.append(Item(row, documents.last_step(conn, one), booked.get(one, ZERO)))
    return Effect(act, reason, tuple(items), tuple(skipped))


def answer_of(read: Reading | None, judged: Judgement | None) -> frozenset[tuple[str, str]] | None:
    """Return which article number of a document sells which device, None where that is not certain of every line."""
    if read is None or read.invoice is None or judged is None:
        return None
    found = set()
    for match in judged.matches:
        if match.model is None and match.candidates:
            return None
        if match.model is not None:
            line = read.invoice.lines[match.line]
            number = line.manufacturers_item_identifier or line.sellers_item_identifier or line.item_name or ""
            found.add((number, match.model))
    return frozenset(found) or None


def _hinders(conn: Connection, row: Listed, act: Act, reason: str, me: str) -> str | None:
    if row.holder is not None and row.holder != me:
        return "held"
    if row.reason != reason:
        return "other_reason"
    if act == "retry":
        return None if row.reason == FAILED else "not_failed"
    if act != "ask" and row.reason == FAILED:
        return "failed"
    return None if ruling.may_decide(conn, row.document_id, me) else "own"


def _do(app: App, item: Item, act: Act, who: str, *, reason: str, text: str) -> str | None:
    """Do an act with one document, and return why it was left out, if it was."""
    document_id, seen = item.row.document_id, item.seen
    try:
        if act == "approve":
            ruling.decide(app, document_id, "approved", who=who, why="approved with others", seen=seen)
        elif act == "reject":
            ruling.decide(app, document_id, "rejected", who=who, why=reason, seen=seen, word=text)
        elif act == "retry":
            ruling.retry(app, document_id, who=who, seen=seen)
        else:
            with app.engine.begin() as conn:
                as_seen(conn, document_id, seen)
                now = dt.datetime.now(dt.UTC)
                messages.say(conn, document_id, at=now, who=who, kind="question", text=text)
    except (Stale, LookupError):
        return "moved"
    except ruling.NotYours:
        return "own"
    return None


def _act(said: object) -> Act:
    for one in ACTS:
        if said == one or said is None:
            return one
    raise Problem("bad_request")


def _words() -> dict[str, Iterable[str]]:
    return {"acts": ACTS, "codes": [one for one in sentences() if one != "unknown"]}
