"""How the measures are printed: tables of plain text."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

WIDTH = 132


def show(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], note: str = "") -> None:
    """Print a table; the first column is for words, the others are for figures."""
    table = Table(box=None, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*("-" if cell is None else str(cell) for cell in row))
    console = Console(width=WIDTH, highlight=False)
    console.print(table)
    if note:
        console.print(note, style="dim", markup=False)
    console.print()


def say(sentence: str) -> None:
    """Print a sentence."""
    Console(width=WIDTH, highlight=False).print(sentence, markup=False)


def percent(share: float | None, places: int = 1) -> str | None:
    """Write a share as a percentage."""
    return None if share is None else f"{100 * share:.{places}f} %"


def ratio(part: float, whole: float) -> float | None:
    """Return a share, None of nothing."""
    return part / whole if whole else None
