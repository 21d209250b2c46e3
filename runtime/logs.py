"""Logs: structured lines on standard error, each with the id of the document that was worked on."""

import logging
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TextIO, cast

import structlog


@dataclass(frozen=True)
class _Lossy:
    """A file in which lines are lost that cannot be written: on a full disk, in a pipe that nobody reads any more."""

    file: TextIO | None

    def write(self, text: str) -> None:
        if self.file is not None:
            with suppress(OSError, ValueError):
                self.file.write(text)

    def flush(self) -> None:
        if self.file is not None:
            with suppress(OSError, ValueError):
                self.file.flush()


def configure(level: str, form: Literal["console", "json"]) -> None:
    """Write log lines from this level on ("debug", "info", "warning", "error") to standard error.

    One that cannot be written is lost, and the work goes on.
    """
    shown = sys.stderr is not None and sys.stderr.isatty()
    plain = structlog.dev.ConsoleRenderer(colors=shown, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
                if form == "json"
                else (plain,)
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lossy(sys.stderr))),
    )
