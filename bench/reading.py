"""Time `cashback extract` per kind of input: bench/reading.py DIR [MOST], at most MOST files of each kind (else 20).

CPU seconds are user and system time of the command and all its processes, start-up included; the peak is the resident
memory of its largest process. Every file is read once before, to learn its kind: the timed run finds warm disks.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from portal.inputs import EXTENSIONS

PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""
COMMAND = Path(sys.executable).with_name("cashback")
HEADINGS = ("Kind", "Files", "CPU s/file", "Wall s/file", "Peak MB", "Refused")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command: seconds of CPU and of the clock, the largest process in MB, and what it printed."""

    cpu: float
    wall: float
    peak: float
    lines: tuple[dict[str, object], ...]


def extract(files: list[Path]) -> Run:
    """Run `cashback extract --json` on the files."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.monotonic()
        subprocess.Popen([COMMAND, "extract", "--json", *files], stdout=out, stderr=subprocess.DEVNULL)
        used = list(ended_processes())
        wall = time.monotonic() - began
        out.seek(0)
        lines = tuple(json.loads(line) for line in out)
    return Run(sum(one.ru_utime + one.ru_stime for one in used), wall, max(one.ru_maxrss for one in used) / 1024, lines)


def ended_processes() -> Iterator[resource.struct_rusage]:
    """Wait for all children, and yield what each used together with those that it waited for itself."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind: the command does not wait for the server of its readers."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kind(line: dict[str, object]) -> str:
    """Name the kind of an input by its suffix and by where its values came from."""
    document = line.get("document")
    source = document["source"] if isinstance(document, dict) else "refused"
    return f"{Path(str(line['file'])).suffix.lower().lstrip('.')}, {source}"


def main(folder: Path, most: int) -> None:
    """Print a row for each kind of input in the folder and its sub-folders."""
    adopt_orphans()
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    kinds: dict[str, list[Path]] = defaultdict(list)
    for line in extract(files).lines:
        kinds[kind(line)].append(Path(str(line["file"])))
    table = Table(*HEADINGS, box=None, title=f"Reading {folder}, {os.cpu_count()} cores", title_justify="left")
    for name, found in sorted(kinds.items()):
        chosen = found[:most]
        run = extract(chosen)
        refused = sum("error" in line for line in run.lines)
        shares = (f"{run.cpu / len(chosen):.3f}", f"{run.wall / len(chosen):.3f}", f"{run.peak:.0f}", str(refused))
        table.add_row(name, str(len(chosen)), *shares)
    Console(width=100).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
