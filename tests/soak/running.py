"""Half an hour at full load: a portal and two workers on Redis and PostgreSQL, and whether all stays as it was.

As many files as keep both cores busy are on their way at any moment, each uploaded as soon as another one is done. The
same load without hostile files comes first, for a few minutes: what it takes then is the calm figure.
"""

import argparse
import os
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
import psutil
from faults.scene import Scene, scene, until
from hostile.running import CASES, QUICK

from portal import granting
from soak.load import Sent, files
from store import queue
from store.engine import reading
from store.integrity import check

HOSTILE = [case for case in CASES if case.name in QUICK]
"""Files that end in a moment; those that hold a core until their limit are for `make hostile`, one by one."""
WIDTH = 6
"""Files that are on their way at once."""
SHARE = 0.05
STEADY = 0.8
"""The last third's throughput must be at least this of the first's, and the memory of the first this of the last's."""
SLOWER = 2.0
"""So many times the calm figure a good document may take at most, at the 95th percentile."""
LOOK = 0.1
EACH = 60.0
"""Seconds of a line of what is printed."""


@dataclass
class Seen:
    """What became of files: seconds by kind, how each ended, and a line a minute."""

    seconds: list[tuple[float, str, float]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def good(self) -> list[float]:
        """Return the seconds of good files."""
        return [took for _, kind, took in self.seconds if kind != "hostile"]


def main() -> None:
    """Run, print, and end with status 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--calm", type=float, default=300, help="seconds without hostile files before")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["CASHBACK_UPLOADS_PER_DAY"] = "1000000"
    with scene("postgresql", redis=True) as made:
        faults = run(made, given.calm, given.seconds, given.seed)
    for fault in faults:
        _say(f"WRONG  {fault}")
    _say("steady, and every invariant holds" if not faults else f"{len(faults)} things are wrong")
    sys.exit(bool(faults))


def run(made: Scene, calm_seconds: float, seconds: float, seed: int) -> list[str]:
    """Load a scene, calmly and then among hostile files, and return what was wrong."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made.serve(port)
    for _ in range(2):
        made.work()
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(url), 120)
    client = httpx.Client(
        base_url=url, timeout=60, headers={"Authorization": f"Bearer {granting.make(made.app, 'P1')['token']}"}
    )
    with client:
        _load(made, client, 60, (), seed)  # until processes and connections stand
        _say("calm")
        calm = _load(made, client, calm_seconds, (), seed + 1)
        _say(f"with {SHARE:.0%} hostile files, {len(HOSTILE)} kinds")
        seen = _load(made, client, seconds, HOSTILE, seed + 2)
    made.quiet()
    made.end()
    return [*_unsteady(calm, seen, seconds), *_broken(made)]


def _load(made: Scene, client: httpx.Client, seconds: float, hostile: Sequence[object], seed: int) -> Seen:
    """Keep WIDTH files on their way for so long, and print a line a minute."""
    source, seen, begun = files(hostile, SHARE, seed), Seen(), time.monotonic()  # type: ignore[arg-type]
    gate = threading.Lock()

    def keep_on() -> None:
        while time.monotonic() - begun < seconds:
            with gate:
                sent = next(source)
            _through(made, client, sent, seen, begun)

    threads = [threading.Thread(target=keep_on) for _ in range(WIDTH)]
    for thread in threads:
        thread.start()
    told = 0.0
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        now = time.monotonic() - begun
        seen.memory.append((now, _resident(made)))
        if now - told >= EACH:
            _tell(seen, told, now)
            told = now
    return seen


def _through(made: Scene, client: httpx.Client, sent: Sent, seen: Seen, begun: float) -> None:
    """Upload one file and wait for its end."""
    started = time.monotonic()
    try:
        answer = client.post("/api/v1/documents", content=sent.data, headers={"X-Filename": quote(sent.name)})
    except httpx.HTTPError as error:
        end = f"no answer: {type(error).__name__}"
    else:
        end = f"{answer.status_code} {answer.json()['code']}" if answer.status_code != 202 else ""
        if not end:
            identifier = str(answer.json()["id"])
            made.answered(identifier)
            while made.underway(identifier):
                time.sleep(LOOK)
            told = client.get(f"/api/v1/documents/{identifier}").json()
            end = f"{told['state']} {(told['error'] or {}).get('code', '')}".strip()
    now = time.monotonic()
    with seen.lock:
        seen.seconds.append((now - begun, sent.kind, now - started))
        seen.ends[f"{'hostile' if sent.kind == 'hostile' else 'good'}: {end}"] += 1


def _resident(made: Scene) -> int:
    """Return the bytes that all processes of a scene hold."""
    held = 0
    for process in made.survivors():
        with suppress(psutil.Error):
            held += process.memory_info().rss
    return held


def _tell(seen: Seen, since: float, now: float) -> None:
    took = [(kind, seconds) for at, kind, seconds in seen.seconds if at > since]
    good = sorted(seconds for kind, seconds in took if kind != "hostile")
    memory = max((held for at, held in seen.memory if at > since), default=0)
    late = f"{_p95(good):.1f}" if len(good) > 1 else "-"
    _say(
        f"{now / 60:5.1f} min  {len(took):4} files  {len(took) / (now - since):.2f}/s"
        f"  p95 of good {late} s  {memory / 1e6:,.0f} MB"
    )


def _unsteady(calm: Seen, seen: Seen, seconds: float) -> list[str]:
    """Say what was not flat, and what took too long."""
    third = seconds / 3
    first = sum(at <= third for at, _, _ in seen.seconds) / third
    last = sum(2 * third < at <= seconds for at, _, _ in seen.seconds) / third
    held = [max(size for at, size in seen.memory if low <= at <= low + third) for low in (0, 2 * third)]
    before, after = _p95(calm.good()), _p95(seen.good())
    _say(f"files/s: first third {first:.2f}, last {last:.2f}; MB at most: {held[0] / 1e6:,.0f}, {held[1] / 1e6:,.0f}")
    _say(f"p95 of good files: calm {before:.1f} s, then {after:.1f} s (x {after / before:.2f})")
    for kind in sorted({kind for _, kind, _ in seen.seconds}):
        each = [took for _, of, took in seen.seconds if of == kind]
        _say(f"  {kind:8} {len(each):5}  median {statistics.median(each):.1f} s  p95 {_p95(each):.1f} s")
    for end, count in sorted(seen.ends.items()):
        _say(f"  {count:5}  {end}")
    wrong = []
    if last < STEADY * first:
        wrong.append(f"throughput fell from {first:.2f} to {last:.2f} files/s")
    if held[0] < STEADY * held[1]:
        wrong.append(f"memory grew from {held[0] / 1e6:,.0f} to {held[1] / 1e6:,.0f} MB")
    if after > SLOWER * before:
        wrong.append(f"good files took {after / before:.2f} times as long as without hostile ones")
    return wrong + [f"{count} times: {end}" for end, count in seen.ends.items() if "no answer" in end or " 5" in end]


def _broken(made: Scene) -> list[str]:
    with reading(made.app.engine) as conn:
        found = [f"{one.invariant} {one.about}: {one.what}" for one in check(conn, made.app.blobs, quiet=True)]
        left = sum(depth.waiting for depth in queue.depths(conn).values())
    with suppress(TimeoutError):
        until(lambda: not made.survivors(), 20)
    found += [f"I9 process {one.pid} outlived its worker" for one in made.survivors()]
    return [*found, *([f"I8 {left} documents wait"] if left else [])]


def _answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz").status_code == 200
    return False


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else 0.0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (for people)
