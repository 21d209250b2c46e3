"""Who may do what in the portal: roles, sessions, forms, guesses; over HTTP, with the command itself."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from fastapi.routing import APIRoute
from sample_portal import PASSWORD, PEOPLE, Served, serving
from sample_uploads import invoice
from sqlalchemy import update

from portal import access, people
from portal.inputs import NotThere
from portal.people import BY_NAME, Refused, TooMany
from portal.web import web
from store import people as stored
from store.tables import sessions

MAY: dict[tuple[str, str], str] = {
    ("GET", "/"): "public",
    ("GET", "/signin"): "public",
    ("POST", "/signin"): "public",
    ("POST", "/language"): "public",
    ("GET", "/static/{name}"): "public",
    ("GET", "/healthz"): "public",
    ("GET", "/readyz"): "public",
    ("GET", "/metrics"): "local",
    ("POST", "/signout"): "signed in",
    ("GET", "/invoices"): "partner",
    ("GET", "/invoices/moving"): "partner",
    ("GET", "/invoices/{document_id}"): "partner",
    ("POST", "/documents"): "partner",
    ("GET", "/balance"): "partner",
    ("GET", "/balance/statement.{form}"): "partner",
    ("GET", "/status"): "partner",
    ("GET", "/documents"): "operator",
    ("GET", "/documents/{document_id}/pages/{number}.webp"): "signed in",
    ("GET", "/documents/{document_id}/original"): "signed in",
    ("GET", "/review"): "operator",
    ("GET", "/review/{document_id}"): "operator",
    ("POST", "/review/{document_id}/decide"): "operator",
    ("POST", "/review/{document_id}/undo"): "operator",
    ("POST", "/review/{document_id}/later"): "operator",
    ("POST", "/review/{document_id}/retry"): "operator",
    ("POST", "/review/{document_id}/seen"): "operator",
    ("POST", "/review/{document_id}/take"): "operator",
    ("GET", "/review/counts"): "operator",
    ("GET", "/review/peek/{document_id}"): "operator",
    ("POST", "/review/bulk/preview"): "operator",
    ("POST", "/review/bulk"): "operator",
    ("GET", "/team"): "operator",
    ("POST", "/review/{document_id}/correct"): "operator",
    ("POST", "/invoices/{document_id}/replace"): "partner",
    ("POST", "/invoices/{document_id}/appeal"): "partner",
    ("POST", "/invoices/{document_id}/answer"): "partner",
    ("POST", "/review/{document_id}/ask"): "operator",
    ("GET", "/rules"): "operator",
    ("GET", "/rules/{table}"): "operator",
    ("GET", "/rules/{table}/export.{form}"): "operator",
    ("POST", "/rules/drafts"): "admin",
    ("GET", "/rules/drafts/{draft_id}"): "operator",
    ("GET", "/rules/drafts/{draft_id}/preview"): "operator",
    ("POST", "/rules/drafts/{draft_id}/change/{part}"): "admin",
    ("POST", "/rules/drafts/{draft_id}/import"): "admin",
    ("POST", "/rules/drafts/{draft_id}/{act}"): "admin",
    ("GET", "/partners"): "operator",
    ("GET", "/partners/export.{form}"): "operator",
    ("POST", "/partners/import"): "admin",
    ("GET", "/partners/drafts/{draft_id}"): "operator",
    ("GET", "/partners/drafts/{draft_id}/preview"): "operator",
    ("POST", "/partners/drafts/{draft_id}/{act}"): "admin",
    ("GET", "/partners/{partner_id}"): "operator",
    ("POST", "/partners/{partner_id}/{act}"): "admin",
    ("GET", "/people"): "admin",
    ("POST", "/people"): "admin",
    ("POST", "/people/{person_id}/{act}"): "admin",
    ("GET", "/payouts"): "admin",
    ("POST", "/payouts"): "admin",
    ("POST", "/payouts/{list_id}/{act}"): "admin",
    ("GET", "/audit"): "admin",
    ("GET", "/audit/export.csv"): "admin",
    ("GET", "/batches"): "operator",
    ("GET", "/batches/new"): "operator",
    ("POST", "/batches"): "operator",
    ("GET", "/batches/{batch_id}"): "operator",
    ("POST", "/batches/{batch_id}"): "operator",
    ("GET", "/batches/{batch_id}/progress"): "operator",
    ("GET", "/batches/{batch_id}/changes.{form}"): "operator",
    ("GET", "/documents/{document_id}/pages/{number}/words.json"): "operator",
    ("POST", "/review/{document_id}/reread"): "operator",
    ("GET", "/review/{document_id}/compare/{other_id}"): "operator",
    ("POST", "/review/{document_id}/split"): "operator",
    ("POST", "/api/v1/documents"): "token",
    ("GET", "/api/v1/documents"): "token",
    ("GET", "/api/v1/documents/{document_id}"): "token",
}
"""Each route and who may use it: one that is not here fails the test."""
ROLES = {"partner": {"anna", "otto"}, "operator": {"olga", "adam"}, "admin": {"adam"}, "signed in": set(PEOPLE)}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_each_route_is_for_whom_it_should_be(served: Served) -> None:
    routes = [route for route in web(served.app, lambda _name, _id: None).routes if isinstance(route, APIRoute)]
    found = {(method, route.path): access.declared(route) for route in routes for method in route.methods or ()}
    assert found == MAY


@pytest.mark.parametrize(("method", "path"), [key for key, who in MAY.items() if who in ROLES or who == "token"])
def test_a_route_is_closed_to_all_others(served: Served, method: str, path: str) -> None:
    who = MAY[method, path]
    names = re.findall(r"{(\w+)}", path)
    address = path.format(**dict.fromkeys(names, "0" * 20) | {"form": "csv", "number": 1})
    with served.client(None) as nobody:
        answer = nobody.request(method, address, headers={"Accept": "text/html"})
    if who == "token":
        assert answer.status_code == 401
    else:
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/signin")
    with served.client("P1") as program:
        answer = program.request(method, address)
    assert (answer.status_code == 303) == (who != "token"), "a token opens what is for programs, and that alone"
    for name in PEOPLE:
        client, session = served.browser(name)
        with client:
            answer = client.request(method, address, params={"csrf": session.csrf} if method == "POST" else None)
        if who == "token":
            assert answer.status_code == 401
        elif name not in ROLES[who]:
            assert answer.status_code == 404


@pytest.mark.parametrize(("method", "path"), [key for key, who in MAY.items() if key[0] == "POST" and who in ROLES])
def test_a_form_without_the_word_of_its_session_changes_nothing(served: Served, method: str, path: str) -> None:
    name = {"operator": "olga", "admin": "adam"}.get(MAY[method, path], "anna")
    client, session = served.browser(name)
    other = people.sign_in(served.app, name, PASSWORD, "here")
    before = served.count()
    with client:
        for word in ({}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": "ü"}):
            assert client.request(method, path, params=word, content=invoice("C")).status_code == 403
            assert client.request(method, path, data=word).status_code == 403
        for site in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": site}
            assert client.request(method, path, params={"csrf": session.csrf}, headers=headers).status_code == 403
        foreign = {"Origin": "https://elsewhere.example"}
        assert client.request(method, path, params={"csrf": session.csrf}, headers=foreign).status_code == 403
        home = "/review" if name != "anna" else "/invoices"
        assert client.get(home).status_code == 200, "the session goes on"
    assert served.count() == before


def test_signing_in_and_out(served: Served) -> None:
    with served.client(None) as client:
        page = client.get("/invoices", headers={"Accept": "text/html"})
        assert page.headers["location"] == "/signin?next=/invoices"
        form = {"name": " Anna ", "password": PASSWORD, "next": "/balance"}
        answer = client.post("/signin", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/balance")
        said = answer.headers["set-cookie"]
        assert re.match(r"__Host-session=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure$", said)
        cookie = {"Cookie": said.partition(";")[0]}
        shown = client.get("/balance", headers=cookie)
        assert shown.status_code == 200
        (word,) = set(re.findall(r'name="csrf" value="(\w+)"', shown.text))
        assert client.post("/signout", data={"csrf": word}, headers=cookie).headers["location"] == "/signin"
        assert client.get("/balance", headers=cookie).status_code == 303


def test_whoever_is_wrong_learns_nothing(served: Served) -> None:
    with served.client(None) as client:
        wrong = {
            client.post("/signin", data={"name": name, "password": password}, headers={"Accept-Language": "en"}).text
            for name, password in (("olga", "wrong"), ("olga", ""), ("olga", "x" * 900))
        }
        unknown = client.post("/signin", data={"name": "olgb", "password": PASSWORD}, headers={"Accept-Language": "en"})
        assert {page.replace("olgb", "olga") for page in (*wrong, unknown.text)} == wrong
        assert unknown.status_code == 422
        assert "Name or password is wrong." in unknown.text


@pytest.mark.parametrize(
    "address", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere(served: Served, address: str) -> None:
    with served.client(None) as client:
        form = {"name": "otto", "password": PASSWORD, "next": address}
        assert client.post("/signin", data=form).headers["location"] == "/invoices"
        assert client.post("/language", data={"language": "en", "next": address}).headers["location"] == "/"


def test_guesses_are_slowed_down(served: Served) -> None:
    made, _ = people.add(served.app, "guessed", "operator", password=PASSWORD, who="a test")
    for _ in range(BY_NAME):
        with pytest.raises(Refused):
            people.sign_in(served.app, "guessed", "wrong", "192.0.2.1")
    with pytest.raises(TooMany):
        people.sign_in(served.app, "GUESSED", PASSWORD, "192.0.2.2")
    with served.client(None) as client:
        answer = client.post("/signin", data={"name": "guessed", "password": PASSWORD})
        assert answer.status_code == 429
    with served.app.engine.begin() as conn:
        later = dt.datetime.now(dt.UTC) + stored.WINDOW
        assert stored.refused(conn, "name guessed", later) == 0
        assert stored.named(conn, made.name) == made


def test_sessions_end(served: Served, clients: ExitStack) -> None:
    def holds(client: httpx.Client) -> bool:
        return client.get("/status").status_code == 200

    idle, old = (clients.enter_context(served.browser(name)[0]) for name in ("anna", "otto"))
    assert holds(idle)
    assert holds(old)
    now = dt.datetime.now(dt.UTC)
    with served.app.engine.begin() as conn:
        anna, otto = stored.named(conn, "anna"), stored.named(conn, "otto")
        assert anna is not None
        assert otto is not None
        of = sessions.c.person_id
        conn.execute(update(sessions).where(of == anna.id).values(seen_at=now - stored.IDLE))
        conn.execute(update(sessions).where(of == otto.id).values(made_at=now - stored.LONGEST))
    assert not holds(idle)
    assert not holds(old)
    people.add(served.app, "leaving", "partner", "P1", password=PASSWORD, who="a test")
    leaving = clients.enter_context(served.browser("leaving")[0])
    assert holds(leaving)
    people.set_password(served.app, "leaving", PASSWORD + "!", "a test")
    assert not holds(leaving)
    people.end(served.app, "leaving", "a test")
    with pytest.raises(Refused):
        people.sign_in(served.app, "leaving", PASSWORD + "!", "here")


def test_who_cannot_be_added(served: Served) -> None:
    for name, role, partner, password, why in (
        ("anna", "operator", None, PASSWORD, "already"),
        ("ANNA ", "operator", None, PASSWORD, "already"),
        ("new", "partner", None, PASSWORD, "--partner"),
        ("new", "admin", "P1", PASSWORD, "--partner"),
        ("new", "partner", "P9", PASSWORD, "no partner P9"),
        ("new", "operator", None, "short", "characters"),
    ):
        with pytest.raises(NotThere, match=why):
            people.add(served.app, name, role, partner, password=password, who="a test")  # type: ignore[arg-type]


def test_every_answer_tells_the_browser_what_it_may_do(served: Served) -> None:
    client, _ = served.browser("anna")
    with client:
        for path in ("/invoices", "/signin", "/nowhere", "/api/v1/documents", "/healthz"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert "server" not in headers
