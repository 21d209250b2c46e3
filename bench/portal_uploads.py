"""Uploads: how many a second, beside an endpoint that only writes files; and the memory of large ones."""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import psutil

from bench import noop
from bench.portal_scenes import bare, served
from bench.printing import show
from bench.scenes import POSTGRESQL, Servers, store
from portal import granting

SENDERS = 8
LARGE = 20_000_000
"""Bytes of a large file."""
PROCESSES = (1, 2)
ADDRESS = "/api/v1/documents"
_HEAD = b"%PDF-1.7\n"


def measured(given: Servers, out: Path, count: int) -> list[dict[str, Any]]:
    """Send the same files to the portal and to the bare endpoint, with one process and with two; a row for each."""
    files = [_small(number) for number in range(count)]
    rows = []
    for processes in PROCESSES:
        with tempfile.TemporaryDirectory(prefix="bare-", dir=out) as folder, bare(Path(folder), processes) as running:
            rows.append({"what": "bare endpoint", "processes": processes} | _sent(running, files, {}))
        with store(POSTGRESQL, given, out) as app:
            headers = {"Authorization": f"Bearer {granting.make(app, noop.MANY)['token']}"}
            with served(app, processes, given.redis.url) as running:
                rows.append({"what": "portal", "processes": processes} | _sent(running, files, headers))
    return rows


def memory(given: Servers, out: Path, count: int) -> list[dict[str, Any]]:
    """Send large files to one web process, and return what memory it holds before, at the most, and after."""
    with store(POSTGRESQL, given, out) as app:
        headers = {"Authorization": f"Bearer {granting.make(app, noop.MANY)['token']}"}
        with served(app, 1, given.redis.url) as running:
            process = psutil.Process(running[0][1])
            _sent(running, [_small(number) for number in range(SENDERS)], headers)
            before, seen, ended = process.memory_info().rss, [0], Event()

            def watch() -> None:
                while not ended.wait(0.02):
                    seen.append(process.memory_info().rss)

            watching = Thread(target=watch)
            watching.start()
            told = _sent(running, range(count), headers, _large)
            ended.set()
            watching.join()
            return [{"files": count, "before": before, "most": max(seen), "after": process.memory_info().rss} | told]


def _small(number: int) -> bytes:
    return noop.FIXTURE.read_bytes() + f"<!-- {number} -->".encode()


def _large(number: int) -> bytes:
    return _HEAD + f"{number:020}".encode() + bytes(LARGE - len(_HEAD) - 20)


def _sent(
    running: Sequence[tuple[str, int]],
    files: Sequence[Any],
    headers: Mapping[str, str],
    make: Callable[[Any], bytes] = lambda data: data,
) -> dict[str, float]:
    """Send files to processes in turn, several at once; return how many a second, and milliseconds for each."""
    times: list[float] = []
    urls = cycle([url for url, _ in running])
    about = dict(headers) | {"Content-Type": "application/octet-stream", "X-Filename": "invoice.xml"}
    with httpx.Client(timeout=120) as client, ThreadPoolExecutor(SENDERS) as threads:

        def send(one: tuple[Any, str]) -> None:
            data = make(one[0])
            began = time.perf_counter()
            client.post(f"{one[1]}{ADDRESS}", content=data, headers=about).raise_for_status()
            times.append(1000 * (time.perf_counter() - began))

        began = time.perf_counter()
        list(threads.map(send, zip(files, urls, strict=False)))
        took = time.perf_counter() - began
    late = sorted(times)[int(0.95 * len(times))]
    return {"speed": len(files) / took, "median": statistics.median(times), "late": late}


def tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured of small files."""
    bare_speed = {row["processes"]: row["speed"] for row in rows if row["what"] != "portal"}
    show(
        f"Uploads, {SENDERS} senders, PostgreSQL and Redis",
        ("What", "Processes", "files/s", "median ms", "95th ms", "of the bare endpoint"),
        [
            (
                row["what"], row["processes"], f"{row['speed']:.0f}", f"{row['median']:.1f}", f"{row['late']:.1f}",
                f"{100 * row['speed'] / bare_speed[row['processes']]:.0f} %",
            )
            for row in rows
        ],
    )  # fmt: skip


def tell_memory(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured of large files."""
    show(
        f"Memory of one web process in MB while files of {LARGE // 10**6} MB come in, {SENDERS} at once",
        ("Files", "before", "at the most", "after", "files/s"),
        [
            (row["files"], *(f"{row[name] / 1e6:.0f}" for name in ("before", "most", "after")), f"{row['speed']:.1f}")
            for row in rows
        ],
    )
