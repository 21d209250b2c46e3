"""How many documents a second go through the whole machine, and how long a single one waits: ours."""

import datetime as dt
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import noop
from bench.printing import show
from bench.scenes import (
    DATABASES,
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
SHARE = 0.1
"""Once so little of the load is left it is none any more."""


def measured(given: Servers, out: Path, size: int, workers: Sequence[int]) -> list[dict[str, Any]]:
    """Send so many documents through each scene, and return a row for each, as JSON."""
    return [_row(given, out, size, database, some) for database in DATABASES for some in (EMBEDDED, *workers)]


def _row(given: Servers, out: Path, size: int, database: str, workers: int) -> dict[str, Any]:
    print(f"  {name(database, workers)}", file=sys.stderr)
    row: dict[str, Any] = {"database": database, "workers": workers, "documents": size}
    with store(database, given, out) as app, worked(app, given, workers) as scene:
        found = fresh(size)
        began = time.monotonic()
        scene.send_all(found)
        accepted = time.monotonic()
        finished(app)
        row |= {"accepted": size / (accepted - began), "through": size / (time.monotonic() - began)}
        row["idle"] = idle(scene)
        all_booked(app)
    with store(database, given, out) as app:
        row["loaded"] = loaded(app, given, size, workers)
    return row


def idle(scene: Scene) -> dict[str, float]:
    """Send one document after the other to an idle queue."""
    return _told([_single(scene, noop.MANY) for _ in range(SINGLES)])


def loaded(app: Any, given: Servers, size: int, workers: int) -> dict[str, float] | None:
    """Send a few documents of another partner while those of one wait; None if there were too few to wait long."""
    before = Scene(app, lambda *_: None, workers)
    before.send_all(fresh(size))
    with worked(app, given, workers, warm=False) as scene:
        scene.ring("light", "")
        while waiting(app) > size * (1 - SHARE):
            time.sleep(LOOK)
        found = []
        for _ in range(AMONG):
            if waiting(app) < size * SHARE:
                break
            found.append(_single(scene, noop.OTHER))
        finished(app)
    return _told(found) if found else None


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


def _told(found: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return the medians and the worst in seconds."""
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
        ("Scene", *(f"{when}: {what}" for when in ("idle", "loaded") for what in ("taken up", "outcome", "worst"))),
        [(name(row["database"], row["workers"]), *_cells(row["idle"]), *_cells(row["loaded"])) for row in rows],
        f"From the commit of its acceptance; medians of {SINGLES} and {AMONG}. Loaded: another partner's, while "
        f"{rows[0]['documents']} of one partner wait.",
    )


def _cells(found: dict[str, float] | None) -> tuple[str | None, ...]:
    if found is None:
        return None, None, None
    return tuple(f"{1000 * found[key]:.0f}" for key in ("begun", "ended", "ended_worst"))
