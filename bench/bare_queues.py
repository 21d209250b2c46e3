"""Other task queues with a job that does nothing: how many a second, how soon one is taken up, and ours beside them."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import redis

from bench.peers import ENVIRONMENT, PYTHON
from bench.printing import show
from bench.running import ROOT
from bench.scenes import EMBEDDED, WARM, fresh
from bench.throughput import SINGLES

THREADS = 3
"""Of each process of Dramatiq's, as ours have on two cores."""
TOOLS = {"dramatiq": "Dramatiq", "celery": "Celery", "rq": "RQ"}
NOTE = (
    "Times: ours/theirs, documents a second. What the others do not do: they keep jobs in Redis's memory alone and do "
    "nothing in them: no stored file, no durable state, no sandbox, no judgement, no ledger."
)


def measured(url: str, size: int, workers: Sequence[int], tools: Sequence[str] = tuple(TOOLS)) -> list[dict[str, Any]]:
    """Send so many jobs through each tool, and return a row for each, as JSON."""
    return [_row(url, size, tool, some) for tool in tools for some in workers]


def _row(url: str, size: int, tool: str, workers: int) -> dict[str, Any]:
    row: dict[str, Any] = {"tool": tool, "workers": workers, "jobs": size}
    if not (ENVIRONMENT / "bin" / tool).exists():
        return row | {"trouble": "not installed: .ci/bootstrap bench says why"}
    print(f"  {TOOLS[tool]}, {workers}", file=sys.stderr)
    with redis.Redis.from_url(url) as client:
        client.flushall()
    counts = (str(WARM * workers), str(size), str(SINGLES))
    environment = os.environ | {"QUEUE_REDIS": url}
    with _working(tool, url, workers, environment):
        done = subprocess.run(
            [PYTHON, ROOT / "bench" / "bare_queue.py", tool, *counts],
            input=fresh(1)[0],
            env=environment,
            capture_output=True,
            check=False,
        )
    if done.returncode:
        return row | {"trouble": done.stderr.decode().strip().rpartition("\n")[2]}
    seen = json.loads(done.stdout)
    row |= {"through": size / seen["seconds"]}
    return row | {"begun": statistics.median(seen["waited"]), "begun_worst": max(seen["waited"])}


@contextmanager
def _working(tool: str, url: str, workers: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Have so many worker processes of a tool work, started by its own means."""
    fixed, count = {
        "dramatiq": (
            ["bare_queue:dramatiq_broker", "--path", ".", "--processes", str(workers), "--threads", str(THREADS)],
            1,
        ),
        "celery": (["-A", "bare_queue:celery_app", "worker", "--concurrency", str(workers), "--loglevel", "ERROR"], 1),
        "rq": (["worker", "--quiet", "--path", ".", "--url", url], workers),
    }[tool]
    with ExitStack() as stack:
        for _ in range(count):
            process = subprocess.Popen(
                [ENVIRONMENT / "bin" / tool, *fixed],
                cwd=ROOT / "bench",
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield


def ratios(theirs: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many times as many documents go through ours as jobs through each tool, with as many workers."""
    return [
        {
            "tool": row["tool"],
            "workers": row["workers"],
            "database": mine["database"],
            "times": mine["through"] / row["through"],
            "begun": mine["idle"]["begun"] / row["begun"] if row["begun"] else None,
        }
        for row in theirs
        if "through" in row
        for mine in ours
        if mine["workers"] == row["workers"] != EMBEDDED
    ]


def tell(theirs: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured of the others, and ours as ratios to it."""
    compared = ratios(theirs, ours)
    databases = list(dict.fromkeys(one["database"] for one in compared))
    rows: list[tuple[str | None, ...]] = []
    for row in theirs:
        head = (f"{TOOLS[row['tool']]}, {row['workers']} worker{'s'[: row['workers'] > 1]}",)
        if "trouble" in row:
            rows.append((*head, row["trouble"]))
            continue
        own = {
            one["database"]: f"{one['times']:.3f}"
            for one in compared
            if (one["tool"], one["workers"]) == (row["tool"], row["workers"])
        }
        seconds = (f"{1000 * row[key]:.1f}" for key in ("begun", "begun_worst"))
        rows.append((*head, f"{row['through']:.0f}", *seconds, *(own.get(one) for one in databases)))
    headings = ("Tool", "Jobs/s", "idle: taken up, ms", "worst, ms", *(f"{one} + Redis, times" for one in databases))
    show(f"Other task queues on Redis, {theirs[0]['jobs']} jobs that do nothing", headings, rows, NOTE)
