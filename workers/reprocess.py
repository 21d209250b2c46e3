"""Processing documents again, from reading, extracting or judging on: as a run, or only to see what one would do."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from model.case import Partner
from model.money import ZERO
from model.state import State
from programme.rulebook import Rulebook, version_line
from runtime.app import App
from store import copying, documents, partners, queue, results, rulebooks, runs
from store.documents import Document
from store.engine import open_engine, reading
from store.queue import Stage
from store.runs import Run, Selection, Standing
from store.schema import upgrade
from workers import reader
from workers.lanes import working
from workers.reader import Read

FIRST_LOOK, LOOK = 0.01, 0.3
"""Seconds between two looks at how far a run is: twice as many each time, up to the most."""

Progress = Callable[[int, int], None]
"""Told how many documents of a run are done, of how many, now and then."""


@dataclass(frozen=True, slots=True)
class Change:
    """A document that a run changed, or would change: where it stood before and where it stands after."""

    document_id: str
    partner_id: str
    before: Standing
    after: Standing

    @property
    def amount(self) -> Decimal:
        """What it earns more than before, in EUR."""
        return self.after.amount - self.before.amount


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run: how many documents it looked at, which of them (and of those they concern) changed.

    `troubles` counts, by what came of them, those that could not be processed again and stay as they were.
    """

    count: int
    changes: tuple[Change, ...]
    troubles: dict[str, int]

    @property
    def amount(self) -> Decimal:
        """What all of them earn more than before, in EUR."""
        return sum((change.amount for change in self.changes), ZERO)

    def by(self, group: Callable[[Change], str]) -> dict[str, tuple[int, Decimal]]:
        """Return how many changed and what that is worth in EUR, by what `group` names; the most money first."""
        sums: dict[str, tuple[int, Decimal]] = {}
        for change in self.changes:
            number, amount = sums.get(group(change), (0, ZERO))
            sums[group(change)] = number + 1, amount + change.amount
        return dict(sorted(sums.items(), key=lambda item: (-abs(item[1][1]), item[0])))


def begin(app: App, selection: Selection, stage: Stage, who: str) -> Run:
    """Begin a run over what has been accepted so far."""
    with app.engine.begin() as conn:
        return start(app, conn, selection, stage, who)


def start(app: App, conn: Connection, selection: Selection, stage: Stage, who: str) -> Run:
    """Begin a run in a transaction that does more: what it makes necessary is not forgotten then."""
    return runs.start(conn, stage, selection, rulebook=rules(app, conn), who=who, at=_now())


def rules(app: App, conn: Connection) -> str:
    """Return the versions of the rulebook that holds in one line."""
    return version_line(rulebooks.live(conn, app.rulebook).versions)


def fill(app: App, run: Run, may: Callable[[Connection], bool] = lambda _: True) -> int:
    """Put the documents of a run into the queue that are not there yet, and return how many it has in all.

    One that is under way already is judged by these rules anyhow. `may` is asked, while the run is held, before each
    part of them.
    """
    while True:
        with app.engine.begin() as conn:
            run = runs.hold(conn, run.id)
            if not may(conn):
                break
            page = runs.chosen(conn, run)
            runs.note(conn, run, page)
            for document in page:
                queue.enqueue(conn, documents.hold(conn, document.id), _first(conn, run, document), run_id=run.id)
            runs.reach(conn, run, page[-1].acceptance if page else run.up_to)
        if not page:
            break
    with reading(app.engine) as conn:
        return len(runs.members(conn, run))


def finish(
    app: App, run: Run, progress: Progress = lambda _done, _total: None, task: reader.Task = reader.read
) -> Report:
    """Bring a run to its end in this process, wherever it was left, and tell what came of it."""
    total = fill(app, run)
    with working(app, total, task=task) as (_, bell):
        bell.ring()
        watch(app, run, total, progress)
    return close(app, run)


def watch(app: App, run: Run, total: int, progress: Progress = lambda _done, _total: None) -> None:
    """Wait until all documents of a run are done, whoever works on them."""
    pause = FIRST_LOOK
    while True:
        with reading(app.engine) as conn:
            left = runs.left(conn, run)
        progress(total - left, total)
        if not left:
            return
        time.sleep(pause)
        pause = min(LOOK, 2 * pause)


def close(app: App, run: Run) -> Report:
    """Write down that a run has ended, and tell what came of it."""
    with app.engine.begin() as conn:
        runs.end(conn, run, _now())
        before = runs.members(conn, run)
        return compared(conn, len(before), before, Counter(runs.troubles(conn, run).values()))


def compared(conn: Connection, count: int, before: dict[str, Standing], troubles: dict[str, int]) -> Report:
    """Tell what became of documents that stood so before, `count` of which were processed again."""
    after = runs.standings(conn, before)
    changed = [documents.get(conn, one) for one, was in before.items() if after[one] != was]
    changed.sort(key=lambda document: document.acceptance)
    changes = (Change(one.id, one.partner_id, before[one.id], after[one.id]) for one in changed)
    return Report(count, tuple(changes), dict(troubles))


def preview(app: App, selection: Selection, stage: Stage, progress: Progress = lambda _done, _total: None) -> Report:
    """Tell what a run would change, also of documents beyond the selection, by running it on a copy."""
    with _copied(app, selection) as copy:
        return _tried(copy, selection, stage, progress)


def compare(app: App, old: Rulebook, progress: Progress = lambda _done, _total: None) -> Report:
    """Tell what the app's rulebook changes for all documents against an old one, by judging a copy by both."""
    everything = Selection()
    with _copied(app, everything) as copy:
        before, after = replace(copy, rulebook=old), replace(copy, rulebook=app.rulebook)
        finish(before, begin(before, everything, "judge", "preview"), progress)
        return _tried(after, everything, "judge", progress)


def foresee(
    app: App, selection: Selection, *, rulebook: Rulebook | None = None, imported: Iterable[Partner] = ()
) -> Report:
    """Tell what judging these documents again would change, by another rulebook or with partners as they will be."""
    with _copied(app, selection) as copy:
        with copy.engine.begin() as conn:
            partners.import_partners(conn, imported, "preview", _now())
        return _tried(replace(copy, rulebook=rulebook or copy.rulebook), selection, "judge", lambda _done, _total: None)


@contextmanager
def _copied(app: App, selection: Selection) -> Iterator[App]:
    """Yield the app on a copy of what a run over this selection may change."""
    with TemporaryDirectory(prefix="cashback-preview-") as folder:
        copy = replace(app, engine=open_engine(f"sqlite:///{Path(folder) / 'copy.sqlite3'}", durable=False))
        try:
            upgrade(copy.engine)
            with reading(app.engine) as conn:
                ids = runs.found(conn, selection)
                copy = replace(copy, rulebook=rulebooks.live(conn, app.rulebook))
            copying.copy(app.engine, copy.engine, ids)
            yield copy
        finally:
            copy.engine.dispose()


def _tried(copy: App, selection: Selection, stage: Stage, progress: Progress) -> Report:
    with reading(copy.engine) as conn:
        before = runs.standings(conn, copying.concerned(conn))
    report = finish(copy, begin(copy, selection, stage, "preview"), progress, task=_untaped)
    with reading(copy.engine) as conn:
        return compared(conn, report.count, before, report.troubles)


def _first(conn: Connection, run: Run, document: Document) -> Stage:
    """Return the stage from which on a document is processed again.

    What failed is read; what has no tape, and so took no OCR or was read before there were tapes, is extracted by
    reading it.
    """
    if document.state is State.FAILED:
        return "read"
    if run.stage == "extract" and results.tape(conn, document.digest) is None:
        return "read"
    return run.stage


def _untaped(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task of the sandbox)
    """Read without leaving what the engines said, which would be a file that nobody knows."""
    return replace(reader.read(data, name, ocr, tape), tape=None)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
