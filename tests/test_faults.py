"""The short form of the experiments: once each, with one fault."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from faults.running import EXPERIMENTS, Experiment, attempt

SHORT = [(one, database) for one in EXPERIMENTS for database in one.short]


@pytest.mark.parametrize(("experiment", "database"), SHORT, ids=[f"{one.name}-{name}" for one, name in SHORT])
def test_nothing_breaks(experiment: Experiment, database: str) -> None:
    tried = attempt(experiment, database, 1, 1)
    assert tried.runs == 1, tried.why
    assert tried.broken == []


def test_nothing_goes_on_when_the_experiments_themselves_are_killed(tmp_path: Path) -> None:
    source = """
from faults.scene import scene
with scene("sqlite", redis=False) as made:
    started = made.hear("lock", "600")
    print(started.pid, next(made.lines(started)), flush=True)
    input()
"""
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tests), str(tests.parent)])
    environment = os.environ | {"PYTHONPATH": path, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", source], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as experiments:
        assert experiments.stdout is not None
        started = psutil.Process(int(experiments.stdout.readline().split()[0]))
        assert _runs(started)
        experiments.kill()
    until = time.monotonic() + 60
    while _runs(started):
        assert time.monotonic() < until
        time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
