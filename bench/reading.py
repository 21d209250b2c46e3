"""Time `cashback extract` per kind of input: python -m bench.reading DIR [MOST], at most MOST files of each (else 20).

CPU seconds are user and system time of the command and all its processes, start-up included; the peak is the resident
memory of its largest process. Every file is read once before, to learn its kind: the timed run finds warm disks.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bench.printing import show
from bench.running import extract
from portal.inputs import EXTENSIONS

HEADINGS = ("Kind", "Files", "CPU s/file", "Wall s/file", "Peak MB", "Refused")


def kind(line: Mapping[str, object]) -> str:
    """Name the kind of an input by its suffix and by where its values came from."""
    document = line.get("document")
    source = document["source"] if isinstance(document, dict) else "refused"
    return f"{Path(str(line['file'])).suffix.lower().lstrip('.')}, {source}"


def row(name: str, files: list[Path]) -> tuple[str, ...]:
    """Time the files of one kind."""
    run = extract(files)
    refused = sum("error" in line for line in run.lines())
    shares = (f"{run.cpu / len(files):.3f}", f"{run.wall / len(files):.3f}", f"{run.peak:.0f}", str(refused))
    return (name, str(len(files)), *shares)


def main(folder: Path, most: int) -> None:
    """Print a row for each kind of input in the folder and its sub-folders."""
    files = sorted(path.absolute() for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    kinds: dict[str, list[Path]] = defaultdict(list)
    for line in extract(files).lines() if files else ():
        kinds[kind(line)].append(Path(str(line["file"])))
    rows = [row(name, found[:most]) for name, found in sorted(kinds.items())]
    show(f"Reading {folder}, {os.cpu_count()} cores", HEADINGS, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
