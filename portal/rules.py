"""The rulebook by date: what devices earn, which distributors count and the rules of the programme, on any day."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from portal.access import ADMIN, OPERATOR, By, access
from portal.admin import Fields, admin_page, day_of, download, now
from portal.problems import Problem
from programme import editing
from programme.rulebook import FILES, Programme, Rulebook, version_line
from runtime.app import App
from store import drafts, rulebooks
from store.engine import reading
from workers import drafting

ROWS = 100
"""Rows on one page of a table."""
TABLES = ("rates", "catalogue", "distributors", "programme")
WIDTH = 1000
"""Of a line of time, in units of its drawing."""
_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Period:
    """What holds from a day to a day (None: open), or that nothing does (`cells` is empty)."""

    first: dt.date | None
    last: dt.date | None
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A period on the line of time."""

    x: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its name, what holds on the day (empty: nothing does), its periods and their line of time."""

    name: str
    cells: tuple[Any, ...]
    periods: tuple[Period, ...]
    bars: tuple[Bar, ...]
    mark: int


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""
    _showing(made, app)
    _giving_out(made, app)


def _showing(made: FastAPI, app: App) -> None:
    @made.get("/rules", openapi_extra=access(OPERATOR), include_in_schema=False)
    def overview(request: Request) -> Response:
        """Tell which rulebook holds, which did, and what is drafted."""
        with reading(app.engine) as conn:
            return admin_page(
                request,
                conn,
                "rules.html",
                versions=rulebooks.every(conn),
                line=version_line(rulebooks.live(conn, app.rulebook).versions),
                opened=drafts.every(conn, "rulebook", is_open=True),
                ended=drafts.every(conn, "rulebook", is_open=False, limit=20),
            )

    @made.get("/rules/{table}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def show(request: Request, table: str, on: str = "", q: str = "", after: str = "") -> Response:
        """Show a table of the rulebook as it holds on a day."""
        if table not in TABLES:
            raise Problem("not_found")
        day = day_of(on)
        with reading(app.engine) as conn:
            rulebook = rulebooks.live(conn, app.rulebook)
            found, more = _rows(rulebook, table, day, q, after)
            values = {
                "programme": rulebook.programme,
                "table": table,
                "on": day,
                "q": q[:200],
                "rows": found,
                "more": more,
            }
            return admin_page(request, conn, "rules_table.html", **values)


def _giving_out(made: FastAPI, app: App) -> None:
    @made.get("/rules/{table}/export.{form}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def export(table: str, form: str) -> Response:
        """Give out a table as a file that can be taken in again."""
        if table not in TABLES or form not in {"json", "csv"} or (table == "programme" and form == "csv"):
            raise Problem("not_found")
        with reading(app.engine) as conn:
            texts = drafting.held(app, conn)
        if form == "json":
            name = "catalogue" if table == "rates" else table
            return Response(**download(texts[name], f"{name}.json"))
        rows = editing.read(texts["distributors" if table == "distributors" else "catalogue"])
        return Response(**download(editing.as_csv(table, rows), f"{table}.csv"))

    @made.post("/rules/drafts", openapi_extra=access(ADMIN), include_in_schema=False)
    def draft(by: By, fields: Fields) -> Response:
        """Begin a draft of the rulebook that holds."""
        with app.engine.begin() as conn:
            texts = drafting.held(app, conn)
            base, content = drafting.rulebook_base(app, conn), json.dumps({name: texts[name] for name in FILES})
            why = fields.get("why", "")
            begun = drafts.make(conn, "rulebook", content, base, content, who=by.person.name, why=why[:300], at=now())
        return RedirectResponse(f"/rules/drafts/{begun.id}", 303)


def table_rows(rulebook: Rulebook, table: str, on: dt.date) -> Iterator[TableRow]:
    """Yield the rows of a table on a day, in the order of their names."""
    if table == "programme":
        yield from _commitments(rulebook.programme, on)
    elif table == "distributors":
        by_id: dict[str, list[Any]] = {}
        for one in rulebook.distributors:
            by_id.setdefault(one.id, []).append(one)
        for name in sorted(by_id):
            yield _row(name, by_id[name], on, _of_distributor)
    else:
        for product in sorted(rulebook.catalogue.products, key=lambda one: one.model):
            if table == "catalogue":
                cells = (product.kind, product.bonus_eligible, product.mpn, product.ean, ", ".join(product.aliases))
                yield TableRow(product.model, cells, (), (), 0)
            elif product.bonus_eligible is not False:
                yield _row(product.model, product.rates, on, lambda rate: (rate.silver, rate.gold))


def _of_distributor(one: Any) -> tuple[Any, ...]:
    known = (*one.vat_identifiers, *one.ibans, *one.register_numbers)
    place = " ".join(part for part in (one.postal_code, one.city) if part)
    return one.name, ", ".join(known), place


def _commitments(programme: Programme, on: dt.date) -> Iterator[TableRow]:
    for tier in ("silver", "gold"):
        held = [one for one in programme.revenue_commitments if one.tier == tier]
        covering = [_Covering(one.valid_from, one.valid_to, one.amount) for one in held]
        yield _row(tier, covering, on, lambda one: (one.amount,))


@dataclass(frozen=True, slots=True)
class _Covering:
    valid_from: dt.date
    valid_to: dt.date | None
    amount: Any

    def covers(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def _row(name: str, held: Iterable[Any], on: dt.date, cells: Callable[[Any], tuple[Any, ...]]) -> TableRow:
    ordered = sorted(held, key=lambda one: one.valid_from or dt.date.min)
    now_held = next((one for one in ordered if one.covers(on)), None)
    periods = tuple(_with_gaps([Period(one.valid_from, one.valid_to, cells(one)) for one in ordered]))
    bars, mark = timeline(periods, on)
    return TableRow(name, cells(now_held) if now_held else (), periods, bars, mark)


def _with_gaps(periods: Sequence[Period]) -> Iterator[Period]:
    for place, one in enumerate(periods):
        before = periods[place - 1].last if place else None
        if before and one.first and (one.first - before).days > 1:
            yield Period(before + dt.timedelta(days=1), one.first - dt.timedelta(days=1), ())
        yield one


def timeline(periods: Sequence[Period], on: dt.date) -> tuple[tuple[Bar, ...], int]:
    """Return periods as bars on a line of time, a year beyond its ends, and where the day stands on it."""
    days = [on, *(day for one in periods for day in (one.first, one.last) if day)]
    start = _moved(min(days), -_YEAR)
    scale = WIDTH / max(1, (_moved(max(days), _YEAR) - start).days)
    bars = []
    for one in periods:
        x = 0 if one.first is None else round((one.first - start).days * scale)
        end = WIDTH if one.last is None else round(((one.last - start).days + 1) * scale)
        kind = "gap" if not one.cells else "at" if _covers(one, on) else "held"
        bars.append(Bar(x, max(2, end - x - 1), kind))
    return tuple(bars), round((on - start).days * scale)


def _moved(day: dt.date, by: dt.timedelta) -> dt.date:
    try:
        return day + by
    except OverflowError:
        return day


def _covers(one: Period, day: dt.date) -> bool:
    return (one.first is None or one.first <= day) and (one.last is None or day <= one.last)


def _rows(rulebook: Rulebook, table: str, on: dt.date, q: str, after: str) -> tuple[list[TableRow], str | None]:
    wanted = q.strip().casefold()
    found = [
        row
        for row in table_rows(rulebook, table, on)
        if row.name > after and wanted in f"{row.name} {' '.join(map(str, row.cells))}".casefold()
    ]
    return found[:ROWS], found[ROWS - 1].name if len(found) > ROWS else None
