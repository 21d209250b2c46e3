"""What is counted and timed, for Prometheus: of this process, and of the queue in the database whenever it is asked."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from store import queue, webhooks
from store.engine import reading

STAGES = Histogram(
    "cashback_stage_seconds",
    "Time that a stage took, successful or not.",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
RUNGS = Counter("cashback_rungs", "Readings by the rung of the ladder that they come from.", ["rung"])
OUTCOMES = Counter("cashback_outcomes", "Documents by the state that they came to.", ["outcome"])
REASONS = Counter("cashback_reasons", "Reasons of rejections and reviews, and errors of failed documents.", ["code"])


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Time a stage."""
    began = time.perf_counter()
    try:
        yield
    finally:
        STAGES.labels(stage).observe(time.perf_counter() - began)


def ended(outcome: str, codes: Iterable[str], rung: str | None = None) -> None:
    """Count what a document came to, and why; `rung` where it was read for the first time."""
    OUTCOMES.labels(outcome).inc()
    for code in codes:
        REASONS.labels(code).inc()
    if rung is not None:
        RUNGS.labels(rung).inc()


class Queues(Collector):
    """The depth of each queue, the age of its oldest document and what webhooks have yet to be told, at each scrape."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        with reading(self._engine) as conn:
            depths, at, untold = queue.depths(conn), queue.now(conn), webhooks.counts(conn)
        waiting = GaugeMetricFamily("cashback_queue_waiting", "Documents that wait or are worked on.", labels=["queue"])
        leased = GaugeMetricFamily("cashback_queue_leased", "Documents that are worked on.", labels=["queue"])
        oldest = GaugeMetricFamily("cashback_queue_oldest_seconds", "Age of the oldest of them.", labels=["queue"])
        for name, depth in depths.items():
            waiting.add_metric([name], depth.waiting)
            leased.add_metric([name], depth.leased)
            oldest.add_metric([name], 0 if depth.oldest is None else max(0.0, (at - depth.oldest).total_seconds()))
        notices = GaugeMetricFamily("cashback_notices", "Notices to webhooks: waiting, or given up.", labels=["state"])
        for state, count in untold.items():
            notices.add_metric([state], count)
        yield from (waiting, leased, oldest, notices)
