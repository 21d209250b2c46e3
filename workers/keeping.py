"""What a process that runs for long looks after beside its work: runs, accounts as days go by, seals and checks."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from runtime.app import App
from store import chain, checks, sealing
from store.engine import reading
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


def _is_unchecked(app: App, now: dt.datetime) -> bool:
    """Whether no process has checked ledger and audit of late."""
    with reading(app.engine) as conn:
        last = [one.at for one in checks.last(conn).values()]
    return not last or now - min(last) > EVERY / 2


def verify(app: App) -> None:
    """Check ledger and audit as they are sealed, and write down what came of it, for whoever looks at a page."""
    now = dt.datetime.now(dt.UTC)
    with reading(app.engine) as conn:
        heads = {"ledger": chain.head(conn), "audit": sealing.head(conn)}
        found = {"ledger": next(chain.verify(conn), None), "audit": next(sealing.verify(conn), None)}
    with app.engine.begin() as conn:
        for name, fault in found.items():
            checks.note(conn, name, heads[name], f"{fault.position}: {fault.what}" if fault else None, now)
    if any(found.values()):
        log.error("ledger or audit were changed", **{name: str(fault) for name, fault in found.items() if fault})


def _keep(app: App, leave: Event) -> None:
    last: dt.datetime | None = None
    while not leave.is_set():
        now = dt.datetime.now(dt.UTC)
        try:
            go_on(app)
            while price(app) and not leave.is_set():
                pass
            with app.engine.begin() as conn:
                sealing.seal(conn)
            if is_due(last, now):
                moved = settle(app, today())
                log.info("accounts settled", partners=moved)
                if _is_unchecked(app, now):
                    verify(app)
                last = now
        except Exception:
            log.exception("registry and accounts could not be looked after")
        leave.wait(LOOK)
