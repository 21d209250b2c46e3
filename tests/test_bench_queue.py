"""The bench of the queue runs, and a store that it fills in bulk is as whole as one that was worked."""

import json
import subprocess
import sys
from pathlib import Path

from bench import noop
from bench.bare_queues import ratios
from bench.rows import fill
from store.engine import reading
from store.invariants import AT_REST, RULES
from store.runs import Selection
from workers import reprocess

ROOT = Path(__file__).parent.parent


def test_a_store_that_was_filled_in_bulk_is_whole_and_judged_again_stays_as_it_is(
    tmp_path: Path, database_url: str
) -> None:
    app = noop.opened(tmp_path, database_url)
    fill(app, 3)
    fill(app, 12)
    with reading(app.engine) as conn:
        assert [rule.what for rule in (*RULES, *AT_REST) for _ in conn.execute(rule.query)] == []
    report = reprocess.finish(app, reprocess.begin(app, Selection(), "judge", "tests"))
    assert (report.count, report.changes, report.troubles) == (12, (), {})
    app.close()


def test_the_bench_of_the_queue_runs(tmp_path: Path) -> None:
    counts = ("--count", "4", "--workers", "1", "--rows", "10", "--sample", "2", "--out", str(tmp_path))
    command = [sys.executable, "-m", "bench.queueing", "--databases", "SQLite", "--only", "throughput", "growth"]
    done = subprocess.run([*command, *counts], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "SQLite + Redis, 1 worker " in done.stdout
    figures = json.loads((tmp_path / "queue.json").read_text())
    assert [row["workers"] for row in figures["throughput"]] == [0, 1]
    assert [row["rows"] for row in figures["growth"]] == [10]


def test_other_task_queues_are_compared_with_as_many_workers_of_ours_on_each_database() -> None:
    ours = [
        {"database": "SQLite", "workers": workers, "through": through, "idle": {"begun": 0.02}}
        for workers, through in ((0, 90.0), (1, 100.0), (2, 150.0))
    ]
    theirs = [
        {"tool": "rq", "workers": 2, "through": 300.0, "begun": 0.01},
        {"tool": "celery", "workers": 1, "trouble": "x"},
    ]
    (told,) = ratios(theirs, ours)
    assert (told["tool"], told["workers"], told["times"], told["begun"]) == ("rq", 2, 0.5, 2.0)
