import json
from collections.abc import Iterator

import pytest
import structlog

from runtime import logs


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
