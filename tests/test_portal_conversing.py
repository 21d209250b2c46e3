"""Joined pages, and what partners and operators say to each other: over HTTP, with the command itself."""

import datetime as dt
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator

import httpx
import pytest
from sample_pages import INVOICE, encoded, gray
from sample_portal import DOCUMENTS, Served, serving
from sample_uploads import DAY, invoice
from sqlalchemy import update

from extractors import bundle
from model.case import Certificate
from model.state import State
from pipeline.intake import MAX_BYTES
from portal.explained import APPEAL_DAYS
from programme.standing import HORIZON
from store import documents, messages, partners
from store.engine import reading
from store.messages import Appeal
from store.tables import history
from workers import steps
from workers.judging import judge


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


def until(true: Callable[[], bool], within: float = 60) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    return (answer.status_code, answer.json()["code"]) == (status, code)


def photographed() -> tuple[bytes, bytes]:
    """Return the two pages of one invoice as somebody photographs them."""
    top = [text for text in INVOICE if text[1] < 230]
    rest = [(x, y - 180, text) for x, y, text in INVOICE if y > 230]
    return encoded(gray(top, 150), "JPEG"), encoded(gray(rest, 150), "JPEG")


def parts(*pages: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"IMG_{number}.jpg", page)) for number, page in enumerate(pages, 1)]


def test_photographed_pages_are_one_document(served: Served) -> None:
    one, two = photographed()
    with served.client() as client:
        sent = client.post(DOCUMENTS, files=parts(one, two), headers={"Idempotency-Key": "pages"})
        assert sent.status_code == 202
        assert sent.json()["file_name"] == "IMG_1.jpg"
        again = client.post(DOCUMENTS, files=parts(one, two), headers={"Idempotency-Key": "pages"})
        assert again.json()["id"] == sent.json()["id"]
        turned = client.post(DOCUMENTS, files=parts(two, one), headers={"Idempotency-Key": "pages"})
        assert refused(turned, 422, "key_reused")
        address = sent.headers["location"]
        until(lambda: client.get(address).json()["state"] not in {"received", "read", "extracted"})
        assert client.get(address).json()["error"] is None
        copy = client.post(DOCUMENTS, files=parts(one, two)).headers["location"]
        until(lambda: client.get(copy).json()["state"] == "rejected")
        assert client.get(copy).json()["reasons"][0]["code"] == "duplicate_document"
    client, _ = served.browser("anna")
    with client:
        page = client.get(f"/invoices/{sent.json()['id']}").text
        assert all(text in page for text in ("RG-2026-77", "snom D735", "snom D785"))
        of = f"/documents/{sent.json()['id']}"
        pictures = [client.get(f"{of}/pages/{number}.webp") for number in (1, 2, 3)]
        assert [picture.status_code for picture in pictures] == [200, 200, 404]
        assert len({picture.content for picture in pictures}) == 3
        original = client.get(f"{of}/original")
        assert original.headers["content-disposition"].endswith('.zip"')
        with zipfile.ZipFile(io.BytesIO(original.content)) as opened:
            assert [opened.read(name) for name in opened.namelist()[1:]] == [one, two]


def test_only_pictures_are_joined(served: Served) -> None:
    one, _ = photographed()
    before = served.count()
    with served.client() as client:
        for pages in ((one, invoice("N")), (invoice("N"), one), (b"%PDF-1.7" * 300, one)):
            assert refused(client.post(DOCUMENTS, files=parts(*pages)), 422, "several_files")
        assert refused(client.post(DOCUMENTS, files=parts(one, b"nothing known" * 200)), 415, "unsupported_type")
        assert refused(client.post(DOCUMENTS, files=parts(one, b"")), 422, "empty")
        assert refused(client.post(DOCUMENTS, files=parts(*[one[:99]] * (bundle.MAX_PARTS + 1))), 422, "several_files")
        half = one + bytes(MAX_BYTES // 2 - len(one))
        assert refused(client.post(DOCUMENTS, files=parts(half, half)), 413, "too_large")
    assert served.count() == before


LATELY = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 1, 1)).days - 30
"""A day that lies a month back, as `invoice` counts them."""
WORDS = "Das ist unsere eigene Bestellung, der Händler hat sie bestätigt."


def rejected(served: Served, number: str, day: int) -> str:
    """Return a document that is a copy of another one."""
    data = invoice(number, phones=1, day=day)
    for name in (f"{number}.xml", f"copy of {number}.xml"):
        made = steps.run(served.app, steps.accept(served.app, data, name, "P1", DAY).id)
    assert made.state is State.REJECTED
    return made.id


def held(served: Served, number: str, day: int) -> str:
    """Return a document that waits for a person: it claims a device that was claimed before."""
    for name in (f"first {number}", number):
        data = invoice(name, phones=1 + len(name), day=day, serial=f"000413AA{day:04}")
        made = steps.run(served.app, steps.accept(served.app, data, f"{name}.xml", "P1", DAY).id)
    assert made.state is State.REVIEW
    return made.id


def ask(served: Served, document_id: str, **form: str) -> httpx.Response:
    client, session = served.browser("olga")
    with client:
        return client.post(f"/review/{document_id}/ask", data={"csrf": session.csrf} | form)


def shown(served: Served, path: str, language: str = "de", name: str = "anna") -> str:
    client, _ = served.browser(name, **{"Accept-Language": language})
    with client:
        return client.get(path).text


def _state(served: Served, document_id: str) -> State:
    with reading(served.app.engine) as conn:
        return documents.get(conn, document_id).state


def test_a_rejection_is_appealed_once_and_decided_by_somebody(served: Served) -> None:
    document_id = rejected(served, "A1", 1)
    address = f"/invoices/{document_id}"
    client, session = served.browser("anna")
    with client:

        def appeal(text: str) -> httpx.Response:
            return client.post(f"{address}/appeal", data={"csrf": session.csrf, "text": text})

        for text, kept in (("zu kurz <b>", "zu kurz &lt;b&gt;"), ("  " + "x" * 19 + " ", "x" * 19), ("x" * 1001, "")):
            answer = appeal(text)
            assert answer.status_code == 422
            assert "in 20 bis 1000 Zeichen" in answer.text
            assert f'aria-describedby="wrong">{kept}' in answer.text
        sent = appeal(WORDS + "\r\n" + "x" * (1000 - len(WORDS) - 1))
        assert (sent.status_code, sent.headers["location"]) == (303, f"{address}#said")
        again = appeal(WORDS + "\n" + "x" * (1000 - len(WORDS) - 1))
        assert again.status_code == 303, "the same form sent twice"
        assert "gab es schon einen Einspruch" in appeal(WORDS + " Wirklich.").text
        page = client.get(address).text
        assert "Einspruch läuft" in page
        assert "Ihr Einspruch" in page
        assert WORDS in page
        assert "Einspruch läuft" in client.get("/invoices").text
    with reading(served.app.engine) as conn:
        made = messages.appealed(conn, document_id)
        assert made is not None
        assert (made.rejected_by, made.closed_at) == ("cashback", None)
        assert len(messages.of(conn, document_id)) == 1
        seen = documents.last_step(conn, document_id)
    review = shown(served, f"/review/{document_id}", name="olga")
    assert "abgelehnt von cashback" in review
    assert WORDS in review
    client, session = served.browser("olga")
    with client:
        form = {"csrf": session.csrf, "outcome": "rejected", "why": "heard", "seen": str(seen)}
        assert client.post(f"/review/{document_id}/decide", data=form).status_code == 303
    with reading(served.app.engine) as conn:
        closed = messages.appealed(conn, document_id)
        assert closed is not None
        assert closed.closed_at is not None
    until = time.monotonic() + 120
    while _state(served, document_id) is State.EXTRACTED:  # as long as the decision can be taken back
        assert time.monotonic() < until
        time.sleep(0.1)
    page = shown(served, address)
    assert "Es bleibt bei der Ablehnung" in page
    assert "Einspruch läuft" not in page
    assert "olga" not in page


def test_an_appeal_names_who_rejected_and_comes_in_time(served: Served) -> None:
    late, ruled = rejected(served, "A2", 2), held(served, "A3", 3)
    judge(served.app, steps.rule(served.app, ruled, "rejected", who="olga", why="a copy"))
    days = dt.timedelta(days=APPEAL_DAYS)
    for document_id, back in ((late, days + dt.timedelta(days=1)), (ruled, days)):
        with served.app.engine.begin() as conn:
            of = history.c
            then = dt.datetime.now(dt.UTC) - back
            conn.execute(
                update(history).where(of.document_id == document_id, of.to_state == "rejected").values(at=then)
            )
    client, session = served.browser("anna")
    with client:
        form = {"csrf": session.csrf, "text": WORDS}
        answer = client.post(f"/invoices/{late}/appeal", data=form)
        assert answer.status_code == 422
        assert "Die Frist für einen Einspruch ist vorbei." in answer.text
        assert client.post(f"/invoices/{ruled}/appeal", data=form).status_code == 303
        undecided = held(served, "A4", 4)
        assert "ist nicht abgelehnt" in client.post(f"/invoices/{undecided}/appeal", data=form).text
    with reading(served.app.engine) as conn:
        assert messages.appealed(conn, late) is None
        assert messages.appealed(conn, undecided) is None
        made = messages.appealed(conn, ruled)
    assert isinstance(made, Appeal)
    assert made.rejected_by == "olga"


def test_a_question_is_asked_and_answered(served: Served) -> None:
    document_id = held(served, "Q1", 5)
    address = f"/invoices/{document_id}"
    assert ask(served, document_id, template="3").status_code == 303
    assert "Was hat diese Firma mit Ihrer zu tun?" in shown(served, address)
    english = shown(served, address, "en")
    assert "How is that company related to yours?" in english
    assert "question for you" in english
    assert "olga" not in english
    assert "Rückfrage an Sie" in shown(served, "/invoices")
    client, session = served.browser("anna")
    with client:

        def answer(text: str) -> httpx.Response:
            return client.post(f"{address}/answer", data={"csrf": session.csrf, "text": text})

        assert answer("  ").status_code == 422
        assert answer("x" * 1001).status_code == 422
        assert answer("Unsere Tochter.").status_code == 303
        assert answer("Unsere Tochter.").status_code == 303, "the same form sent twice"
        assert "keine Frage mehr offen" in answer("Noch etwas.").text
        assert "Rückfrage an Sie" not in client.get(address).text
    review = shown(served, f"/review/{document_id}", name="olga")
    assert "Unsere Tochter." in review
    assert "anna" in review
    assert ask(served, document_id, text="Und <wann>?", template="1").status_code == 303
    assert "Und &lt;wann&gt;?" in shown(served, address)
    for form in ({}, {"template": "7"}, {"template": "0"}, {"template": "²"}, {"text": "x" * 1001}):
        assert ask(served, document_id, **form).status_code == 400
    with reading(served.app.engine) as conn:
        assert [one.kind for one in messages.of(conn, document_id)] == ["question", "answer", "question"]
    decided = rejected(served, "Q2", 6)
    assert ask(served, decided, template="1").headers["location"].endswith("?moved=1")
    assert ask(served, "0" * 20, template="1").status_code == 404


def test_what_an_operator_lets_a_partner_know_is_shown(served: Served) -> None:
    document_id = held(served, "W1", 7)
    with served.app.engine.begin() as conn:
        now = dt.datetime.now(dt.UTC)
        messages.say(conn, document_id, at=now, who="olga", kind="word", text="Wir warten\nauf den Distributor.")
    page = shown(served, f"/invoices/{document_id}")
    assert "Wir warten\nauf den Distributor." in page
    assert "olga" not in page
    assert "Rückfrage an Sie" not in page


def test_nobody_speaks_about_a_document_of_somebody_else(served: Served) -> None:
    document_id = rejected(served, "F1", 8)
    client, session = served.browser("otto")
    with client:
        for action in ("appeal", "answer"):
            answers = [
                client.post(f"/invoices/{one}/{action}", data={"csrf": session.csrf, "text": WORDS})
                for one in (document_id, "0" * 20)
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].text == answers[1].text.replace("0" * 20, document_id)
        replaced = client.post(
            f"/invoices/{document_id}/replace", params={"csrf": session.csrf}, files=parts(invoice("F2"))
        )
        assert replaced.status_code == 404
    with served.client("P2") as program:
        sent = program.post(DOCUMENTS, params={"replaces": document_id}, content=invoice("F2"))
        assert refused(sent, 404, "not_found")
    with reading(served.app.engine) as conn:
        assert messages.of(conn, document_id) == ()
        assert documents.get(conn, document_id).state is State.REJECTED


def test_a_document_is_replaced_by_another_upload(served: Served) -> None:
    old = rejected(served, "P1", 9)
    client, session = served.browser("anna")
    with client:
        sent = client.post(
            f"/invoices/{old}/replace", params={"csrf": session.csrf}, files=parts(invoice("P2", phones=2, day=LATELY))
        )
        assert sent.status_code == 303
        new = sent.headers["location"].rpartition("/")[2]
        assert "durch einen anderen Upload ersetzt" in client.get(f"/invoices/{old}").text
        assert new in client.get(f"/invoices/{old}").text
        twice = client.post(f"/invoices/{old}/replace", params={"csrf": session.csrf}, files=parts(invoice("P3")))
        assert twice.status_code == 409
        assert "lässt sich nicht mehr ersetzen" in twice.text
    with served.client() as program:
        address = f"{DOCUMENTS}/{new}"
        until(lambda: program.get(address).json()["state"] == "approved")
        assert program.get(address).json()["replaces"] == old
        approved = program.post(DOCUMENTS, params={"replaces": new}, content=invoice("P4"))
        assert refused(approved, 409, "not_replaceable")
    with reading(served.app.engine) as conn:
        made = documents.get(conn, new)
        assert made.place == made.acceptance, "what was rejected claims nothing that could be handed on"


def test_a_program_replaces_what_is_held_and_may_say_so_twice(served: Served) -> None:
    old = held(served, "P5", 11)
    data, key = invoice("P6", phones=3, day=12), {"Idempotency-Key": "better"}
    with served.client() as program:
        sent = [program.post(DOCUMENTS, params={"replaces": old}, content=data, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in sent] == [202, 202]
        assert sent[0].json()["id"] == sent[1].json()["id"]
        other = program.post(DOCUMENTS, params={"replaces": old}, content=invoice("P7"), headers=key)
        assert refused(other, 422, "key_reused")
    with reading(served.app.engine) as conn:
        first, made = documents.get(conn, old), documents.get(conn, sent[0].json()["id"])
        assert (made.place, made.predecessor, first.state) == (first.place, old, State.SUPERSEDED)


def test_a_certificate_that_ends_is_told_on_every_page_of_its_partner(served: Served) -> None:
    on = dt.datetime.now(dt.UTC).date()

    def certified(days: int) -> None:
        ends = Certificate(
            employee="E", name="Basics", valid_from=on - dt.timedelta(days=9), valid_to=on + dt.timedelta(days)
        )
        with served.app.engine.begin() as conn:
            known = partners.partner(conn, "P2")
            assert known is not None
            changed = known.model_copy(update={"certifications": (ends,)})
            partners.import_partners(conn, [changed], "a test", dt.datetime.now(dt.UTC))

    for days, told in ((HORIZON + 1, False), (HORIZON - 1, True), (1, True)):
        certified(days)
        for path in ("/invoices", "/balance", "/status", f"/invoices/{0:020}"):
            assert ("Ihr Zertifikat gilt nur noch bis" in shown(served, path, name="otto")) is told, (days, path)
    assert "gilt nur noch" not in shown(served, "/invoices")
    assert "gilt nur noch" not in shown(served, "/review", name="olga")


def test_the_balance_is_told_month_by_month(served: Served) -> None:
    on = dt.datetime.now(dt.UTC).date()
    page = shown(served, f"/balance?first={on.replace(month=1, day=1)}&last={on}")
    assert page.count('scope="rowgroup"') == 1
    assert re.search(r'scope="rowgroup" colspan="3">\w+ ' + str(on.year), page)
    assert page.count('href="/invoices/') > 1
    assert "Was ein Gerät bringt" in shown(served, "/status")
