"""What a process that runs for long looks after beside its work: runs of the registry, and accounts as days go by."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from runtime.app import App
from workers.judging import price
from workers.registering import go_on
from workers.settling import BERLIN, settle, today

log = structlog.get_logger()

EVERY = dt.timedelta(hours=1)
"""How often accounts are settled."""
LOOK = 20.0
"""Seconds between two looks."""


@contextmanager
def keeping(app: App) -> Iterator[None]:
    """Look after runs of the registry and accounts while the block runs."""
    leave = Event()
    thread = Thread(target=_keep, args=(app, leave), daemon=True)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()


def is_due(last: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether accounts are to be settled: for the first time, after an hour, or on another day in Europe/Berlin."""
    if last is None or now - last >= EVERY:
        return True
    return now.astimezone(BERLIN).date() != last.astimezone(BERLIN).date()


def _keep(app: App, leave: Event) -> None:
    last: dt.datetime | None = None
    while not leave.is_set():
        now = dt.datetime.now(dt.UTC)
        try:
            go_on(app)
            while price(app) and not leave.is_set():
                pass
            if is_due(last, now):
                moved = settle(app, today())
                log.info("accounts settled", partners=moved)
                last = now
        except Exception:
            log.exception("registry and accounts could not be looked after")
        leave.wait(LOOK)
