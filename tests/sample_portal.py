"""The portal as it is run: the command `cashback serve` itself, in the embedded mode, over a small programme."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sample_uploads import opened
from sqlalchemy import func, select

from model.state import State
from portal import granting, people
from portal.access import COOKIE
from runtime.app import App
from store import blobs, documents, queue
from store.engine import reading
from store.people import Role, Session
from store.tables import metadata

COMMAND = Path(sys.executable).with_name("cashback")
DOCUMENTS = "/api/v1/documents"
PASSWORD = "correct horse battery"  # noqa: S105 (nobody's)
PEOPLE: dict[str, tuple[Role, str | None]] = {
    "anna": ("partner", "P1"),
    "otto": ("partner", "P2"),
    "olga": ("operator", None),
    "adam": ("admin", None),
}
"""Who signs in, in what role, and for which partner."""


@dataclass(frozen=True)
class Served:
    """A portal that runs, with a token for each partner."""

    app: App
    url: str
    process: subprocess.Popen[str]
    tokens: dict[str, str]

    def client(self, partner_id: str | None = "P1") -> httpx.Client:
        """Return a client that speaks for a partner, with its token."""
        headers = {} if partner_id is None else {"Authorization": f"Bearer {self.tokens[partner_id]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def browser(self, name: str, **headers: str) -> tuple[httpx.Client, Session]:
        """Return a client that somebody is signed in with, and their session."""
        session = people.sign_in(self.app, name, PASSWORD, "here")
        cookie = {"Cookie": f"{COOKIE}={session.token}", "Accept": "text/html"}
        return httpx.Client(base_url=self.url, headers=cookie | headers, timeout=30), session

    def book(self, document_id: str) -> State:
        """Let the time be over in which a decision can be taken back, wait until it is booked, and return its state."""
        with self.app.engine.begin() as conn:
            queue.hasten(conn, document_id)
        until = time.monotonic() + 20
        while True:
            with reading(self.app.engine) as conn:
                state = documents.get(conn, document_id).state
            if state is not State.EXTRACTED or time.monotonic() > until:
                return state
            time.sleep(0.05)

    def count(self) -> tuple[int, int]:
        """Return how many documents and blobs there are."""
        with reading(self.app.engine) as conn:
            rows = conn.execute(select(func.count()).select_from(metadata.tables["documents"])).scalar_one()
        return rows, len(list(blobs.listed(self.app.blobs)))


@contextmanager
def serving(
    folder: Path, database_url: str | None = None, redis_url: str | None = None, log: Path | None = None
) -> Iterator[Served]:
    """Run the portal over a new folder until the block is left, and see that it ends in order.

    With Redis a worker is to run beside it, as `working` does. It says nothing on standard error; with `log` it writes
    there all that it can.
    """
    app = opened(folder, database_url)
    tokens = {partner: granting.make(app, partner)["token"] for partner in ("P1", "P2")}
    for name, (role, partner) in PEOPLE.items():
        people.add(app, name, role, partner, password=PASSWORD, who="a test")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    command = [str(COMMAND), "serve", "--port", str(port), *folders]
    told = {} if log is None else {"CASHBACK_LOG_LEVEL": "debug", "CASHBACK_LOG_FORMAT": "json"}
    with ExitStack() as stack:
        error = subprocess.PIPE if log is None else stack.enter_context(log.open("w"))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=error, text=True, env=_surroundings(database_url, redis_url) | told
        )
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{port}"
        assert process.stdout.readline() == f"cashback serves on {url}\n"
        yield Served(app, url, process, tokens)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said or "") == (0, "")
    app.close()


@contextmanager
def working(served: Served, database_url: str, redis_url: str) -> Iterator[None]:
    """Run `cashback work` beside a portal until the block is left, and see that it ends in order."""
    folders = ["--data", str(served.app.settings.data), "--rulebook", str(served.app.rulebook_folder)]
    command = [str(COMMAND), "work", *folders]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_surroundings(database_url, redis_url))
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def _surroundings(database_url: str | None, redis_url: str | None) -> dict[str, str]:
    told = {
        "CASHBACK_DATABASE_URL": database_url, "CASHBACK_REDIS_URL": redis_url, "CASHBACK_SAMPLE_PERCENT": "0",
    }  # fmt: skip
    return os.environ | {name: value for name, value in told.items() if value is not None}
