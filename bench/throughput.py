"""How many documents a second go through the whole machine, and how long a single one waits: ours."""

import datetime as dt
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import noop
from bench.printing import show
from bench.scenes import (
    EMBEDDED,
    LOOK,
    PATIENCE,
    Scene,
    Servers,
    all_booked,
    finished,
    fresh,
    store,
    waiting,
    worked,
)
from store.engine import reading
from store.tables import attempts

SINGLES = 40
"""Documents that are sent to an idle queue, one after the other."""
AMONG = 10
"""Documents that another partner sends while one partner's many wait."""
PAUSE = 0.1
"""Seconds between two of them."""
SHARE = 0.2
"""Once so little of the load is left it is none any more."""


def measured(
    given: Servers, out: Path, size: int, workers: Sequence[int], databases: Sequence[str]
) -> list[dict[str, Any]]:
    """Send so many documents through each scene, and return a row for each, as JSON."""
    return [_row(given, out, size, database, some) for database in databases for some in (EMBEDDED, *workers)]


def _row(given: Servers, out: Path, size: int, database: str, workers: int) -> dict[str, Any]:
    print(f"  {name(database, workers)}", file=sys.stderr)
    with store(database, given, out) as app, worked(app, given, workers) as scene:
        found = fresh(size)
        began = time.monotonic()
        scene.send_all(found)
        accepted = time.monotonic()
        left = waiting(app)
        singles = list(_among(scene, left))
        finished(app)
        ended = time.monotonic()
        idle = [_single(scene, noop.MANY) for _ in range(min(SINGLES, size))]
        all_booked(app)
    return {
        "database": database,
        "workers": workers,
        "documents": size,
        "accepted": size / (accepted - began),
        "through": (size + len(singles)) / (ended - began),
        "waiting": left,
        "idle": _told(idle),
        "loaded": _told(singles),
    }


def _among(scene: Scene, left: int) -> Iterator[tuple[float, float]]:
    """Send a few documents of another partner while those of one wait, as long as that many still do."""
    for _ in range(AMONG):
        if waiting(scene.app) < left * SHARE:
            return
        yield _single(scene, noop.OTHER)


def _single(scene: Scene, partner_id: str) -> tuple[float, float]:
    """Send one document and return the seconds until it was taken up, and until its outcome was written down."""
    (data,) = fresh(1, partner_id)
    time.sleep(PAUSE)
    document = scene.send(data, partner_id)
    sent = dt.datetime.now(dt.UTC)
    until = time.monotonic() + PATIENCE
    query = select(attempts.c.began_at, attempts.c.ended_at).where(
        attempts.c.document_id == document.id, attempts.c.outcome == "approved"
    )
    while time.monotonic() < until:
        with reading(scene.app.engine) as conn:
            row = conn.execute(query).one_or_none()
        if row is not None:
            return max(0.0, (row.began_at - sent).total_seconds()), max(0.0, (row.ended_at - sent).total_seconds())
        time.sleep(LOOK)
    raise TimeoutError


def _told(found: Sequence[tuple[float, float]]) -> dict[str, float] | None:
    """Return the medians and the worst in seconds; None of nothing."""
    if not found:
        return None
    begun, ended = zip(*found, strict=True)
    return {
        "begun": statistics.median(begun),
        "begun_worst": max(begun),
        "ended": statistics.median(ended),
        "ended_worst": max(ended),
    }


def name(database: str, workers: int) -> str:
    """Name a scene."""
    return (
        f"{database}, embedded" if workers == EMBEDDED else f"{database} + Redis, {workers} worker{'s'[: workers > 1]}"
    )


def tell(rows: Sequence[dict[str, Any]]) -> None:
    """Print what was measured."""
    show(
        f"Through the whole machine, {rows[0]['documents']} documents",
        ("Scene", "Accepted/s", "Documents/s"),
        [(name(row["database"], row["workers"]), f"{row['accepted']:.0f}", f"{row['through']:.0f}") for row in rows],
        "Accepted, queued, handed through the sandbox by a reader that does nothing, judged, booked; every commit "
        "waits for the disk.",
    )
    show(
        "How long a single document waits, milliseconds",
        ("Scene", *_WAITS, "of others waiting", *_WAITS),
        [
            (name(row["database"], row["workers"]), *_cells(row["idle"]), row["waiting"], *_cells(row["loaded"]))
            for row in rows
        ],
        f"From the commit of its acceptance; medians of {SINGLES} while the queue is idle and of {AMONG} while so many "
        "of another partner wait.",
    )


_WAITS = ("taken up", "outcome", "worst")


def _cells(found: dict[str, float] | None) -> tuple[str | None, ...]:
    if found is None:
        return None, None, None
    return tuple(f"{1000 * found[key]:.0f}" for key in ("begun", "ended", "ended_worst"))
