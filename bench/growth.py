"""What one document costs, from acceptance to outcome, in a store of so many: it must not grow with the rows."""

import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import noop
from bench.printing import show
from bench.rows import fill
from bench.scenes import Servers, all_booked, fresh, store
from runtime.app import App
from workers import steps
from workers.sandbox import Sandbox
from workers.worker import Worker

SAMPLE = 300
"""Documents that are measured at each size."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
WARM = 30


def measured(given: Servers, out: Path, most: int, sample: int, databases: Sequence[str]) -> list[dict[str, Any]]:
    """Fill a store of each database step by step, and return a row for each size, as JSON."""
    sizes = [size for size in SIZES if size <= most] or [most]
    return [row for database in databases for row in _grown(given, out, database, sizes, sample)]


def _grown(given: Servers, out: Path, database: str, sizes: Iterable[int], sample: int) -> list[dict[str, Any]]:
    found = []
    with store(database, given, out) as app, Sandbox(1) as sandbox:
        worker = Worker(app, sandbox, lambda *_: None, task=noop.read)
        for size in sizes:
            print(f"  {database}, {size:,} rows", file=sys.stderr)
            began = time.monotonic()
            fill(app, size)
            filled = time.monotonic() - began
            costs(app, worker, min(WARM, sample))
            found.append({"database": database, "rows": size, "filled": filled} | costs(app, worker, sample))
        all_booked(app)
    return found


def costs(app: App, worker: Worker, sample: int) -> dict[str, float]:
    """Bring documents to their outcome, one after the other in one thread; return milliseconds for each."""
    walls, used = [], []
    for data in fresh(sample):
        began, cpu = time.monotonic(), time.thread_time()
        steps.accept(app, data, "invoice.xml", noop.MANY, noop.DAY)
        worker.turn()
        walls.append(1000 * (time.monotonic() - began))
        used.append(1000 * (time.thread_time() - cpu))
    told = sorted(walls)
    return {
        "median": statistics.median(walls),
        "mean": statistics.mean(walls),
        "late": told[int(0.95 * len(told))],
        "cpu": statistics.median(used),
    }


def tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured."""
    first = {row["database"]: row["median"] for row in reversed(rows)}
    show(
        "Milliseconds for each document, from acceptance to outcome, one after the other",
        ("Database", "Documents stored", "median", "mean", "95th", "CPU", "times the first", "filled in s"),
        [
            (
                row["database"], f"{row['rows']:,}", *(f"{row[key]:.1f}" for key in ("median", "mean", "late", "cpu")),
                f"{row['median'] / first[row['database']]:.2f}", f"{row['filled']:.0f}",
            )
            for row in rows
        ],
    )  # fmt: skip
