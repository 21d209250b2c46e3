"""Checking what is stored: what was checked, on how many rows, and what was found."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from portal import printing
from runtime.app import App
from store import integrity
from store.engine import reading
from store.integrity import INVARIANTS, Violation


@dataclass(frozen=True, slots=True)
class Checked:
    """An invariant ("I1", ...) as a sentence, the number of rows it was checked on, and what breaks it."""

    invariant: str
    what: str
    rows: int
    violations: tuple[Violation, ...]


def check(app: App, *, quick: bool = False) -> tuple[Checked, ...]:
    """Check every invariant; `quick` leaves out reading the blobs."""
    found: dict[str, list[Violation]] = defaultdict(list)
    with reading(app.engine) as conn:
        rows = integrity.counts(conn)
        for violation in integrity.check(conn, app.blobs, quick=quick):
            found[violation.invariant].append(violation)
    return tuple(Checked(name, what, rows[name], tuple(found[name])) for name, what in INVARIANTS.items())


def as_json(checked: Checked) -> dict[str, Any]:
    """Return what was checked as JSON."""
    return asdict(checked)


def tables(checked: Iterable[Checked]) -> tuple[Table, ...]:
    """Return the table of what was checked, and that of the violations if there are any."""
    each = tuple(checked)
    done = printing.table(
        "Checked",
        ["Invariant", "What must hold", ">Rows", ">Violations"],
        [(one.invariant, one.what, str(one.rows), str(len(one.violations))) for one in each],
    )
    violations = [violation for one in each for violation in one.violations]
    if not violations:
        return (done,)
    rows = [(violation.invariant, violation.about, violation.what) for violation in violations]
    return done, printing.table("Violations", ["Invariant", "About", "What"], rows)
