"""What a command opens before it works, and how a command that cannot work ends."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy.exc import SQLAlchemyError

from model.money import money
from portal.environment import Lacking, settings_of
from portal.inputs import NotThere
from portal.options import Common
from portal.paying import PaymentsInvalid
from portal.printing import err, warn
from programme.files import RulebookInvalid
from programme.tiers import load_partners
from runtime.app import App, open_app
from runtime.settings import SettingsInvalid
from store.backup import Refused
from store.schema import NotPostgres
from workers import registering, settling

WHO = "command line"
"""Who imports partners when it is done here."""
WRONG_USAGE, LACKING = 2, 3
"""Exit statuses of a command that cannot work: it was asked for the wrong thing; the environment lacks something."""


@contextmanager
def opened(common: Common) -> Iterator[App]:
    """Open the app, with the partners of --partners imported. Errors: as `open_app` and `load_partners`."""
    app = open_app(settings_of(common))
    try:
        warn(app.warnings)
        if common.partners is not None:
            import_partners(app, common.partners, common.on)
        yield app
    finally:
        app.close()


def import_partners(app: App, file: Path, on: dt.date | None) -> tuple[int, int]:
    """Take the partners of a file into the registry; return how many it holds, and how many were new or changed.

    What became of documents that are judged again for it is told on standard error. `on` stands in place of today.
    """
    loaded = load_partners(file)
    warn(loaded.warnings)
    taken = registering.take(app, loaded.partners, WHO, on or settling.today())
    for report in taken.reports:
        changed = f"{len(report.changes)} changed, {money(report.amount)} EUR"
        err().print(f"{report.count} documents judged again for changes in the registry, {changed}")
    if taken.waiting:
        err().print(f"{taken.waiting} documents wait to be judged again for changes in the registry")
    return len(loaded.partners), taken.changed


_ENDINGS: tuple[tuple[type[Exception], int, Callable[[Any], str]], ...] = (
    (NotThere, WRONG_USAGE, str),
    (Refused, WRONG_USAGE, str),
    (Lacking, LACKING, str),
    (RulebookInvalid, WRONG_USAGE, str),
    (PaymentsInvalid, WRONG_USAGE, str),
    (NotPostgres, WRONG_USAGE, lambda _: "SQLite knows no roles: CASHBACK_DATABASE_URL names a PostgreSQL"),
    (SettingsInvalid, WRONG_USAGE, lambda error: "\n".join(error.faults)),
    (ZoneInfoNotFoundError, LACKING, lambda _: "the time zones are missing; `apt-get install tzdata` brings them"),
    (SQLAlchemyError, LACKING, lambda error: f"the database cannot be used: {str(error).splitlines()[0]}"),
    (OSError, LACKING, lambda error: f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"),
)


def ending(error: Exception) -> tuple[int, str] | None:
    """Return the exit status and the sentences for what keeps a command from working; None for an error of ours."""
    return next(((status, say(error)) for kind, status, say in _ENDINGS if isinstance(error, kind)), None)
