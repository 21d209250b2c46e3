"""Measures the portal, prints tables, and writes figures to var/bench: `make bench-portal`.

How many files it takes a second, how long its pages take with many documents stored and what they weigh, and how much
memory it holds while large files come in.
"""

import argparse
from pathlib import Path
from typing import Any

from bench import portal_pages, portal_uploads
from bench.report import OUT, measuring, timed
from bench.scenes import DATABASES, POSTGRESQL, Servers, servers

PARTS = ("uploads", "pages", "memory")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="documents stored; one of 50 waits for a person")
    parser.add_argument("--uploads", type=int, default=1000, help="small files sent to each")
    parser.add_argument("--large", type=int, default=100, help="large files sent")
    parser.add_argument("--databases", choices=DATABASES, nargs="+", default=DATABASES, help="databases of the pages")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts to measure")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


def main() -> None:
    """Measure, print and write."""
    given = options()
    out = given.out.absolute()
    needed = given.databases if tuple(given.only) == ("pages",) else [*given.databases, POSTGRESQL]
    with measuring(out, "portal") as figures, servers(needed) as running:
        for part in given.only:
            with timed(figures, part):
                figures[part] = _measure(part, given, running, out)
            {"uploads": portal_uploads.tell, "pages": portal_pages.tell, "memory": portal_uploads.tell_memory}[part](
                figures[part]
            )


def _measure(part: str, given: argparse.Namespace, running: Servers, out: Path) -> list[dict[str, Any]]:
    """Measure one part, and return its rows as JSON."""
    if part == "uploads":
        return portal_uploads.measured(running, out, given.uploads)
    if part == "memory":
        return portal_uploads.memory(running, out, given.large)
    return portal_pages.measured(running, out, given.count, given.databases)


if __name__ == "__main__":
    main()
