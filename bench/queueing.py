"""Measures queue and state machine, prints tables, and writes figures and a plot to var/bench: `make bench-queue`.

Documents that need no reading go through everything else: how many a second, how long one waits, what other task queues
do with a job that does nothing, what judging many again takes, and whether a document costs more the more are stored.
"""

import argparse
from pathlib import Path
from typing import Any

from bench import again, bare_queues, growth, throughput
from bench.report import OUT, measuring, plots, timed
from bench.scenes import DATABASES, WORKERS, Servers, servers

PARTS = ("throughput", "peers", "again", "growth")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="documents through each scene")
    parser.add_argument("--peers", type=int, default=2000, help="jobs through each other task queue")
    parser.add_argument("--again", type=int, default=100_000, help="documents that are judged again")
    parser.add_argument("--rows", type=int, default=1_000_000, help="documents in the largest store")
    parser.add_argument("--sample", type=int, default=growth.SAMPLE, help="documents measured at each size")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="worker processes, each in turn")
    parser.add_argument("--databases", choices=DATABASES, nargs="+", default=DATABASES, help="databases, each in turn")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts to measure")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


def main() -> None:
    """Measure, print and write."""
    given = options()
    out = given.out.absolute()
    with measuring(out, "queue") as figures, servers(given.databases) as running:
        for part in given.only:
            with timed(figures, part):
                figures[part] = measure(part, given, running, out)
            tell(part, figures)
    plots(out)


def measure(part: str, given: argparse.Namespace, running: Servers, out: Path) -> list[dict[str, Any]]:
    """Measure one part, and return its rows as JSON."""
    if part == "throughput":
        return throughput.measured(running, out, given.count, given.workers, given.databases)
    if part == "peers":
        return bare_queues.measured(running.redis.url, given.peers, given.workers)
    if part == "again":
        return again.measured(running, out, given.again, given.databases)
    return growth.measured(running, out, given.rows, given.sample, given.databases)


def tell(part: str, figures: dict[str, Any]) -> None:
    """Print what was measured in one part."""
    if part == "peers":
        bare_queues.tell(figures["peers"], figures.get("throughput", []))
    else:
        {"throughput": throughput, "again": again, "growth": growth}[part].tell(figures[part])


if __name__ == "__main__":
    main()
