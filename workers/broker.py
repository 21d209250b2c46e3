"""Dramatiq on Redis: the bell that wakes workers. What there is to do stands in the database alone.

A message names a document and the version of its form, and whoever receives it takes what is next in its queue. So a
message may be lost, late, doubled, out of order, unknown or from an older release: no document depends on it.
"""

from collections.abc import Callable
from threading import Event
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq import Message, Middleware
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware.prometheus import Prometheus
from prometheus_client import REGISTRY

from runtime.app import App
from store.queue import QUEUES, Queue
from workers import reader
from workers.sandbox import Broken, Died, Sandbox
from workers.worker import Worker, sweep, threads

log = structlog.get_logger()

NAMESPACE = "cashback"
VERSION = 1
"""Of the form of the messages."""
POLL = 40
"""Milliseconds at most between two looks for messages of an idle worker."""
SWEEP = 5.0
"""Seconds between two sweeps."""
PATIENCE = 5.0
"""Seconds to wait for an answer of Redis."""
FAREWELL = 10_000
"""Milliseconds that a worker's threads have to give back what they work on."""


def connect(url: str, *middleware: Middleware) -> RedisBroker:
    """Return the broker behind a redis:// URL; nothing is sent yet."""
    client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client, namespace=NAMESPACE, middleware=list(middleware)
    )


def bell(broker: RedisBroker) -> Callable[[Queue, str], bool]:
    """Return what wakes a worker for a queue on behalf of a document; whether it could be sent.

    What could not, a sweep makes up for.
    """

    def ring(name: Queue, document_id: str = "") -> bool:
        message = Message[None](queue_name=name, actor_name=name, args=(document_id, VERSION), kwargs={}, options={})
        try:
            broker.enqueue(message)
        except redis.RedisError as error:
            log.warning("the bell could not be rung", queue=name, error=str(error))
            return False
        return True

    return ring


def declare(broker: RedisBroker, work: Callable[[], None]) -> None:
    """Declare what a message to each queue sets off."""

    @dramatiq.actor(broker=broker, queue_name="light", actor_name="light", priority=0)
    def light(*_: Any, **__: Any) -> None:
        """Work on what waits."""
        work()

    @dramatiq.actor(broker=broker, queue_name="ocr", actor_name="ocr", priority=10)
    def ocr(*_: Any, **__: Any) -> None:
        """Work on what waits."""
        work()


def work(app: App, url: str, leave: Event, *, task: reader.Task = reader.read) -> None:
    """Work the queue, woken through Redis, until `leave` is set; what is under way then is given back.

    Nothing is taken before something can be read: what a worker holds when it is killed counts as tried.
    """
    measured = Prometheus()
    broker = connect(url, measured)
    ring = bell(broker)
    with Sandbox(threads()) as sandbox:
        worker = Worker(app, sandbox, ring, task=task)

        def drain() -> None:
            while worker.turn():
                pass

        declare(broker, drain)
        broker.emit_after("process_boot")
        _publish(measured)
        _warm(sandbox)
        listening = dramatiq.Worker(broker, queues=set(QUEUES), worker_timeout=POLL, worker_threads=threads())
        listening.start()
        try:
            while not leave.is_set():
                _sweep(worker, ring, drain)
                leave.wait(SWEEP)
        finally:
            worker.leaving.set()
            listening.stop(FAREWELL)
            broker.close()


def _warm(sandbox: Sandbox) -> None:
    try:
        sandbox.warm()
    except (Died, Broken):
        log.exception("the sandbox could not be started")


def _sweep(worker: Worker, ring: Callable[[Queue, str], bool], drain: Callable[[], None]) -> None:
    """Wake workers for what waits, as a message may have been lost. Without Redis this thread works by itself."""
    try:
        waiting = sweep(worker.app)
        if not all(ring(name, "") for name in waiting):
            drain()
    except Exception:
        log.exception("the queue could not be swept")


def _publish(measured: Prometheus) -> None:
    """Show Dramatiq's own metrics among those of this process."""
    for name in ("messages", "errored_messages", "rejected_messages"):
        REGISTRY.register(getattr(measured, f"total_{name}"))
    for metric in (measured.inprogress_messages, measured.message_durations):
        REGISTRY.register(metric)
