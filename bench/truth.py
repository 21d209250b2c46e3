"""The truth about documents: NAME.truth.json beside each file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.inputs import EXTENSIONS

Json = dict[str, Any]
ENDING = ".truth.json"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one file, and the group (medium, kind or folder) that it is counted in."""

    file: Path
    group: str
    told: Json

    @property
    def invoice(self) -> Json | None:
        """The true invoice; None where the file is none, or where nobody could read it."""
        found: Json | None = self.told["invoice"]
        return found

    @property
    def any_sign(self) -> bool:
        """Whether amounts count as right with either sign: the page prints other signs than the truth."""
        return self.told.get("amount_sign") == "any"


def truths(folder: Path) -> list[Truth]:
    """Return the truths of a folder and its sub-folders, in the order of their names."""
    return list(_truths(folder.absolute()))


def truth_of(file: Path) -> Truth:
    """Return the truth beside a file. Errors: OSError."""
    told = json.loads(file.with_name(file.stem + ENDING).read_text(encoding="utf-8"))
    return Truth(file, told.get("degradation") or told.get("kind") or file.parent.name, told)


def _truths(folder: Path) -> Iterator[Truth]:
    for path in sorted(folder.rglob(f"*{ENDING}")):
        stem = path.name.removesuffix(ENDING)
        beside = [path.with_name(stem + ending) for ending in sorted(EXTENSIONS)]
        file = next((one for one in beside if one.exists()), None)
        if file is not None:
            yield truth_of(file)
