"""`cashback rulebook diff`: what a new rulebook says otherwise, and what that would change for what is stored."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from portal import printing, reprocessing
from programme.changes import Difference, differences
from programme.rulebook import Rulebook, load
from runtime.app import App
from workers import reprocess

Form = Literal["table", "json", "csv"]


def diff(app: App, old: Path, new: Path, form: Form) -> None:
    """Print the differences of two rulebooks, and the documents, euros and partners that the new one would change.

    Errors: RulebookInvalid.
    """
    before, after = _loaded(old), _loaded(new)
    found = tuple(differences(before, after))
    with printing.progress("Comparing", 0) as advance:
        report = reprocess.compare(replace(app, rulebook=after), before, advance.to)
    if form == "json":
        for one in found:
            sys.stdout.write(json.dumps({"difference": one._asdict()}, ensure_ascii=False) + "\n")
    elif form == "table":
        printing.out().print(_table(found))
    reprocessing.tell(app, report, dry_run=True, form=form)


def _loaded(folder: Path) -> Rulebook:
    loaded = load(folder)
    printing.warn(loaded.warnings)
    return loaded.rulebook


def _table(found: Sequence[Difference]) -> Any:
    if not found:
        return "Both rulebooks say the same."
    rows = [(one.file, one.row, one.field or "the row", _shown(one.old), _shown(one.new)) for one in found]
    return printing.table("What the new rulebook says otherwise", ("File", "Row", "Field", "Old", "New"), rows)


def _shown(value: Any) -> str:
    """Return a value as people read it: a row that is there in words, the rest as JSON."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return "there"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
