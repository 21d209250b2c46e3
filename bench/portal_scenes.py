"""The scenes of `make bench-portal`: stores with documents of all kinds, and web processes over them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bench import noop
from bench.rows import FIRST, fill
from bench.running import CASHBACK, ROOT
from model.reading import Reading
from portal import people
from runtime.app import App
from workers import steps
from workers.sandbox import Sandbox
from workers.worker import Worker

OPEN = 50
"""One of so many documents waits for a person."""
OPERATOR, PARTNER = "olga", "anna"
PASSWORD = "correct horse battery"  # noqa: S105 (nobody's)
PATIENCE = 300.0
"""Seconds in which a web process has to answer."""


def filled(app: App, count: int) -> None:
    """Bring a new store to so many documents, the last of which wait for a person, and let two people sign in."""
    waiting = count // OPEN
    fill(app, count - waiting)
    with Sandbox(1) as sandbox:
        worker = Worker(app, sandbox, lambda *_: None, task=noop.read)
        for number in range(waiting):
            steps.accept(app, _claimed_before(number), f"Rechnung {number}.xml", noop.MANY, noop.DAY)
            worker.turn()
    people.add(app, OPERATOR, "operator", None, password=PASSWORD, who="bench")
    people.add(app, PARTNER, "partner", noop.MANY, password=PASSWORD, who="bench")


def _claimed_before(number: int) -> bytes:
    """Return an invoice over devices that an earlier document claimed already: it is held."""
    whole = Reading.model_validate_json(noop.prepared(9_000_001 + number))
    assert whole.invoice is not None  # noqa: S101 (it was made so)
    line = whole.invoice.lines[0].model_copy(update={"serial_numbers": noop.serials(FIRST + 2 + number)})
    return (
        whole.model_copy(update={"invoice": whole.invoice.model_copy(update={"lines": (line,)})})
        .model_dump_json()
        .encode()
    )


@contextmanager
def served(app: App, processes: int, redis_url: str | None = None) -> Iterator[list[tuple[str, int]]]:
    """Run so many web processes over a store, and give address and process id of each.

    With Redis a partner may upload as much as it likes.
    """
    told = {"DATA": app.settings.data, "DATABASE_URL": app.settings.database, "RULEBOOK": app.rulebook_folder}
    told |= {"LOG_LEVEL": "error"}
    if redis_url is not None:
        told |= {"REDIS_URL": redis_url, "UPLOADS_PER_DAY": 10_000_000}
    environment = os.environ | {f"CASHBACK_{name}": str(value) for name, value in told.items()}
    with ExitStack() as stack:
        yield [stack.enter_context(_process([str(CASHBACK), "serve", "--port"], environment)) for _ in range(processes)]


@contextmanager
def bare(folder: Path, processes: int) -> Iterator[list[tuple[str, int]]]:
    """Run so many processes of an endpoint that does nothing but write files."""
    command = [sys.executable, "-m", "bench.bare_upload", str(folder)]
    with ExitStack() as stack:
        yield [stack.enter_context(_process(command, dict(os.environ))) for _ in range(processes)]


@contextmanager
def _process(command: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _answering(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def _answering(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
