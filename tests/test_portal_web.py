"""The web interface over HTTP: the command `cashback serve` itself, in the embedded mode."""

import datetime as dt
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sample_uploads import invoice, opened
from sqlalchemy import func, select

from pipeline.intake import MAX_BYTES
from portal import granting, web
from runtime.app import App
from store import blobs, tokens
from store.engine import reading
from store.tables import metadata

COMMAND = Path(sys.executable).with_name("cashback")
DOCUMENTS = "/api/v1/documents"
DAY = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 1, 1)).days - 30
"""A day of 2026 that lies a month back, as `invoice` counts them."""


@dataclass(frozen=True)
class Served:
    app: App
    url: str
    process: subprocess.Popen[str]
    tokens: dict[str, str]

    def client(self, partner_id: str | None = "P1") -> httpx.Client:
        headers = {} if partner_id is None else {"Authorization": f"Bearer {self.tokens[partner_id]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def count(self) -> tuple[int, int]:
        with reading(self.app.engine) as conn:
            rows = conn.execute(select(func.count()).select_from(metadata.tables["documents"])).scalar_one()
        return rows, len(list(blobs.listed(self.app.blobs)))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    app = opened(tmp_path_factory.mktemp("served"))
    made = {partner: granting.make(app, partner)["token"] for partner in ("P1", "P2")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    command = [str(COMMAND), "serve", "--port", str(port), *folders]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = f"http://127.0.0.1:{port}"
    assert process.stdout.readline() == f"cashback serves on {url}\n"
    yield Served(app, url, process, made)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, "")
    app.close()


def _until(true: Callable[[], bool], within: float = 60) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def _problem(answer: httpx.Response, status: int, code: str) -> bool:
    kind = answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return kind and (answer.status_code, body["status"], body["code"]) == (status, status, code)


def test_an_upload_is_accepted_and_comes_to_its_outcome(served: Served) -> None:
    with served.client() as client:
        answer = client.post(DOCUMENTS, files={"file": ("R1.xml", invoice("R1", phones=1, day=DAY))})
        assert answer.status_code == 202
        assert answer.json()["state"] == "received"
        address = answer.headers["location"]
        _until(lambda: client.get(address).json()["state"] == "approved")
        raw = client.post(DOCUMENTS, content=invoice("R1", phones=1, day=DAY), headers={"X-Filename": "copy.xml"})
        _until(lambda: client.get(raw.headers["location"]).json()["state"] == "rejected")
        assert client.get(raw.headers["location"]).json()["reasons"] == ["duplicate_document"]
        broken = client.post(DOCUMENTS, content=b"no document").headers["location"]
        _until(lambda: client.get(broken).json()["state"] == "failed")
        assert client.get(broken).json()["error"]["code"] == "unsupported_type"


def test_a_document_of_another_partner_is_answered_as_one_that_does_not_exist(served: Served) -> None:
    with served.client() as one, served.client("P2") as other:
        address = one.post(DOCUMENTS, content=invoice("R2", phones=2, day=2)).headers["location"]
        theirs, nobodys = other.get(address), other.get(f"{DOCUMENTS}/{'0' * 20}")
    assert _problem(theirs, 404, "not_found")
    assert theirs.content == nobodys.content
    assert dict(theirs.headers) | {"date": ""} == dict(nobodys.headers) | {"date": ""}


def test_without_a_token_that_holds_nothing_is_told(served: Served) -> None:
    with served.client(None) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {served.tokens['P1']}"}):
            for answer in (
                client.post(DOCUMENTS, content=b"x", headers=headers),
                client.get(DOCUMENTS + "/x", headers=headers),
            ):
                assert _problem(answer, 401, "unauthorised")


def test_a_revoked_token_holds_no_more(served: Served) -> None:
    made = granting.make(served.app, "P2")
    headers = {"Authorization": f"Bearer {made['token']}"}
    with served.client(None) as client:
        assert client.get(f"{DOCUMENTS}/x", headers=headers).status_code == 404
        granting.revoke(served.app, "P2", made["id"])
        assert client.get(f"{DOCUMENTS}/x", headers=headers).status_code == 401
    with reading(served.app.engine) as conn:
        stored = tokens.of_partner(conn, "P2")[-1]
    assert stored.used_at is not None
    assert stored.revoked_at is not None


def test_requests_that_cannot_be_taken_leave_nothing_behind(served: Served) -> None:
    before = served.count()
    with served.client() as client:
        assert _problem(client.post(DOCUMENTS), 422, "no_file")
        assert _problem(client.post(DOCUMENTS, files={"other": ("a", b"x")}), 422, "no_file")
        several = [("file", (name, b"x")) for name in ("a", "b")]
        assert _problem(client.post(DOCUMENTS, files=several), 422, "several_files")
        assert _problem(client.post(DOCUMENTS, files=[*several, *several]), 422, "several_files")
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        assert _problem(client.post(DOCUMENTS, content=b"broken", headers=kind), 400, "bad_request")
        assert _problem(client.put(DOCUMENTS), 405, "method_not_allowed")
        assert _problem(client.get("/docs"), 404, "not_found")
        for size in (MAX_BYTES + 1, MAX_BYTES + 10**6):
            try:
                assert _problem(client.post(DOCUMENTS, content=b"x" * size), 413, "too_large")
            except httpx.WriteError:
                assert size > MAX_BYTES + web.WRAPPING, "cut off while it was sent"
    assert served.count() == before


def test_an_upload_that_is_cut_off_leaves_nothing_behind(served: Served) -> None:
    before = served.count()
    data = invoice("R4")
    for tenth in range(10):
        with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as client:
            head = f"POST {DOCUMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.tokens['P1']}\r\n"
            client.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[: len(data) * tenth // 10])
    with served.client() as client:
        assert client.get("/readyz").status_code == 200
    assert served.count() == before


def test_the_same_key_is_the_same_document(served: Served) -> None:
    data, key = invoice("R5", phones=5, day=5), {"Idempotency-Key": "order 5"}

    def send(partner: str) -> str:
        with served.client(partner) as client:
            return str(client.post(DOCUMENTS, content=data, headers=key).json()["id"])

    with ThreadPoolExecutor(8) as threads:
        same = set(threads.map(send, ["P1"] * 8))
    assert len(same) == 1
    assert send("P2") not in same


def test_what_the_process_says_of_itself(served: Served) -> None:
    with served.client(None) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        assert 'cashback_queue_waiting{queue="light"}' in client.get("/metrics").text
        described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/healthz", "/readyz", DOCUMENTS, f"{DOCUMENTS}/{{document_id}}"}


def test_every_route_says_who_may_use_it() -> None:
    bare, hidden, router = FastAPI(docs_url=None, redoc_url=None), FastAPI(docs_url=None, redoc_url=None), APIRouter()
    bare.get("/open")(lambda: None)
    router.get("/within")(lambda: None)
    hidden.include_router(router)
    for made in (bare, hidden, FastAPI(redoc_url=None)):
        with pytest.raises(web.Undeclared):
            web._check(made)  # noqa: SLF001 (what `web` does last)
