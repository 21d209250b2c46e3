"""Judging many stored documents again, as `cashback reprocess --from judge` does: how fast, and in how much memory.

python -m bench.again    does it in the store that the environment names, and prints what it saw as JSON
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from bench.printing import show
from bench.rows import fill
from bench.running import ROOT
from bench.scenes import Servers, all_booked, store
from runtime import settings
from runtime.app import open_app
from store.runs import Selection
from workers import reprocess

MEGABYTE = 2**20


def measured(given: Servers, out: Path, size: int, databases: Sequence[str]) -> list[dict[str, Any]]:
    """Judge so many documents again on each database, and return a row for each, as JSON."""
    return [_row(given, out, database, size) for database in databases]


def _row(given: Servers, out: Path, database: str, size: int) -> dict[str, Any]:
    print(f"  {database}", file=sys.stderr)
    with store(database, given, out) as app:
        fill(app, size)
        told = {"DATA": app.settings.data, "DATABASE_URL": app.settings.database, "RULEBOOK": app.rulebook_folder}
        environment = os.environ | {f"CASHBACK_{name}": str(value) for name, value in told.items()}
        command = [sys.executable, "-m", "bench.again"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
        all_booked(app)
    return {"database": database, **json.loads(done.stdout)}


def run() -> dict[str, Any]:
    """Judge all documents of the store again; return how many, the seconds, and the memory in each quarter, in MB."""
    app, own = open_app(settings.load()), psutil.Process()
    made = reprocess.begin(app, Selection(), "judge", "bench")
    began = time.monotonic()
    total = reprocess.fill(app, made)
    queued, held = time.monotonic(), []
    report = reprocess.finish(app, made, lambda done, _: held.append((done, own.memory_info().rss / MEGABYTE)))
    ended = time.monotonic()
    if report.count != total or report.changes or report.troubles:
        raise AssertionError(f"{report.count} of {total} documents were judged again, {len(report.changes)} changed")
    return {
        "documents": total,
        "queueing": total / (queued - began),
        "judging": total / (ended - queued),
        "memory": _quarters(held, total),
    }


def _quarters(held: Sequence[tuple[int, float]], total: int) -> list[float | None]:
    """Return the most memory that was held while each quarter of the documents was judged."""
    bounds = [total * quarter / 4 for quarter in range(5)]
    parts = ([memory for done, memory in held if low <= done < high] for low, high in pairwise(bounds))
    return [max(part, default=None) for part in parts]


def tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured."""
    show(
        f"Judging {rows[0]['documents']:,} stored documents again",
        ("Database", "Queued/s", "Judged/s", *(f"MB, quarter {quarter}" for quarter in range(1, 5))),
        [
            (
                row["database"],
                *(f"{row[key]:.0f}" for key in ("queueing", "judging")),
                *(None if memory is None else f"{memory:.0f}" for memory in row["memory"]),
            )
            for row in rows
        ],
        "One process with the threads of its own; MB: the most resident memory that it held during each quarter.",
    )


if __name__ == "__main__":
    print(json.dumps(run()))
