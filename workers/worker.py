"""A worker: takes what waits in the queue, has it read in the sandbox, and writes down what came of it.

The same in every mode: threads of this process call `turn` when a bell rings, or now and then.
"""

import datetime as dt
import os
import socket
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import BoundedSemaphore, Event

import psutil
import structlog
from pebble import ProcessFuture
from sqlalchemy.exc import DBAPIError

from runtime import metrics
from runtime.app import App
from store import blobs, documents, queue
from store.documents import Document
from store.engine import reading
from store.queue import LEASE, MOST_ATTEMPTS, Fenced, Lease, Queue
from workers import reader, steps
from workers.judging import judge
from workers.reader import Read
from workers.sandbox import Died, Sandbox, cores

log = structlog.get_logger()

WAIT = dt.timedelta(seconds=5)
"""How long a document waits whose database, disk or bucket failed: it was not at fault."""
_RENEW = LEASE.total_seconds() / 3
_LOOK = 0.5
"""Seconds between two looks at whether this worker is to leave."""


class Leaving(Exception):
    """Raised where a worker is to leave and gives back what it works on."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What the threads of one worker share.

    `ring` wakes whoever works on a queue; `leaving` is set when the worker is to end; `ocr` lets no more than so many
    threads take documents for OCR, so that one is always left for the others; `judges` is off where somebody else
    judges in order.
    """

    app: App
    sandbox: Sandbox
    ring: Callable[[Queue, str], object]
    name: str = field(default_factory=lambda: name_of(os.getpid()))
    leaving: Event = field(default_factory=Event)
    ocr: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(cores()))
    judges: bool = True
    task: reader.Task = reader.read

    def turn(self) -> bool:
        """Work on one document, those without OCR first; whether there was one."""
        if self.leaving.is_set():
            return False
        if _work(self, "light"):
            return True
        if not self.ocr.acquire(blocking=False):
            return False
        try:
            return _work(self, "ocr")
        finally:
            self.ocr.release()


def threads(documents: int | None = None) -> int:
    """Return how many threads a worker needs: one per core, and one that OCR never takes; no more than documents."""
    return min(cores() + 1, max(1, documents)) if documents is not None else cores() + 1


def name_of(pid: int) -> str:
    """Return a name for a process of this machine by which others of it can tell whether it still lives."""
    return f"{_machine()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def lives(name: str) -> bool:
    """Whether a worker may be alive: one of another machine may."""
    machine, pid, began = name.rsplit("/", 2)
    if machine != _machine():
        return True
    try:
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" == began and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def sweep(app: App) -> tuple[Queue, ...]:
    """Take back what dead workers of this machine hold, and return the queues in which anything waits."""
    with reading(app.engine) as conn:
        dead = [name for name in queue.holders(conn) if not lives(name)]
    if dead:
        with app.engine.begin() as conn:
            count = sum(queue.bury(conn, name) for name in dead)
        log.warning("taken back from dead workers", documents=count)
    with reading(app.engine) as conn:
        return tuple(name for name in queue.QUEUES if queue.waits(conn, name))


def _machine() -> str:
    """Name the machine and, where processes are numbered apart, the space in which they are."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()}/{boot.read_text().strip() if boot.exists() else ''}/{space}"


def _work(worker: Worker, name: Queue) -> bool:
    with worker.app.engine.begin() as conn:
        lease = queue.claim(conn, name, worker.name, judges=worker.judges)
    if lease is None:
        return False
    with structlog.contextvars.bound_contextvars(document_id=lease.document_id), metrics.timed(lease.stage):
        try:
            _do(worker, lease)
        except Fenced:
            log.warning("the document became another worker's meanwhile", stage=lease.stage)
        except Leaving:
            _put_back(worker, lease, "the worker left", dt.timedelta())
        except Died as died:
            log.error("reader died", stage=lease.stage, status=died.status)  # noqa: TRY400 (its trace tells nothing)
            _put_back(worker, lease, "its process died")
        except Exception as error:
            log.exception("stage failed", stage=lease.stage)
            _put_back(worker, lease, type(error).__name__, WAIT if _of_surroundings(error) else None)
    return True


def _do(worker: Worker, lease: Lease) -> None:
    """Work on one stage, and go on to the judgement where reading came to its end."""
    app = worker.app
    if lease.attempt > MOST_ATTEMPTS:
        # Whoever made the last attempt died of it, and could not say so.
        _give_up(worker, lease)
        return
    with reading(app.engine) as conn:
        document = documents.get(conn, lease.document_id)
    if lease.stage != "judge":
        came = _read(worker, document, lease)
        if came.trouble is not None:
            log.error("reader failed", trouble=came.trouble)
        if came.needs_ocr:
            with app.engine.begin() as conn:
                queue.hand_on(conn, lease, "ocr", "ocr")
            worker.ring("ocr", document.id)
            return
        document = steps.take(app, document, came, lease)
        if came.reading is None:
            return
        lease = replace(lease, stage="judge", attempt=1)
    if worker.judges:
        judge(app, document, lease)
        return
    with app.engine.begin() as conn:
        queue.hand_on(conn, lease, "judge", "light")


def _read(worker: Worker, document: Document, lease: Lease) -> Read:
    """Read a document as its stage asks for. What was read of the same bytes before counts for an upload."""
    if lease.stage == "read" and lease.run_id is None:
        stored = steps.stored(worker.app, document)
        if stored is not None:
            return stored
    data = blobs.read(worker.app.blobs, document.digest)
    tape = steps.tape(worker.app, document) if lease.stage == "extract" else None
    begun = worker.sandbox.begin(worker.task, data, document.file_name, lease.stage != "read", tape)
    return _result(worker, begun, lease)


def _result(worker: Worker, begun: ProcessFuture[Read], lease: Lease) -> Read:
    """Wait for the sandbox, keeping the lease meanwhile. Errors: Died, Fenced, Leaving."""
    waited = 0.0
    while not wait([begun], timeout=_LOOK).done:
        waited += _LOOK
        if worker.leaving.is_set():
            begun.cancel()  # type: ignore[no-untyped-call]
            raise Leaving
        if waited >= _RENEW:
            waited = 0.0
            with suppress(DBAPIError), worker.app.engine.begin() as conn:
                if not queue.renew(conn, lease):
                    begun.cancel()  # type: ignore[no-untyped-call]
                    raise Fenced(f"document {lease.document_id} is another worker's")
    return reader.outcome(worker.sandbox, begun)


def _put_back(worker: Worker, lease: Lease, why: str, wait_for: dt.timedelta | None = None) -> None:
    """Give a document back, or up if it was at fault and may not be tried again.

    Where even that fails its lease ends by itself.
    """
    try:
        with worker.app.engine.begin() as conn:
            last = wait_for is None and queue.check(conn, lease).attempts >= MOST_ATTEMPTS
            if not last:
                queue.put_back(conn, lease, why, wait_for)
        if last:
            _give_up(worker, lease)
    except Fenced:
        log.warning("the document became another worker's meanwhile", stage=lease.stage)
    except Exception:
        log.exception("could not be given back", stage=lease.stage)


def _give_up(worker: Worker, lease: Lease) -> None:
    with reading(worker.app.engine) as conn:
        document = documents.get(conn, lease.document_id)
    steps.give_up(worker.app, document, lease)


def _of_surroundings(error: Exception) -> bool:
    """Whether the database, the disk or the bucket failed rather than this document."""
    return isinstance(error, DBAPIError | OSError) and not isinstance(error, FileNotFoundError)
