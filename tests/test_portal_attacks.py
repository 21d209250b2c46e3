"""Attacks on the portal that are no matter of one route: hosts, origins, statements, fields, archives."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from sample_portal import DOCUMENTS, Served, serving
from sample_uploads import invoice
from sqlalchemy import select

from store.engine import reading
from store.tables import documents

ELSEWHERE = "evil.example"
STATEMENTS = (
    "' OR '1'='1", "'; DROP TABLE documents; --", '" UNION SELECT password FROM people --', "1) OR 1=1 --",
    "%", "_", "\\", "*) OR (1=1", "'||(SELECT password FROM people)||'", "P1'/**/OR/**/1=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


def _archives() -> Iterator[tuple[str, bytes]]:
    """Yield archives that hold an invoice each, or lead out of the folder that they are unpacked to."""
    data = invoice("R1", phones=1)
    for name in ("R1.xml", "../../R1.xml", "/etc/R1.xml"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        yield "invoices.zip", out.getvalue()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        yield "invoices.tar.gz", out.getvalue()
    yield "R1.xml.gz", gzip.compress(data)
    yield "invoices.7z", b"7z\xbc\xaf\x27\x1c" + bytes(200)
    yield "invoices.rar", b"Rar!\x1a\x07\x01\x00" + bytes(200)


def test_the_name_of_the_host_leads_nowhere(served: Served) -> None:
    for name in ("anna", "olga", "adam"):
        client, session = served.browser(name, Host=ELSEWHERE, **{"X-Forwarded-Host": ELSEWHERE})
        with client:
            for path in ("/", "/signin", "/invoices", "/review", "/documents?q=x", "/partners", "/nothing"):
                answer = client.get(path)
                assert ELSEWHERE not in answer.text + str(answer.headers), path
            answer = client.post("/signout", data={"csrf": session.csrf})
            assert ELSEWHERE not in answer.text + str(answer.headers)
    with served.client() as client:
        data = invoice("H1", phones=1)
        answer = client.post(DOCUMENTS, content=data, headers={"X-Filename": "H1.xml", "Host": ELSEWHERE})
        assert answer.status_code == 202
        assert ELSEWHERE not in answer.text + str(answer.headers)


def test_no_other_origin_may_read_anything(served: Served) -> None:
    client, _ = served.browser("anna", Origin=f"https://{ELSEWHERE}")
    with client, served.client() as program:
        asks = {"Origin": f"https://{ELSEWHERE}", "Access-Control-Request-Method": "POST"}
        answers = [client.get("/invoices"), client.options("/documents", headers=asks)]
        answers += [program.get(DOCUMENTS, headers=asks), program.options(DOCUMENTS, headers=asks)]
        for answer in answers:
            assert not [name for name in answer.headers if name.startswith("access-control")]


def test_statements_are_text(served: Served) -> None:
    for name in ("olga", "anna", "adam"):
        client, _ = served.browser(name)
        with client:
            for said in STATEMENTS:
                some: list[tuple[str, dict[str, str]]] = [
                    ("/documents", {"q": said}), ("/review", {"partner": said, "reason": said}),
                    ("/review", {"order": said}), ("/review", {"after": said}), ("/partners", {"q": said}),
                    ("/audit", {"about": said, "what": said, "who": said}), ("/balance/statement", {"from": said}),
                    ("/batches/new", {"partner": said}), ("/invoices", {"after": said}), ("/signin", {"next": said}),
                ]  # fmt: skip
                for path, query in some:
                    answer = client.get(path, params=query)
                    assert answer.status_code < 500, (path, query)
                    assert "argon2" not in answer.text
                assert client.get(f"/documents/{httpx.QueryParams({'a': said})}").status_code == 404
    client, _ = served.browser("olga")
    with client:
        assert "H1" not in client.get("/documents", params={"q": "' OR '1'='1"}).text
    with served.client() as program:
        for said in STATEMENTS:
            assert program.get(DOCUMENTS, params={"cursor": said, "state": said}).status_code in {200, 400, 422}
    assert served.count()[0] > 0, "nothing was dropped"


def test_fields_that_nobody_asked_for_change_nothing(served: Served) -> None:
    more = {"partner_id": "P2", "partner": "P2", "state": "approved", "accepted_on": "2020-01-01", "id": "mine"}
    client, session = served.browser("anna", **{"X-CSRF": ""})
    with served.client("P1") as program, client:
        client.headers["X-CSRF"] = session.csrf
        for asks, path, name in ((program, DOCUMENTS, "M1.xml"), (client, "/documents", "M2.xml")):
            files = {"file": (name, invoice(name, phones=1))}
            assert asks.post(path, files=files, data=more, params=more).status_code in {202, 303}
    chosen = select(documents.c.id, documents.c.partner_id, documents.c.state, documents.c.accepted_on)
    with reading(served.app.engine) as conn:
        rows = conn.execute(chosen.where(documents.c.file_name.in_(["M1.xml", "M2.xml"]))).all()
    assert [row.partner_id for row in rows] == ["P1", "P1"]
    assert all(row.id != "mine" and row.accepted_on.year > 2020 for row in rows)


@pytest.mark.parametrize(("name", "data"), list(_archives()))
def test_an_archive_is_refused(served: Served, name: str, data: bytes) -> None:
    before = served.count()
    with served.client() as program:
        answer = program.post(DOCUMENTS, content=data, headers={"X-Filename": name})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    assert served.count() == before
