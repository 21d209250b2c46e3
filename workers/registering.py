"""A change of the registry acts on what was judged: documents of the partners that it changed are judged again.

The run is begun in the transaction of the import, so that it is not forgotten when the process ends between the two.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from model.case import Partner
from model.state import OUTCOMES
from runtime.app import App
from store import partners, runs
from store.engine import reading
from store.partners import Imported
from store.queue import QUEUES
from store.runs import Run, Selection
from workers import broker, reprocess
from workers.reprocess import Report
from workers.settling import settle

WHO, RULEBOOK = "registry", "rulebook"
"""Who begins these runs; those of a rulebook that went live are begun by RULEBOOK and, behind it, a person."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many partners an import made new or changed, what came of the documents judged again, how many wait for it.

    The last are those that workers woken through Redis judge again.
    """

    changed: int
    reports: tuple[Report, ...] = ()
    waiting: int = 0


def take(app: App, imported: Iterable[Partner], who: str, on: dt.date) -> Taken:
    """Take partners into the registry, have what was judged of them judged again, and hold or release what is owed.

    Without Redis all of it has come to its end when this returns, also what an earlier import was interrupted in. `on`
    is the day for which is held or released.
    """
    with app.engine.begin() as conn:
        made = take_in(app, conn, imported, who)
    with reading(app.engine) as conn:
        begun = _begun(runs.open_runs(conn))
    if app.settings.redis_url is None:
        taken = Taken(len(made.changed), reports=tuple(reprocess.finish(app, run) for run in begun))
    else:
        taken = Taken(len(made.changed), waiting=sum(reprocess.fill(app, run) for run in begun))
        if begun:
            _wake(app.settings.redis_url)
    if made.changed:
        settle(app, on, made.changed)
    return taken


def take_in(app: App, conn: Connection, imported: Iterable[Partner], who: str) -> Imported:
    """Take partners into the registry and begin the run that judges their documents again, in one transaction.

    Whoever keeps house (`go_on`) brings it to its end.
    """
    made = partners.import_partners(conn, imported, who, dt.datetime.now(dt.UTC))
    chosen = Selection(states=tuple(sorted(OUTCOMES)), partners=made.decisive)
    if made.decisive and runs.found(conn, chosen):
        reprocess.start(app, conn, chosen, "judge", WHO)
    return made


def go_on(app: App) -> None:
    """Go on with runs that whoever began them has left to the workers, and write down which of them have ended."""
    with reading(app.engine) as conn:
        begun = _begun(runs.open_runs(conn))
    for run in begun:
        reprocess.fill(app, run)
        with reading(app.engine) as conn:
            left = runs.left(conn, run)
        if not left:
            reprocess.close(app, run)


def _begun(found: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(run for run in found if run.who.partition(" ")[0] in {WHO, RULEBOOK})


def _wake(url: str) -> None:
    ring = broker.bell(broker.connect(url))
    for name in QUEUES:
        ring(name, "")
