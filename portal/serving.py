"""The commands that run until they are told to end."""

import signal
from threading import Event
from types import FrameType

from prometheus_client import REGISTRY, start_http_server

from runtime.app import App
from runtime.metrics import Queues
from runtime.settings import PREFIX, SettingsInvalid
from workers import broker


def work(app: App) -> None:
    """Work the queue until this process is told to end. Errors: SettingsInvalid without Redis."""
    url = app.settings.redis_url
    if url is None:
        needed = "`cashback work` is woken through Redis; `cashback serve` works without it"
        raise SettingsInvalid((f"{PREFIX}REDIS_URL is not set: {needed}",))
    if app.settings.metrics_port is not None:
        REGISTRY.register(Queues(app.engine))
        start_http_server(app.settings.metrics_port)
    broker.work(app, url, told_to_end())


def told_to_end() -> Event:
    """Return what is set when this process is told to end."""
    end = Event()

    def heed(_signal: int, _frame: FrameType | None) -> None:
        end.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, heed)
    return end
