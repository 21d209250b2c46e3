"""The scenes of `make bench-queue`: a database, who works on it, and the documents that are sent through."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import func, select

from bench import noop
from bench.running import ROOT
from fixtures.servers import Postgres, Redis
from runtime.app import App
from store.documents import Document
from store.engine import reading
from store.queue import Queue
from store.tables import attempts, deliveries, documents, entries
from workers import broker, steps
from workers.lanes import working

Ring = Callable[[Queue, str], object]
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = (SQLITE, POSTGRESQL)
EMBEDDED = 0
"""So many worker processes stand for the threads of the process that accepts."""
WORKERS = (1, 2, 4)
SENDERS = 4
"""Threads that accept at once, as those of the portal do."""
WARM = 20
"""Documents that each worker process sees before anything is measured."""
LOOK = 0.01
PATIENCE = 600.0
"""Seconds after which what has not come to its end is a defect."""
_numbers = count(5_000_001)


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that all scenes share; no PostgreSQL where only SQLite is measured."""

    postgres: Postgres | None
    redis: Redis


@dataclass(frozen=True, slots=True)
class Scene:
    """A store with workers who wait for what `ring` tells them of; with `EMBEDDED` workers they are threads."""

    app: App
    ring: Ring
    workers: int

    def send(self, data: bytes, partner_id: str = noop.MANY) -> Document:
        """Accept a document and wake whoever reads it."""
        document = steps.accept(self.app, data, "invoice.xml", partner_id, noop.DAY)
        self.ring("light", document.id)
        return document

    def send_all(self, found: Sequence[bytes]) -> None:
        """Accept many documents, several at once."""
        with ThreadPoolExecutor(SENDERS) as threads:
            list(threads.map(self.send, found))


@contextmanager
def servers(databases: Sequence[str]) -> Iterator[Servers]:
    """Start a Redis, and a PostgreSQL that waits for the disk, where these databases are measured."""
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres.start(durable=True)) if POSTGRESQL in databases else None
        yield Servers(postgres, stack.enter_context(Redis.start()))


@contextmanager
def store(database: str, given: Servers, out: Path) -> Iterator[App]:
    """Open a new store in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="store-", dir=out) as folder, ExitStack() as stack:
        url = None
        if database == POSTGRESQL and given.postgres is not None:
            url = given.postgres.new_database()
            stack.callback(given.postgres.drop, url)
        app = noop.opened(Path(folder), url)
        stack.callback(app.close)
        yield app


@contextmanager
def worked(app: App, given: Servers, workers: int) -> Iterator[Scene]:
    """Have workers work on a store until the block is left; each has worked before."""
    if workers == EMBEDDED:
        with working(app, task=noop.read) as (_, bell):
            scene = Scene(app, bell.ring, workers)
            _warm(scene)
            yield scene
        return
    given.redis.flush()
    connected = broker.connect(given.redis.url)
    with ExitStack() as stack:
        stack.callback(connected.close)
        for _ in range(workers):
            stack.enter_context(_process(app, given.redis.url))
        scene = Scene(app, broker.bell(connected), workers)
        _warm(scene)
        yield scene


@contextmanager
def _process(app: App, redis_url: str) -> Iterator[None]:
    """Run a worker process until the block is left."""
    told = {"DATA": app.settings.data, "DATABASE_URL": app.settings.database, "REDIS_URL": redis_url}
    told |= {"RULEBOOK": app.rulebook_folder, "LOG_LEVEL": "error"}
    environment = os.environ | {f"CASHBACK_{name}": str(value) for name, value in told.items()}
    process = subprocess.Popen([sys.executable, "-m", "bench.noop_worker"], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def fresh(size: int, partner_id: str = noop.MANY) -> list[bytes]:
    """Return documents that nobody sent yet."""
    return [noop.prepared(next(_numbers), partner_id) for _ in range(size)]


def _warm(scene: Scene) -> None:
    """Send documents until every worker has worked, and then some: its processes and connections stand."""
    while True:
        scene.send_all(fresh(SENDERS))
        finished(scene.app)
        with reading(scene.app.engine) as conn:
            seen = conn.execute(select(func.count(attempts.c.worker.distinct()))).scalar_one()
        if seen >= max(1, scene.workers):
            break
    scene.send_all(fresh(WARM * max(1, scene.workers)))
    finished(scene.app)


def finished(app: App) -> None:
    """Wait until no document is in the queue. Errors: TimeoutError."""
    until = time.monotonic() + PATIENCE
    while waiting(app):
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(LOOK)


def waiting(app: App) -> int:
    """Return how many documents are in the queue."""
    with reading(app.engine) as conn:
        return conn.execute(select(func.count()).select_from(deliveries)).scalar_one()


def all_booked(app: App) -> None:
    """Make sure that every document was approved and booked: what fails fast is no measure. Errors: AssertionError."""
    with reading(app.engine) as conn:
        states = conn.execute(select(documents.c.state, func.count()).group_by(documents.c.state)).all()
        booked = conn.execute(select(func.count()).select_from(entries)).scalar_one()
    if [tuple(row) for row in states] != [("approved", booked)]:
        raise AssertionError(f"{booked} documents were booked, of {dict(tuple(row) for row in states)}")
