"""Run a command and measure it, with all the processes that it starts: `measured`.

The measuring is done by a process of its own (this file as a program), which adopts and waits for whatever the command
leaves behind: the caller may have children that do not end.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""
ROOT = Path(__file__).parent.parent
CASHBACK = Path(sys.executable).with_name("cashback")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command.

    `cpu` is user and system seconds of all its processes, start-up included, `wall` seconds of the clock, `peak` the
    resident memory of its largest process in MB; what it printed, and its exit status.
    """

    cpu: float
    wall: float
    peak: float
    output: str
    errors: str
    status: int

    def lines(self) -> list[dict[str, Any]]:
        """Return what it printed as one JSON object a line."""
        return [json.loads(line) for line in self.output.splitlines() if line.strip()]

    def trouble(self) -> str:
        """Return the last line of what it complained of."""
        return ([line for line in self.errors.splitlines() if line.strip()] or [f"exit status {self.status}"])[-1]


def measured(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Run:
    """Run a command from the root of the repository, to its end, and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-m", "bench.running", told, *command],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if not told.exists():
            return Run(0.0, 0.0, 0.0, done.stdout, done.stderr, done.returncode or 1)
        usage = json.loads(told.read_text())
    return Run(usage["cpu"], usage["wall"], usage["peak"], done.stdout, done.stderr, usage["status"])


def extract(files: Sequence[Path], *options: str) -> Run:
    """Run `cashback extract --json` on the files."""
    return measured([CASHBACK, "extract", "--json", *options, *files])


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind: the command does not wait for the server of its readers."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def ended_processes() -> Iterator[tuple[int, int, resource.struct_rusage]]:
    """Wait for all children, and yield the id, the status and the usage of each with those that it waited for."""
    while True:
        try:
            yield os.wait4(-1, 0)
        except ChildProcessError:
            return


def main(told: Path, command: Sequence[str]) -> None:
    """Run the command, wait for all that it started, and write what they used to a file."""
    adopt_orphans()
    began = time.monotonic()
    first = subprocess.Popen(command).pid
    ended = list(ended_processes())
    usage = {
        "wall": time.monotonic() - began,
        "cpu": sum(used.ru_utime + used.ru_stime for _, _, used in ended),
        "peak": max(used.ru_maxrss for _, _, used in ended) / 1024,
        "status": next(os.waitstatus_to_exitcode(status) for pid, status, _ in ended if pid == first),
    }
    told.write_text(json.dumps(usage))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
