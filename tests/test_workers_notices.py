"""Other systems are told of each entry: signed, in order, again until it is taken, and given up in the end."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from portal.cli import app as command
from runtime.app import App
from store import audit, webhooks
from store.engine import reading
from store.integrity import check
from store.tables import notices
from store.webhooks import MOST_ATTEMPTS, Webhook
from workers import steps
from workers.notices import UrlRefused, checked, tell_all, telling


@dataclass
class Receiver:
    """A system that listens: what it was sent, and with which states it answers (200 when they are used up)."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/entries"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def _add(app: App, receiver: Receiver) -> Webhook:
    with app.engine.begin() as conn:
        return webhooks.add(conn, receiver.url, "ada", dt.datetime.now(dt.UTC))


def _earn(app: App, *numbers: int) -> list[str]:
    """Have invoices approved, and return the keys of their entries."""
    done = [
        steps.run(app, steps.accept(app, invoice(f"R{one}", phones=one, day=one), "a.xml", "P1", DAY).id)
        for one in numbers
    ]
    return [f"{document.id}:1" for document in done]


def _hurry(app: App) -> None:
    """Let what waits be due now."""
    with app.engine.begin() as conn:
        conn.execute(update(notices).values(due_at=dt.datetime.now(dt.UTC)))


def test_each_entry_is_told_once_in_order_and_signed(
    app: App, receiver: Receiver, breaches: Callable[[str, Any], list[str]]
) -> None:
    _earn(app, 1)
    webhook = _add(app, receiver)
    keys = _earn(app, 2, 3)
    assert tell_all(app) == 2
    assert tell_all(app) == 0
    assert receiver.keys == keys, "none from before it was added"
    for headers, body in receiver.got:
        assert breaches("entry", json.loads(body)) == []
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    with reading(app.engine) as conn:
        assert list(check(conn, app.blobs, quiet=True)) == []


@pytest.mark.parametrize("answer", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_before_what_follows(app: App, receiver: Receiver, answer: int) -> None:
    _add(app, receiver)
    first, second = _earn(app, 1, 2)
    receiver.answers = [answer]
    assert tell_all(app) == 0
    assert tell_all(app) == 0, "it waits a while"
    assert receiver.keys == [first]
    with reading(app.engine) as conn:
        assert {one.invariant for one in check(conn, app.blobs, quiet=True)} == {"I8"}
    _hurry(app)
    assert tell_all(app) == 2
    assert receiver.keys == [first, first, second]


def test_what_nobody_takes_is_given_up_and_can_be_tried_again(app: App, receiver: Receiver) -> None:
    webhook = _add(app, receiver)
    first, second = _earn(app, 1, 2)
    receiver.answers = [503] * MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        _hurry(app)
        tell_all(app)
    with reading(app.engine) as conn:
        (given_up,) = webhooks.dead(conn)
        assert (given_up.webhook_id, given_up.attempts, given_up.trouble) == (
            webhook.id, MOST_ATTEMPTS, "it answered 503",
        )  # fmt: skip
        assert webhooks.counts(conn) == {"waiting": 1, "dead": 1}
    assert tell_all(app) == 1
    assert receiver.keys[-1] == second, "what was given up holds up nobody"
    with app.engine.begin() as conn:
        assert webhooks.retry(conn, dt.datetime.now(dt.UTC)) == 1
    assert tell_all(app) == 1
    assert receiver.keys[-1] == first


def test_a_sender_that_dies_before_it_says_so_sends_twice(app: App, receiver: Receiver) -> None:
    webhook = _add(app, receiver)
    (key,) = _earn(app, 1)
    with app.engine.begin() as conn:
        assert webhooks.claim(conn, webhook.id, dt.datetime.now(dt.UTC)) is not None
    assert tell_all(app) == 0, "it may be under way still"
    _hurry(app)
    assert tell_all(app) == 1
    assert receiver.keys == [key]


def test_a_removed_webhook_is_told_nothing_more(app: App, receiver: Receiver) -> None:
    webhook = _add(app, receiver)
    _earn(app, 1)
    with app.engine.begin() as conn:
        assert webhooks.end(conn, webhook.id, "ada", dt.datetime.now(dt.UTC))
        assert not webhooks.end(conn, webhook.id, "ada", dt.datetime.now(dt.UTC))
    _earn(app, 2)
    assert tell_all(app) == 0
    assert receiver.got == []
    with reading(app.engine) as conn:
        assert conn.execute(select(func.count()).select_from(notices)).scalar_one() == 1
        assert [one.what for one in audit.acts(conn, webhook.id)] == ["webhook added", "webhook removed"]


def test_a_thread_tells_by_itself(app: App, receiver: Receiver) -> None:
    _add(app, receiver)
    with telling(app):
        keys = _earn(app, 1)
        for _ in range(300):
            if receiver.got:
                break
            time.sleep(0.05)
    assert receiver.keys == keys


REFUSED = (
    "ftp://127.0.0.1/", "http://", "http://a:b@127.0.0.1/", "http://169.254.169.254/latest", "http://[fe80::1]/",
    "http://0.0.0.0/",
)  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_is_sent_to_such_an_address(url: str) -> None:
    with pytest.raises(UrlRefused):
        checked(url)


def test_the_commands(tmp_path: Path) -> None:
    app = opened(tmp_path)
    options = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    app.close()

    def run(*arguments: str, status: int = 0) -> str:
        done = CliRunner().invoke(command, ["webhooks", *arguments, *options])
        assert done.exit_code == status, done.output
        return done.stdout

    made = json.loads(run("add", "https://127.0.0.1:9/x", "--json"))
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in run("list")
    assert json.loads(run("list", "--json"))["id"] == made["id"]
    assert "removed" in run("remove", made["id"])
    assert run("list", "--json") == ""
    assert run("dead", "--json") == ""
    assert run("retry") == "0 notices are tried again\n"
