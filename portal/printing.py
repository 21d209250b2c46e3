"""What people see: tables, colours, a bar that moves."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from validators.sentences import clean

WIDE = 160
"""Characters of a line where no terminal says how wide it is."""
COLOURS = {"approved": "green", "rejected": "red", "review": "yellow", "failed": "magenta", "superseded": "dim"}


class Advance(Protocol):
    """Moves the bar on."""

    def __call__(self) -> None:
        """Move the bar on by one."""

    def to(self, done: int, total: int) -> None:
        """Move the bar to so many of so many."""


def out() -> Console:
    """Return the console for results."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=max(found.width, WIDE))


def err() -> Console:
    """Return the console for messages."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str, count: int) -> Iterator[Advance]:
    """Show a bar on a terminal while the block runs, and nothing elsewhere."""
    console = err()
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        yield _Bar(bar, bar.add_task(what, total=count))


@dataclass(frozen=True, slots=True)
class _Bar:
    bar: Progress
    task: TaskID

    def __call__(self) -> None:
        self.bar.advance(self.task)

    def to(self, done: int, total: int) -> None:
        self.bar.update(self.task, completed=done, total=total)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Return a table; columns whose heading begins with ">" are flush right, and like those with "!" wrapped last."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for heading in columns:
        right = heading.startswith(">")
        whole = right or heading.startswith("!")
        justify: Literal["right", "left"] = "right" if right else "left"
        made.add_column(heading.lstrip(">!"), justify=justify, no_wrap=whole, overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) if isinstance(cell, str) else cell for cell in row))
    return made


def warn(warnings: tuple[str, ...]) -> None:
    """Print warnings to standard error."""
    for warning in warnings:
        err().print(f"Warning: {warning}", style="yellow", markup=False)
