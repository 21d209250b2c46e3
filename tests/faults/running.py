"""Running the experiments and telling what came of them: `python -m tests.faults`, or `make faults`."""

import argparse
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from faults import crowds, killing, operation, queueing, serving, surroundings
from faults.scene import Scene, scene
from faults.surroundings import Skipped
from store.integrity import INVARIANTS

CHECKED = " ".join(sorted({*INVARIANTS, "I9"}, key=lambda name: int(name[1:])))
"""The invariants that are checked after each experiment."""
DATABASES = ("sqlite", "postgresql")


class Experiment(NamedTuple):
    """What is done to a scene, and whether it takes a Redis; `runs` of so many faults (`kills`) each in the long form.

    `short` says which databases the short form tries it on: once, with one fault.
    """

    do: Callable[[Scene, int], None]
    redis: bool
    runs: int
    kills: int
    databases: Sequence[str] = DATABASES
    short: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The name of it, as --only takes it."""
        return self.do.__name__


EXPERIMENTS = (
    Experiment(killing.worker_mid_ocr, redis=True, runs=5, kills=10, short=("postgresql",)),
    Experiment(killing.only_worker_mid_ocr, redis=False, runs=3, kills=2),
    Experiment(killing.acceptance, redis=True, runs=2, kills=4, short=("sqlite",)),
    Experiment(killing.poison, redis=False, runs=2, kills=3),
    Experiment(killing.murder, redis=False, runs=2, kills=3),
    Experiment(killing.superseding, redis=False, runs=2, kills=4),
    Experiment(serving.web, redis=False, runs=2, kills=4),
    Experiment(serving.web_and_workers, redis=True, runs=2, kills=4),
    Experiment(serving.aborted, redis=False, runs=2, kills=2, short=("sqlite",)),
    Experiment(queueing.killed_and_empty, redis=True, runs=2, kills=3),
    Experiment(queueing.flushed, redis=True, runs=2, kills=3),
    Experiment(queueing.misled, redis=True, runs=2, kills=3, short=("sqlite",)),
    Experiment(queueing.upgraded, redis=True, runs=2, kills=2),
    Experiment(surroundings.frozen, redis=False, runs=2, kills=2),
    Experiment(surroundings.clocks, redis=False, runs=2, kills=2),
    Experiment(surroundings.locked, redis=False, runs=2, kills=2, databases=("sqlite",)),
    Experiment(surroundings.restarted, redis=False, runs=2, kills=4, databases=("postgresql",)),
    Experiment(surroundings.full_blobs, redis=False, runs=2, kills=2),
    Experiment(surroundings.full_database, redis=False, runs=2, kills=2, databases=("sqlite",)),
    Experiment(crowds.identical, redis=True, runs=2, kills=1, short=()),
    Experiment(crowds.identical_by_two, redis=True, runs=2, kills=1),
    Experiment(crowds.trio, redis=False, runs=2, kills=4),
    Experiment(operation.rolling, redis=True, runs=2, kills=6, short=("postgresql",)),
    Experiment(operation.migrated, redis=True, runs=2, kills=1),
    Experiment(operation.restored, redis=True, runs=2, kills=4),
    Experiment(crowds.reprocessing, redis=False, runs=2, kills=2),
)


@dataclass
class Tried:
    """What came of all runs of an experiment on one database; `why` tells why there is none.

    With `logged` the processes' own words go to standard error.
    """

    experiment: Experiment
    database: str
    runs: int = 0
    seconds: list[float] = field(default_factory=list)
    kills: int = 0
    doubles: int = 0
    broken: list[str] = field(default_factory=list)
    why: str = ""
    logged: bool = False

    def row(self) -> tuple[str, ...]:
        """Return what stands of it in the table."""
        name = (self.experiment.name, self.database)
        if self.why:
            return (*name, "0", self.why, "", "", "", "")
        median, worst = (f"{of(self.seconds):.1f}" if self.seconds else "" for of in (statistics.median, max))
        doubles = f"{self.doubles / self.kills:.2f}" if self.kills else ""
        return (*name, str(self.runs), CHECKED, str(len(self.broken)), median, worst, doubles)


def attempt(experiment: Experiment, database: str, runs: int, kills: int, *, logged: bool = False) -> Tried:
    """Make an experiment so often, each time with so many faults."""
    tried = Tried(experiment, database, logged=logged)
    for _ in range(runs):
        try:
            _run(tried, kills)
        except Skipped as skipped:
            tried.why = str(skipped)
            break
        except Exception:  # noqa: BLE001 (the other experiments go on)
            tried.broken.append(f"the experiment came to no end: {traceback.format_exc()}")
        tried.runs += 1
    return tried


def _run(tried: Tried, kills: int) -> None:
    with scene(tried.database, redis=tried.experiment.redis) as made:
        try:
            tried.experiment.do(made, kills)
            made.quiet()
            tried.seconds += made.waits
            made.end()
            tried.broken += made.broken()
            tried.kills += made.kills
            tried.doubles += made.doubles()
        finally:
            if tried.logged:
                sys.stderr.write((made.folder / "log").read_text())


def main() -> None:
    """Make the experiments that were asked for and end with 1 if anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="each once, with one fault")
    parser.add_argument("--only", choices=[one.name for one in EXPERIMENTS], help="no other experiment")
    parser.add_argument("--database", choices=DATABASES, help="on no other database")
    parser.add_argument("--log", action="store_true", help="show what the processes had to say")
    asked = parser.parse_args()
    done = []
    for one in EXPERIMENTS:
        for database in one.databases:
            if asked.only in {None, one.name} and asked.database in {None, database}:
                began = time.monotonic()
                runs, kills = (1, 1) if asked.short else (one.runs, one.kills)
                done.append(attempt(one, database, runs, kills, logged=asked.log))
                _say(f"{one.name} {database}: {time.monotonic() - began:.0f} s", *done[-1].broken)
    _say(table(done))
    sys.exit(1 if any(tried.broken for tried in done) else 0)


def table(done: Sequence[Tried]) -> str:
    """Return the table of what came of the experiments."""
    heads = (
        "experiment",
        "database",
        "runs",
        "invariants checked",
        "violations",
        "median s",
        "worst s",
        "doubles/fault",
    )
    rows = [heads, *(tried.row() for tried in done)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _say(*lines: str) -> None:
    sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.flush()
