"""How long the portal's pages take, what they weigh and what they ask of the database, with many documents stored."""

import asyncio
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event

from bench import noop
from bench.portal_scenes import OPERATOR, PARTNER, PASSWORD, filled, served
from bench.printing import show
from bench.scenes import Servers, store
from model.state import State
from portal import people
from portal.access import COOKIE
from portal.web import web
from runtime.app import App
from store import documents
from store.engine import reading

BUDGETS: dict[str, tuple[str, str, int]] = {
    "queue": (OPERATOR, "/review", 60),
    "review page": (OPERATOR, "/review/{review}", 80),
    "search: all": (OPERATOR, "/documents", 150),
    "search: number": (OPERATOR, "/documents?q=R1000777", 150),
    "search: serial": (OPERATOR, "/documents?q=10007770A", 150),
    "search: amount": (OPERATOR, "/documents?q=119092463,00", 150),
    "search: file name": (OPERATOR, "/documents?q=invoice", 150),
    "search: two words": (OPERATOR, "/documents?q=rechnung+77&state=review", 150),
    "search: none": (OPERATOR, "/documents?q=nothing+invoice", 150),
    "batches": (OPERATOR, "/batches", 60),
    "batch count": (OPERATOR, "/batches/new?state=review", 150),
    "partner list": (PARTNER, "/invoices", 50),
    "invoice": (PARTNER, "/invoices/{approved}", 80),
    "poll": (PARTNER, "/invoices/moving?ids={review}", 10),
    "statement": (PARTNER, "/balance?first=2026-01-01&last=2026-01-31", 80),
    "status": (PARTNER, "/status", 80),
}
"""By name: who looks at it, where it is, and the milliseconds that 19 of 20 answers may take."""
QUERIES, WEIGHT = 8, 100_000
SAMPLE, WARM = 60, 5


def measured(given: Servers, out: Path, count: int, databases: Sequence[str]) -> list[dict[str, Any]]:
    """Fill a store of each database, and return a row for each page, as JSON."""
    rows = []
    for database in databases:
        with store(database, given, out) as app:
            print(f"  {database}, {count:,} documents", file=sys.stderr)
            filled(app, count)
            rows += [{"database": database, "rows": count} | row for row in _pages(app)]
    return rows


def _pages(app: App) -> list[dict[str, Any]]:
    with reading(app.engine) as conn:
        ids = {
            state.value: documents.latest(conn, noop.MANY, limit=1)[0].id
            if state is State.REVIEW
            else documents.listing(conn, state=state, limit=1)[0].id
            for state in (State.REVIEW, State.APPROVED)
        }
    tokens = {name: people.sign_in(app, name, PASSWORD, "bench").token for name in (OPERATOR, PARTNER)}
    rows = []
    with served(app, 1) as ((url, _),), httpx.Client(base_url=url, timeout=120) as client:
        for name, (who, path, budget) in BUDGETS.items():
            headers = {"Cookie": f"{COOKIE}={tokens[who]}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
            address = path.format(**ids)
            times, weight = _timed(client, address, headers)
            late = sorted(times)[int(0.95 * len(times))]
            asked = asyncio.run(_asked(app, address, headers))
            rows.append(
                {
                    "page": name, "median": statistics.median(times), "late": late, "budget": budget,
                    "weight": weight, "queries": asked,
                }
            )  # fmt: skip
    return rows


def _timed(client: httpx.Client, address: str, headers: Mapping[str, str]) -> tuple[list[float], int]:
    """Return the milliseconds of many answers, one after the other, and how many bytes the last one sent."""
    times, weight = [], 0
    for turn in range(WARM + SAMPLE):
        began = time.perf_counter()
        with client.stream("GET", address, headers=headers) as answer:
            weight = sum(map(len, answer.iter_raw()))
            answer.raise_for_status()
        if turn >= WARM:
            times.append(1000 * (time.perf_counter() - began))
    return times, weight


async def _asked(app: App, address: str, headers: Mapping[str, str]) -> int:
    """Return how many statements a page needs, counted where it is made."""
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    made = web(app, lambda _name, _id: None)
    event.listen(app.engine, "before_cursor_execute", note)
    way = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=way, base_url="http://bench", headers=headers) as client:
        (await client.get(address)).raise_for_status()
    event.remove(app.engine, "before_cursor_execute", note)
    made.state.pictures.close()
    return len(asked)


def tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured."""
    note = "Most documents are copies, whose entries bear the seal of the first one's, as the log tells."
    show(
        "Milliseconds for a page, one web process, one client",
        ("Page", "Database", "Documents", "median", "95th", "budget", "queries", "kB packed", ""),
        [
            (
                row["page"], row["database"], f"{row['rows']:,}", f"{row['median']:.1f}", f"{row['late']:.1f}",
                row["budget"], row["queries"], f"{row['weight'] / 1000:.1f}", _over(row),
            )
            for row in rows
        ],
        note,
    )  # fmt: skip


def _over(row: Mapping[str, Any]) -> str:
    over = {
        "late": row["late"] > row["budget"],
        "queries": row["queries"] > QUERIES,
        "heavy": row["weight"] > WEIGHT,
    }
    return ", ".join(name for name, is_so in over.items() if is_so)
