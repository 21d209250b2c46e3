"""The embedded mode: threads of this process work the queue, with no Redis to wake them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from runtime.app import App
from store.queue import Queue
from workers import reader
from workers.sandbox import Sandbox
from workers.worker import Worker, sweep, threads

log = structlog.get_logger()

POLL = 1.0
"""Seconds after which an idle thread looks by itself: for what waited before it is tried again, and for others'."""
SWEEP = 5.0
"""Seconds between two sweeps."""


class Bell:
    """What wakes the threads of one process: `ring` when there is work, `done` when some of it came to an end."""

    def __init__(self, count: int) -> None:
        self._work = [Event() for _ in range(count)]
        self.done = Event()

    def ring(self, _queue: Queue = "light", _document_id: str = "") -> None:
        """Wake all threads."""
        for event in self._work:
            event.set()

    def wait(self, number: int, seconds: float) -> None:
        """Let a thread wait until somebody rings, or for so long."""
        self._work[number].wait(seconds)
        self._work[number].clear()


@contextmanager
def working(
    app: App, documents: int | None = None, *, judges: bool = True, task: reader.Task = reader.read
) -> Iterator[tuple[Worker, Bell]]:
    """Work the queue in this process until the block is left; what is under way then is given back.

    `documents`: how many there are at the most, for no process is started that has nothing to do.
    """
    count = threads(documents)
    bell = Bell(count)
    with Sandbox(count) as sandbox:
        worker = Worker(app, sandbox, bell.ring, judges=judges, task=task)
        started = [Thread(target=_work, args=(worker, bell, number), daemon=True) for number in range(count)]
        started.append(Thread(target=_sweep, args=(worker, bell), daemon=True))
        for thread in started:
            thread.start()
        try:
            yield worker, bell
        finally:
            worker.leaving.set()
            bell.ring()
            for thread in started:
                thread.join()


def _work(worker: Worker, bell: Bell, number: int) -> None:
    """Work until the worker is to leave. A database that fails is asked again after a while."""
    while not worker.leaving.is_set():
        try:
            busy = worker.turn()
        except Exception:
            log.exception("the queue could not be worked")
            busy = False
        if busy:
            bell.done.set()
        else:
            bell.wait(number, POLL)


def _sweep(worker: Worker, bell: Bell) -> None:
    while not worker.leaving.is_set():
        try:
            if sweep(worker.app):
                bell.ring()
        except Exception:
            log.exception("the queue could not be swept")
        worker.leaving.wait(SWEEP)
