"""The web interface over HTTP: the command `cashback serve` itself, in the embedded mode."""

import asyncio
import datetime as dt
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sample_portal import DOCUMENTS, Served, serving
from sample_uploads import invoice, opened

from model.finding import Finding
from model.judgement import Reason
from pipeline.intake import MAX_BYTES
from portal import access, granting, web
from portal.partner_view import IN_REVIEW, partner_view
from portal.problems import TITLES
from portal.receiving import WRAPPING
from runtime.app import App
from store import tokens
from store.engine import open_engine, reading

DAY = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 1, 1)).days - 30
"""A day of 2026 that lies a month back, as `invoice` counts them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


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
        (reason,) = client.get(raw.headers["location"], headers={"Accept-Language": "de-DE"}).json()["reasons"]
        assert (reason["code"], reason["severity"]) == ("duplicate_document", "reject")
        assert reason["message"].startswith("Sie haben diese Datei bereits eingereicht")
        broken = client.post(DOCUMENTS, content=b"<no document").headers["location"]
        _until(lambda: client.get(broken).json()["state"] == "failed")
        assert client.get(broken).json()["error"]["code"] == "bad_xml"
        told = client.get(address).json()
        (earned,) = told["bonus_units"]
        assert (earned["model"], earned["quantity"], told["bonus_total"]) == ("D785", 1, earned["bonus_each"])


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "document"),
        ({"X-Filename": "R%C3%BCckgabe%201.xml"}, "Rückgabe 1.xml"),
        ({"X-Filename": "Rückgabe.xml".encode()}, "Rückgabe.xml"),
        ({"X-Filename": "Rückgabe.xml".encode("latin-1")}, "Rückgabe.xml"),
        ({"Content-Disposition": 'attachment; filename="a b.xml"'}, "a b.xml"),
        ({"Content-Disposition": "attachment; filename*=UTF-8''R%C3%BCck.xml"}, "Rück.xml"),
        ({"Content-Disposition": "attachment; filename"}, "document"),
    ],
)
def test_the_name_of_a_body(served: Served, headers: dict[str, Any], name: str) -> None:
    with served.client("P2") as client:
        assert client.post(DOCUMENTS, content=invoice("N"), headers=headers).json()["file_name"] == name


def test_the_name_in_a_form_is_kept_as_it_was_sent(served: Served) -> None:
    with served.client("P2") as client:
        for name in ("Rückgabe €.xml", "../../etc/passwd", 'a"b.xml', "x" * 300):
            assert client.post(DOCUMENTS, files={"file": (name, invoice("N"))}).json()["file_name"] == name


def test_documents_are_listed_page_by_page_while_new_ones_arrive(served: Served) -> None:
    with served.client("P2") as client:
        sent = [client.post(DOCUMENTS, content=invoice(f"L{n}")).json()["id"] for n in range(5)]
        first = client.get(DOCUMENTS, params={"limit": 2}).json()
        client.post(DOCUMENTS, content=invoice("L6"))
        second = client.get(first["next"]).json()
        rest = client.get(DOCUMENTS, params={"before": second["documents"][-1]["id"], "limit": 100}).json()
        listed = [one["id"] for page in (first, second, rest) for one in page["documents"]]
        assert listed[:5] == sent[::-1]
        assert len(set(listed)) == len(listed)
        assert rest["next"] is None
        assert _problem(client.get(DOCUMENTS, params={"limit": 101}), 422, "bad_limit")
        assert _problem(client.get(DOCUMENTS, params={"limit": "x"}), 400, "bad_request")
        with served.client("P1") as other:
            assert _problem(other.get(first["next"]), 404, "not_found")


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
                client.get(DOCUMENTS, headers=headers),
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
        several = [("file", (name, invoice("N"))) for name in ("a", "b")]
        assert _problem(client.post(DOCUMENTS, files=several), 422, "several_files")
        assert _problem(client.post(DOCUMENTS, files=[*several, *several]), 422, "several_files")
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary="):
            broken = client.post(DOCUMENTS, content=b"broken", headers={"Content-Type": kind})
            assert _problem(broken, 400, "bad_request")
        cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n<a/>'
        kind = "multipart/form-data; boundary=x"
        assert _problem(client.post(DOCUMENTS, content=cut, headers={"Content-Type": kind}), 400, "bad_request")
        assert _problem(client.post(DOCUMENTS, content=b"PK\3\4" * 500), 415, "unsupported_type")
        assert _problem(client.post(DOCUMENTS, files={"file": ("a.pdf", b"no document")}), 415, "unsupported_type")
        assert _problem(client.post(DOCUMENTS, files={"file": ("a.pdf", b"")}), 422, "empty")
        for key in (b"", b"\xfc", b"x" * 201):
            headers = {b"Authorization": client.headers["Authorization"].encode(), b"Idempotency-Key": key}
            answer = client.post(DOCUMENTS, content=invoice("N"), headers=headers)
            assert _problem(answer, 422, "bad_key")
        assert _problem(client.put(DOCUMENTS), 405, "method_not_allowed")
        assert _problem(client.get("/docs"), 404, "not_found")
        for size in (MAX_BYTES + 1, MAX_BYTES + 10**6):
            try:
                assert _problem(client.post(DOCUMENTS, content=b"<" + b"x" * (size - 1)), 413, "too_large")
            except httpx.WriteError:
                assert size > MAX_BYTES + WRAPPING, "cut off while it was sent"
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
    with served.client() as client:
        assert _problem(client.post(DOCUMENTS, content=invoice("R6"), headers=key), 422, "key_reused")


@pytest.mark.parametrize("name", ["x", "0" * 21, "%00", "..%2f", "é" * 20, "0" * 5000])
def test_odd_ids_are_those_of_no_document(served: Served, name: str) -> None:
    with served.client() as client:
        assert _problem(client.get(f"{DOCUMENTS}/{name}"), 404, "not_found")


def _asked(app: App, token: str, *requests: tuple[str, str, bytes]) -> list[httpx.Response]:
    """Ask the web application itself, request by request, as a partner."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(web.web(app, lambda _queue, _id: None), raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://portal", headers=headers) as client:
            return [await client.request(method, path, content=content) for method, path, content in requests]

    return asyncio.run(ask())


def test_no_more_is_taken_on_a_day_than_may_be(tmp_path: Path) -> None:
    app = opened(tmp_path)
    limited = replace(app, settings=app.settings.model_copy(update={"uploads_per_day": 2}))
    token = granting.make(app, "P1")["token"]
    *taken, refused = _asked(limited, token, *(("POST", DOCUMENTS, invoice(f"Q{number}")) for number in range(3)))
    assert [answer.status_code for answer in taken] == [202, 202]
    assert _problem(refused, 429, "quota")
    app.close()


def test_a_database_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    app = opened(tmp_path)
    away = replace(app, engine=open_engine("postgresql://nobody@127.0.0.1:1/none"))
    requests = (("POST", DOCUMENTS, invoice("D")), ("GET", DOCUMENTS, b""), ("GET", "/readyz", b""))
    *refused, alive = _asked(away, "x", *requests, ("GET", "/healthz", b""))
    for answer in refused:
        assert _problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
    assert alive.status_code == 200
    app.close()


def test_what_a_partner_is_told_says_nothing_of_others() -> None:
    elsewhere = [
        Reason(finding=Finding(code=code, variant=variant, values={}), severity="review")
        for code, variant in (
            ("duplicate_document", "elsewhere"),
            ("duplicate_invoice", "elsewhere"),
            ("serial_already_claimed", "serials"),
            ("suspected_tampering", "plain"),
            ("seller_unverified", "plain"),
        )
    ]
    for reasons in ([one] for one in elsewhere):
        assert partner_view(reasons, None, "en") == partner_view(elsewhere, None, "en")
    own = Reason(finding=Finding(code="duplicate_document", variant="own", values={"document": "x"}), severity="reject")
    assert [one["code"] for one in partner_view([elsewhere[0], own], None, "de")] == ["duplicate_document", IN_REVIEW]


def test_what_the_process_says_of_itself(served: Served) -> None:
    with served.client(None) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        assert 'cashback_queue_waiting{queue="light"}' in client.get("/metrics").text
        described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/healthz", "/readyz", DOCUMENTS, f"{DOCUMENTS}/{{document_id}}"}
    assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    upload = described["paths"][DOCUMENTS]["post"]
    assert set(upload["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    assert set(upload["responses"]) == {
        *("202", "400", "401", "404", "409", "413", "415", "422", "429", "500", "503"),
    }
    assert {one["name"] for one in upload["parameters"]} == {"idempotency-key", "replaces"}


def test_the_description_for_people_names_every_problem() -> None:
    described = Path("docs/contract/api.md").read_text("utf-8")
    for code, (status, _) in TITLES.items():
        assert any(f"`{code}`" in row for row in described.splitlines() if row.startswith(f"| {status} ")), code


def test_every_route_says_who_may_use_it() -> None:
    bare, hidden, router = FastAPI(docs_url=None, redoc_url=None), FastAPI(docs_url=None, redoc_url=None), APIRouter()
    bare.get("/open")(lambda: None)
    router.get("/within")(lambda: None)
    hidden.include_router(router)
    for made in (bare, hidden, FastAPI(redoc_url=None)):
        with pytest.raises(access.Undeclared):
            access.check(made)
