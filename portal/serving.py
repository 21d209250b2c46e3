"""The commands that run until they are told to end."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY, start_http_server

from portal.web import web
from runtime.app import App
from runtime.metrics import Queues
from runtime.settings import PREFIX, SettingsInvalid
from store.queue import Queue
from workers import broker, drafting, lanes, notices
from workers.batches import attending
from workers.beside import repeated
from workers.keeping import keeping
from workers.worker import sweep

log = structlog.get_logger()

FAREWELL = 20
"""Seconds in which requests under way may end when the portal is told to."""


def work(app: App) -> None:
    """Work the queue until this process is told to end. Errors: SettingsInvalid without Redis."""
    url = app.settings.redis_url
    if url is None:
        needed = "`cashback work` is woken through Redis; `cashback serve` works without it"
        raise SettingsInvalid((f"{PREFIX}REDIS_URL is not set: {needed}",))
    if app.settings.metrics_port is not None:
        REGISTRY.register(Queues(app.engine))
        start_http_server(app.settings.metrics_port)
    end = told_to_end()
    with keeping(app), drafting.trying(app), notices.telling(app), attending(app, broker.bell(broker.connect(url))):
        broker.work(app, url, end)


def serve(app: App, host: str, port: int) -> None:
    """Serve the portal until this process is told to end; without Redis it works the queue itself."""
    url = app.settings.redis_url
    end = told_to_end()
    REGISTRY.register(Queues(app.engine))
    if url is None:
        with (
            keeping(app),
            drafting.trying(app),
            notices.telling(app),
            lanes.working(app) as (_, here),
            attending(app, here.ring),
        ):
            _listen(web(app, here.ring), host, port, end)
        return
    bell = broker.bell(broker.connect(url))
    sweeping = repeated(lambda _: _sweep(app, bell), every=broker.SWEEP, trouble="the queue could not be swept")
    with keeping(app), sweeping:
        _listen(web(app, bell), host, port, end)


def _listen(made: FastAPI, host: str, port: int, end: Event) -> None:
    # They warn of every form and request that is broken, which is its sender's fault.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != "Invalid HTTP request received.")
    config = uvicorn.Config(
        made,
        host,
        port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=FAREWELL,
    )
    server = _Server(config)
    server.end = end
    try:
        server.run()
    finally:
        end.set()
        made.state.pictures.close()


class _Server(uvicorn.Server):
    """uvicorn, ended by an event of ours: its own way ends the whole process with the signal that it was sent."""

    end: Event

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started:
            print(f"cashback serves on http://{self.config.host}:{self.config.port}", flush=True)  # noqa: T201 (for people)

    async def on_tick(self, counter: int) -> bool:
        """Look, as often as uvicorn does, whether it is time to end."""
        self.should_exit = self.should_exit or self.end.is_set()
        return await super().on_tick(counter)


def _sweep(app: App, wake: Callable[[Queue, str], object]) -> None:
    """Wake workers for what waits, as a message may have been lost."""
    for name in sweep(app):
        wake(name, "")


def ring(app: App) -> Callable[[Queue, str], object]:
    """Return what wakes workers from a process that is none; without Redis whoever serves looks by itself."""
    url = app.settings.redis_url
    return broker.bell(broker.connect(url)) if url is not None else lambda _queue, _document_id: False


def told_to_end() -> Event:
    """Return what is set when this process is told to end."""
    end = Event()

    def heed(_signal: int, _frame: FrameType | None) -> None:
        end.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, heed)
    return end
