import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from sample_uploads import DAY, invoice, opened
from sqlalchemy import func, select

from model.state import State
from runtime import logs
from store import documents
from store.engine import reading
from store.tables import attempts
from workers import steps
from workers.worker import threads

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", file="a.pdf")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "quiet" not in captured.err
    assert "loud" in captured.err


def test_a_json_line_names_the_document_and_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    with structlog.contextvars.bound_contextvars(document_id="d1"):
        try:
            int("no number")
        except ValueError:
            structlog.get_logger().exception("document failed")
    line = json.loads(capsys.readouterr().err)
    assert (line["document_id"], line["level"], line["event"]) == ("d1", "error", "document failed")
    assert "ValueError: invalid literal" in line["exception"]


def test_an_error_is_shown_to_people_without_the_values_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    secret = "hun" + "ter2"
    try:
        int(secret[:3])
    except ValueError:
        structlog.get_logger().exception("failed")
    shown = capsys.readouterr().err
    assert "invalid literal" in shown
    assert "hunter2" not in shown


def test_a_line_is_lost_where_there_is_nothing_to_write_it_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = (tmp_path / "log").open("w")
    monkeypatch.setattr("sys.stderr", file)
    logs.configure("info", "json")
    file.close()
    structlog.get_logger().error("lost")
    monkeypatch.setattr("sys.stderr", None)
    logs.configure("info", "json")
    structlog.get_logger().error("lost")


def test_no_thread_of_a_worker_ends_because_its_log_cannot_be_written(tmp_path: Path) -> None:
    app = opened(tmp_path)
    for number in range(threads()):
        steps.accept(app, invoice(note=f"deadly {number}"), "deadly", "P1", DAY)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
        "CASHBACK_DATA": str(app.settings.data),
        "CASHBACK_RULEBOOK": str(app.rulebook_folder),
    }
    command = [sys.executable, "-m", "faults.driver", "embedded", "deadly"]
    with Path("/dev/full").open("w") as full:
        worker = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=full)
    died = select(func.count()).select_from(attempts).where(attempts.c.outcome == "its process died")

    def logged() -> bool:
        with reading(app.engine) as conn:
            return bool(conn.execute(died).scalar_one() >= threads())

    def approved() -> bool:
        with reading(app.engine) as conn:
            return documents.get(conn, good.id).state is State.APPROVED

    try:
        _until(logged)
        good = steps.accept(app, invoice(), "invoice.xml", "P1", DAY)
        _until(approved)
    finally:
        worker.terminate()
        worker.wait()
        app.close()


def _until(true: Callable[[], bool], within: float = 120) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
