"""Workers that Redis wakes: the command itself, with a real Redis; whatever lies there, documents come to their end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from dramatiq import Message
from sample_uploads import DAY, invoice, opened

from fixtures.servers import Redis
from model.state import State
from runtime.app import App
from store import documents, queue
from store.documents import Document
from store.engine import reading
from workers import broker, steps
from workers.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("cashback")


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


@contextmanager
def _worker(app: App, redis: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    settings = {
        "CASHBACK_DATABASE_URL": app.settings.database,
        "CASHBACK_REDIS_URL": redis,
        "CASHBACK_DATA": str(app.settings.data),
        "CASHBACK_RULEBOOK": str(app.rulebook_folder),
        "CASHBACK_LOG_LEVEL": "warning",
    }
    worker = subprocess.Popen(
        [COMMAND, "work"], env={**os.environ, **settings, **more}, stderr=subprocess.PIPE, text=True
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def _accept(app: App, number: str = "R1", phones: int = 3) -> Document:
    return steps.accept(app, invoice(number, phones=phones), "a.xml", "P1", DAY)


def _done(app: App, document: Document) -> bool:
    with reading(app.engine) as conn:
        return documents.get(conn, document.id).state is State.APPROVED


def _until(true: Callable[[], bool], within: float = 60) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_worker_does_what_waited_for_it_and_what_it_is_woken_for_and_leaves_when_told(app: App, redis: Redis) -> None:
    waited = _accept(app)
    with _worker(app, redis.url) as worker:
        _until(lambda: _done(app, waited))
        later = _accept(app, "R2", 2)
        assert broker.bell(broker.connect(redis.url))("light", later.id)
        _until(lambda: _done(app, later), within=4)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
    with reading(app.engine) as conn:
        assert all(depth.waiting == 0 for depth in queue.depths(conn).values())


def test_messages_that_are_foreign_doubled_or_of_other_releases_do_no_harm(app: App, redis: Redis) -> None:
    connected = broker.connect(redis.url)
    for arguments in (("unknown",), (), ("unknown", 99, "more"), (None, {"a": 1})):
        for name in queue.QUEUES:
            connected.enqueue(Message(queue_name=name, actor_name=name, args=arguments, kwargs={"x": 1}, options={}))
    connected.enqueue(Message(queue_name="light", actor_name="of another program", args=(), kwargs={}, options={}))
    for key in ("cashback:light", "cashback:ocr"):
        connected.client.rpush(key, "garbage")
        connected.client.hset(f"{key}.msgs", "garbage", b"\x00 no message")
    document = _accept(app)
    ring = broker.bell(connected)
    for _ in range(3):
        ring("light", document.id)
    with _worker(app, redis.url):
        _until(lambda: _done(app, document))
        again = _accept(app, "R2", 2)
        ring("light", again.id)
        _until(lambda: _done(app, again))


def test_nothing_is_taken_before_it_can_be_read(app: App, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    document, leave, warmed = _accept(app), Event(), list[int]()
    warm = Sandbox.warm

    def look(sandbox: Sandbox) -> None:
        warm(sandbox)
        time.sleep(1)
        with reading(app.engine) as conn:
            warmed.append(queue.depths(conn)["light"].leased)

    monkeypatch.setattr(Sandbox, "warm", look)
    monkeypatch.setattr(broker, "_publish", lambda _: None)  # metrics are of a process, and here are several workers
    broker.bell(broker.connect(redis.url))("light", document.id)
    working = Thread(target=broker.work, args=(app, redis.url, leave))
    working.start()
    try:
        _until(lambda: _done(app, document))
    finally:
        leave.set()
        working.join()
    assert warmed == [0]


def test_without_redis_a_worker_works_and_an_upload_is_not_refused(app: App) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    document = _accept(app)
    assert not broker.bell(broker.connect(nowhere))("light", document.id)
    with _worker(app, nowhere):
        _until(lambda: _done(app, document))


def test_a_worker_shows_its_metrics(app: App, redis: Redis) -> None:
    document = _accept(app)
    port = 20_000 + os.getpid() % 20_000
    with _worker(app, redis.url, CASHBACK_METRICS_PORT=str(port)):
        _until(lambda: _done(app, document))
        shown = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for line in (
        'cashback_queue_waiting{queue="light"} 0.0',
        'cashback_queue_oldest_seconds{queue="ocr"} 0.0',
        'cashback_stage_seconds_count{stage="read"} 1.0',
        'cashback_outcomes_total{outcome="approved"} 1.0',
        'cashback_rungs_total{rung="xml"} 1.0',
        "# TYPE dramatiq_messages_total counter",
    ):
        assert line in shown
