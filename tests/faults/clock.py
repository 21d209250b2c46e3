"""`faults.driver` with a clock that is wrong by the seconds in the file `clock`, which others change meanwhile."""

import datetime as dt
import runpy
from pathlib import Path
from typing import Self


class Moved(dt.datetime):
    """A moment whose `now` is wrong."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Self:
        """Return what the wrong clock shows."""
        return super().now(tz) + dt.timedelta(seconds=float(Path("clock").read_text() or 0))


if __name__ == "__main__":
    dt.datetime = Moved  # type: ignore[misc]
    runpy.run_module("faults.driver", run_name="__main__", alter_sys=True)
