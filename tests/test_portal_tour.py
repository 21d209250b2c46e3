"""Every command of the program, one after the other on one store, as somebody would who tries each that there is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from sample_uploads import DISTRIBUTORS, invoice, opened
from sqlalchemy import text
from typer.testing import CliRunner

from fixtures.servers import Postgres
from portal.cli import app as command
from store.engine import open_engine

UNTIL_ENDED = {"serve", "work"}
"""They run until they are ended: `sample_portal` runs both for many tests, `test_up` both together."""
PAID = {"partner_id": "P1", "paid_on": "2026-03-31", "reference": "SEPA 7", "amount": "5.00"}


def _leaves(at: Any, *words: str) -> Iterator[str]:
    if not hasattr(at, "commands"):
        yield " ".join(words)
        return
    for name, below in at.commands.items():
        yield from _leaves(below, *words, name)


class Tour:
    """Runs commands, and notes which."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.seen: set[str] = set()
        self.known = set(_leaves(typer.main.get_command(command)))

    def __call__(self, *words: str) -> str:
        """Run a command, which must succeed, and return what it prints."""
        (name,) = {" ".join(words[:1]), " ".join(words[:2])} & self.known
        self.seen.add(name)
        done = CliRunner().invoke(command, [*words, *self.options])
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.stdout

    def told(self, *words: str) -> dict[str, Any]:
        """Run a command and return the first line of its JSON."""
        line: dict[str, Any] = json.loads(self(*words, "--json").splitlines()[0])
        return line


@pytest.fixture
def tour(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tour:
    url = postgres.new_database()
    opened(tmp_path, url).close()
    monkeypatch.setenv("CASHBACK_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    return Tour("--data", "var", "--rulebook", "rulebook", "--on", "2026-03-01")


def test_every_command_does_what_it_is_for(tour: Tour, tmp_path: Path, postgres: Postgres) -> None:
    for number, name in ((1, "a.xml"), (2, "b.xml")):
        (tmp_path / name).write_bytes(invoice(f"R{number}", phones=number))
    documents_and_rules(tour, tmp_path)
    partners_and_people(tour, tmp_path)
    money(tour, tmp_path)
    operation(tour, tmp_path, postgres)
    assert tour.known - tour.seen == UNTIL_ENDED


def documents_and_rules(tour: Tour, folder: Path) -> None:
    assert tour.told("extract", "a.xml")["invoice"]["number"] == "R1"
    first = tour.told("process", "a.xml", "--partner", "P1")
    assert (first["outcome"], first["bonus_total"]) == ("approved", "14.00")
    assert "R1" in tour("explain", first["document_id"])
    assert "1 documents processed again, 0 would change" in tour("reprocess", "--dry-run")
    assert "2 products, 1 distributors" in tour("rulebook", "check", "rulebook")
    tour("rulebook", "export", "written")
    others = [DISTRIBUTORS[0] | {"valid_to": "2026-01-31"}]
    (folder / "written" / "distributors.json").write_text(json.dumps(others))
    assert "acme" in tour("rulebook", "diff", "rulebook", "written")


def partners_and_people(tour: Tour, folder: Path) -> None:
    exported = tour("partners", "export")
    (folder / "again.json").write_text(exported)
    assert "2 partners, 0 of them" in tour("partners", "import", "again.json")
    assert tour.told("partners", "status", "P1")["tier"] == "gold"
    assert "Partners" in tour("partners", "public")
    assert tour.told("partners", "token", "P1")["token"]
    tour("partners", "disclose", "P1", "disclosed")
    assert any((folder / "disclosed").iterdir())
    made = tour.told("people", "add", "anna", "--role", "partner", "--partner", "P1")
    assert tour.told("people", "password", "anna")["password"] != made["password"]
    assert "anna" in tour("people", "list")
    assert "no more" in tour("people", "end", "anna")
    hook = tour.told("webhooks", "add", "https://127.0.0.1:9/x")
    assert hook["id"] in tour("webhooks", "list")
    assert "0 notices" in tour("webhooks", "retry")
    assert hook["id"] not in tour("webhooks", "dead")
    assert "removed" in tour("webhooks", "remove", hook["id"])


def money(tour: Tour, folder: Path) -> None:
    assert "14.00" in tour("ledger", "balance")
    assert tour.told("ledger", "export")["accruals"][0]["model"] == "D785"
    assert "0 partners" in tour("ledger", "settle")
    listed = []
    for name in ("A", "B"):
        (folder / f"{name}.json").write_text(json.dumps([PAID | {"key": name}]))
        listed.append(tour.told("ledger", "import-payments", f"{name}.json", "--by", "anna")["list"])
    assert "refused" in tour("ledger", "refuse-payments", listed[0], "--why", "not ours", "--by", "bert")
    assert "1 payments booked" in tour("ledger", "approve-payments", listed[1], "--by", "bert")
    assert {"booked", "refused"} <= set(tour("ledger", "payments").split())
    tour("ledger", "statement", "P1", "--from", "2026-01-01", "--output", "statement.pdf")
    assert (folder / "statement.pdf").read_bytes().startswith(b"%PDF")
    assert tour.told("ledger", "verify")["faults"] == 0


def operation(tour: Tour, folder: Path, postgres: Postgres) -> None:
    inbox = folder / "inbox" / "P1"
    inbox.mkdir(parents=True)
    (folder / "b.xml").rename(inbox / "b.xml")
    assert "accepted as" in tour("watch", "inbox", "--once")
    assert tour.told("doctor")["grade"] == "good"
    assert not any(json.loads(line)["violations"] for line in tour("check", "--json").splitlines())
    assert "would be deleted" in tour("retention", "--by", "anna", "--dry-run")
    kept = tour("backup", "backups").split(":")[0]
    engine = open_engine(postgres.new_database(migrated=False))
    with engine.begin() as conn:
        conn.execute(text('DROP ROLE IF EXISTS "tour"'))
        conn.execute(text('CREATE ROLE "tour" LOGIN'))
    tour("grant", "tour")
    with pytest.MonkeyPatch.context() as other:
        other.setenv("CASHBACK_DATABASE_URL", engine.url.render_as_string(hide_password=False))
        tour.options = ("--data", "elsewhere", *tour.options[2:])
        tour("restore", kept)
        assert "14.00" in tour("ledger", "balance")
    engine.dispose()
