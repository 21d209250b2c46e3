"""What could not be measured has no figures in the bench's comparison."""

import sys
from pathlib import Path
from typing import Any

import pytest

from bench.inputs import CLEAN, TEXT, Input
from bench.peers import OURS, PLAIN, Result, Tool, measure, ratios, unread
from bench.running import Run, measured

INPUTS = [Input(Path("a.pdf"), ("12 Stck 3,50",), {"number": "R-17"})] * 2


def tool(result: Result, program: str = sys.executable) -> Tool:
    return Tool("tool", (TEXT,), Path(program), lambda *_: result)


def test_a_tool_that_works_has_shares_per_page() -> None:
    fields: list[dict[str, Any]] = [{"number": "R-17"}, {"number": None}]
    row = measure(tool(Result(Run(4.0, 6.0, 80.0, "", "", 0), ["12Stck 3,50", "12"], fields)), TEXT, INPUTS)
    assert (row["cpu"], row["wall"], row["peak"], row["recall"], row["fields"]) == (2.0, 3.0, 80.0, 0.75, 0.5)


@pytest.mark.parametrize(
    ("failing", "trouble"),
    [
        (tool(Result(Run(0.1, 0.1, 9.0, "", "first\nno such language\n", 2))), "no such language"),
        (tool(Result(Run(0.1, 0.1, 9.0, "", "", 0)), "/nowhere/tool"), "not installed: .ci/bootstrap bench says why"),
    ],
)
def test_a_tool_that_fails_or_is_not_there_has_a_reason_and_no_figures(failing: Tool, trouble: str) -> None:
    row = measure(failing, TEXT, INPUTS)
    assert row["trouble"] == trouble
    assert "cpu" not in row


def test_documents_that_were_not_read_are_no_measure_of_reading() -> None:
    good: dict[str, Any] = {"file": "a.pdf", "invoice": {}}
    bad = {"file": "b.pdf", "error": {"code": "crashed", "message": "The reader came to grief."}}
    assert unread([good, good], 2) == ""
    assert unread([good, bad], 2) == "1 of 2 not read: crashed"
    assert unread([bad], 2) == "2 of 2 not read: crashed, no answer"


def row(name: str, cpu: float, recall: float) -> dict[str, Any]:
    return {"tool": name, "class": CLEAN, "cpu": cpu, "further": None, "recall": recall}


def met(*rows: dict[str, Any]) -> tuple[object, object]:
    """The times and whether the goal is met against OCRmyPDF on clean scans."""
    (told,) = (one for one in ratios(rows) if one["peer"] == PLAIN)
    return told["times"], told["met"]


def test_on_scans_a_goal_asks_for_less_time_and_for_more_digits() -> None:
    assert met(row(OURS, 1.0, 0.99), row(PLAIN, 2.0, 0.95)) == (2.0, True)
    assert met(row(OURS, 1.0, 0.94), row(PLAIN, 2.0, 0.95)) == (2.0, False)
    assert met(row(OURS, 2.0, 0.99), row(PLAIN, 2.0, 0.95)) == (1.0, False)


def test_against_what_was_not_measured_nothing_is_met() -> None:
    failed = {"tool": OURS, "class": CLEAN, "trouble": "1 of 2 not read: crashed"}
    assert met(failed, row(PLAIN, 2.0, 0.95)) == (None, None)


def test_a_command_is_measured_with_what_it_starts() -> None:
    busy = "sum(range(10**6))"
    run = measured([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{busy}'])"])
    assert run.status == 0
    assert run.cpu > 0
    assert measured([sys.executable, "-c", "import sys; sys.exit('over')"]).trouble() == "over"
