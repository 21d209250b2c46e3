"""What the processes of an experiment do that the command line does not: `python -m faults.driver WHAT ...`."""

import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from sample_uploads import DAY, invoice

from portal.serving import told_to_end
from runtime import logs, settings
from runtime.app import App, open_app
from store import blobs, queue
from workers import broker, steps, worker
from workers.lanes import working
from workers.reader import Read, read

Ring = Callable[[queue.Queue, str], object]


def embedded(app: App, task: str = "read") -> None:
    """Work the queue in this process until it is told to end."""
    end = told_to_end()
    Path("worker.pid").write_text(str(os.getpid()))
    with working(app, task=TASKS[task]):
        end.wait()


def elsewhere(app: App, seconds: str) -> None:
    """The same as if on another machine, where nobody can tell whether it lives, with leases of so many seconds."""
    queue.LEASE = dt.timedelta(seconds=float(seconds))
    worker._RENEW = float(seconds) / 3  # noqa: SLF001 (made for 30 seconds)
    machine = f"machine {os.getpid()}"
    worker._machine = lambda: machine  # noqa: SLF001 (the only thing that tells machines apart)
    embedded(app)


def accept(app: App, point: str, number: str) -> None:
    """Accept an upload as the portal does, and be killed at this point of it."""
    if point == "blob":
        _dying_after(blobs, "put")
    elif point == "commit":
        _dying_after(queue, "enqueue")
    document = steps.accept(app, invoice(f"K{number}", phones=1, day=int(number)), "invoice.xml", "P1", DAY)
    if point == "ring":
        os.kill(os.getpid(), signal.SIGKILL)
    _ring(app)("light", document.id)
    if point == "answer":
        os.kill(os.getpid(), signal.SIGKILL)
    _say(document.id)


def many(app: App, count: str, partner: str) -> None:
    """Upload the same file so often, as soon as this process is told to."""
    data, ring = invoice("SAME", phones=1), _ring(app)
    _say("ready")
    sys.stdin.readline()

    def upload() -> None:
        document = steps.accept(app, data, "invoice.xml", partner, DAY)
        ring("light", document.id)
        _say(document.id)

    threads = [Thread(target=upload) for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lock(app: App, seconds: str) -> None:
    """Hold the database's write lock for so many seconds."""
    with app.engine.begin():
        _say("locked")
        time.sleep(float(seconds))


def _deadly(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    """Read, but for a document that ends the process that reads it."""
    if name == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    return read(data, name, ocr, tape)


def _murderous(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    """Read, but for a document that ends the whole worker."""
    if name == "deadly":
        os.kill(int(Path("worker.pid").read_text()), signal.SIGKILL)
        time.sleep(60)
    return read(data, name, ocr, tape)


def _slow(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    time.sleep(1)
    return read(data, name, ocr, tape)


TASKS = {"read": read, "deadly": _deadly, "murderous": _murderous, "slow": _slow}
WHAT: dict[str, Callable[..., None]] = {
    "embedded": embedded,
    "elsewhere": elsewhere,
    "accept": accept,
    "many": many,
    "lock": lock,
}


def _ring(app: App) -> Ring:
    url = app.settings.redis_url
    return (lambda *_: None) if url is None else broker.bell(broker.connect(url))


def _dying_after(module: Any, name: str) -> None:
    """Have this process killed when this function is about to return."""
    real = getattr(module, name)

    def dying(*args: Any, **named: Any) -> None:
        real(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, dying)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    loaded = settings.load()
    logs.configure(loaded.log_level, loaded.log_format)
    opened = open_app(loaded)
    WHAT[sys.argv[1]](opened, *sys.argv[2:])
