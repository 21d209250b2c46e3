"""The administration: rulebook and drafts over HTTP."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from sample_portal import PASSWORD, Served, serving
from sample_uploads import DAY, invoice

from portal import people
from workers import steps


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        people.add(served.app, "eva", "admin", password=PASSWORD, who="a test")
        for number, day in (("A", 10), ("B", 58)):
            data = invoice(number, phones=2, day=day)
            steps.run(served.app, steps.accept(served.app, data, f"{number}.xml", "P1", DAY).id)
        yield served


class Person:
    """Somebody with a browser without script."""

    def __init__(self, served: Served, name: str) -> None:
        self.client, self.session = served.browser(name, **{"Accept-Language": "en"})

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.session.csrf, **fields})

    def send(self, path: str, name: str, text: str) -> httpx.Response:
        """Send a file with a form."""
        return self.client.post(f"{path}&csrf={self.session.csrf}", files={"file": (name, text.encode())})


@pytest.fixture(scope="module")
def who(served: Served) -> Iterator[dict[str, Person]]:
    with ExitStack() as stack:
        made = {name: Person(served, name) for name in ("adam", "eva", "olga")}
        for one in made.values():
            stack.enter_context(one.client)
        yield made


@pytest.fixture
def adam(who: dict[str, Person]) -> Person:
    return who["adam"]


@pytest.fixture
def eva(who: dict[str, Person]) -> Person:
    return who["eva"]


def tried(person: Person, at: str) -> str:
    """Wait until a draft was tried, and return its page."""
    while "being computed" in (page := person.get(at).text):
        time.sleep(0.1)
    return page


def test_a_draft_needs_another_person_and_loses_preview_and_approval_when_it_is_changed(
    adam: Person, eva: Person, who: dict[str, Person]
) -> None:
    at = adam.post("/rules/drafts", why="Spring").headers["location"]
    wrong = adam.post(f"{at}/change/rate", seen=1, model="D785", valid_from="2026-02-01", silver="11", gold="99")
    assert wrong.status_code == 422
    assert "rates[2].gold" in wrong.text
    assert "Gold earns 6 to 18 EUR" in wrong.text
    assert 'value="99"' in wrong.text, "what was typed is still there"
    rate = {"model": "D785", "valid_from": "2026-02-01", "silver": "11,00", "gold": "17.50"}
    assert adam.post(f"{at}/change/rate", seen=1, **rate).status_code == 303
    assert adam.post(f"{at}/change/rate", seen=1, **rate).status_code == 409, "another state was seen"
    page = tried(adam, at)
    assert "1 document would change" in page
    assert "+€7.00" in page
    assert "another person" in adam.post(f"{at}/approve", seen=2).text
    assert eva.post(f"{at}/approve", seen=2).status_code == 303
    assert "approved by eva" in adam.get(at).text
    adam.post(f"{at}/change/rate", seen=2, **rate | {"gold": "18"})
    assert "approved by eva" not in tried(adam, at)
    assert adam.post(f"{at}/live", seen=3).status_code == 409
    assert who["olga"].post(f"{at}/approve", seen=3).status_code == 404
    assert "Go live" not in who["olga"].get(at).text
    assert eva.post(f"{at}/approve", seen=3).status_code == 303
    assert adam.post(f"{at}/live", seen=3).status_code == 303
    assert "Judge 1 documents again" in adam.get(at).text
    assert adam.post(f"{at}/apply", seen=3).status_code == 303
    assert adam.post(f"{at}/apply", seen=3).status_code == 409
    shown = adam.get("/rules/rates?on=2026-02-01").text
    assert "€18.00" in shown
    assert "€18.00" not in adam.get("/rules/rates?on=2026-01-31&q=D785").text.partition("<details>")[0]


def test_a_file_is_taken_in_or_its_faults_are_named_by_row_and_field(adam: Person) -> None:
    at = adam.post("/rules/drafts", why="by file").headers["location"]
    wrong = "model,valid_from,valid_to,silver,gold\nM900,2026-01-01,2026-05-31,9,12\nM900,2026-05-01,,9,x\n"
    answer = adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", wrong)
    assert answer.status_code == 422
    assert "catalogue.json, row 2 (M900), rates[2].gold" in answer.text
    overlapping = adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", wrong.replace("x", "12"))
    assert "the period overlaps that of rates[1]" in overlapping.text
    for table, name, text, told in (
        ("rates", "rates.csv", "model,gold\nM999,12\n", "there is no model M999"),
        ("catalogue", "a.csv", "model,colour\nM900,red\n", "there is no column colour"),
        ("catalogue", "a.json", "[", "is no JSON"),
        ("programme", "a.json", '{"claim_window_days": -1}', "must lie between 0 and 36500"),
    ):
        assert told in adam.send(f"{at}/import?table={table}&seen=1", name, text).text, told
    gap = "model,valid_from,valid_to,silver,gold\nM900,2026-01-01,2026-04-30,9,12\nM900,2026-06-01,,9,12\n"
    assert adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", gap).status_code == 303
    assert "M900: nothing holds from 1 May 2026 to 31 May 2026." in adam.get(at).text
    for table in ("rates", "catalogue", "distributors"):
        for form in ("csv", "json"):
            out = adam.get(f"/rules/{table}/export.{form}")
            assert out.headers["content-disposition"].startswith("attachment")
            if (table, form) != ("rates", "json"):
                seen = (
                    2 if (table, form) == ("rates", "csv") else adam.get(at).text.partition("state ")[2].split("<")[0]
                )
                taken = adam.send(f"{at}/import?table={table}&seen={seen}", f"x.{form}", out.text)
                assert taken.status_code == 303, taken.text
    assert adam.post(f"{at}/drop", seen=7).status_code == 303
    assert "dropped" in adam.get(at).text
