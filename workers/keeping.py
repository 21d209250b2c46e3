"""What a process that runs for long looks after beside its work: runs, accounts as days go by, seals and checks."""

import datetime as dt
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event

import structlog

from runtime.app import App
from store import chain, checks, sealing
from store.engine import reading
from workers.beside import repeated
from workers.judging import price
from workers.registering import go_on
from workers.settling import BERLIN, settle, today

log = structlog.get_logger()

EVERY = dt.timedelta(hours=1)
"""How often accounts are settled."""
LOOK = 20.0
"""Seconds between two looks."""


def keeping(app: App) -> AbstractContextManager[None]:
    """Look after runs of the registry and accounts while the block runs."""
    return repeated(_Keeper(app).look, every=LOOK, trouble="registry and accounts could not be looked after")


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


@dataclass(slots=True)
class _Keeper:
    """What looks after an app; `settled` is when it last settled its accounts."""

    app: App
    settled: dt.datetime | None = None

    def look(self, leave: Event) -> None:
        """Do what is due."""
        app, now = self.app, dt.datetime.now(dt.UTC)
        go_on(app)
        while price(app) and not leave.is_set():
            pass
        with app.engine.begin() as conn:
            sealing.seal(conn)
        if is_due(self.settled, now):
            moved = settle(app, today())
            log.info("accounts settled", partners=moved)
            if _is_unchecked(app, now):
                verify(app)
            self.settled = now
