"""The ledger's commands: what is exported, whether it is whole, and what comes back as paid."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import text
from typer.testing import CliRunner

from portal.cli import app as command
from portal.paying import PaymentsInvalid, read
from runtime.app import App
from store import accounts, audit, chain
from store.engine import reading
from workers import steps

runner = CliRunner()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = opened(tmp_path)
    for number, phones in (("R1", 3), ("R2", 2)):
        steps.run(app, steps.accept(app, invoice(number, phones=phones, day=phones), "a.xml", "P1", DAY).id)
    yield app
    app.close()


def _ledger(app: App, *arguments: str, status: int = 0) -> list[str]:
    """Run `cashback ledger ...` on the store of an app and return the lines on standard output."""
    options = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    done = runner.invoke(command, ["ledger", *arguments, *options])
    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout.splitlines()


def test_every_entry_is_exported_once_in_its_order(app: App, breaches: Callable[[str, Any], list[str]]) -> None:
    told = [json.loads(line) for line in _ledger(app, "export")]
    assert [one["position"] for one in told] == [1, 2]
    assert [breaches("entry", one) for one in told] == [[], []]
    assert [posting["amount"] for posting in told[0]["postings"]] == ["42.00", "-42.00"]
    assert told[1]["accruals"][0] | {"line": 0} == {
        "distributor_id": "acme", "number": "R2", "line": 0, "model": "D785", "quantity": 2, "bonus_each": "14.00",
    }  # fmt: skip
    assert [json.loads(line)["key"] for line in _ledger(app, "export", "--since", "1")] == [told[1]["key"]]
    assert _ledger(app, "export", "--since", "2") == []


def test_a_ledger_that_was_changed_is_found_out(app: App) -> None:
    (said,) = _ledger(app, "verify", "--json")
    told = json.loads(said)
    assert (told["entries"], told["faults"]) == (2, 0)
    assert "0 faults" in _ledger(app, "verify", "--head", told["head"])[-1]
    with app.engine.begin() as conn:
        conn.execute(text("DROP TRIGGER postings_no_update"))
        conn.execute(text("UPDATE postings SET amount = amount * 10, balance = balance * 10 WHERE entry = 1"))
    found = [json.loads(line) for line in _ledger(app, "verify", "--json", status=1)]
    assert found[0] == {"position": 1, "fault": "its hash is not that of what stands there"}
    assert _ledger(app, "verify", "--head", "2:" + "0" * 64, status=1)[-1].startswith("2 entries")


def _file(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "paid.json"
    usual = {"partner_id": "P1", "paid_on": "2026-03-31", "reference": "SEPA 7"}
    path.write_text(json.dumps([usual | row for row in rows]))
    return path


def _owed(app: App) -> Decimal:
    with reading(app.engine) as conn:
        return accounts.owed(conn, "P1")


def _prepared(app: App, file: Path, by: str = "anna") -> str:
    return str(json.loads(_ledger(app, "import-payments", str(file), "--by", by, "--json")[0])["list"])


def test_a_payment_is_booked_by_another_person_and_once(app: App, tmp_path: Path) -> None:
    file = _file(tmp_path, {"key": "A1", "amount": "42.00"}, {"key": "A2", "amount": "28.00"})
    listed = _prepared(app, file)
    assert _prepared(app, file) == listed
    assert _owed(app) == Decimal("70.00"), "nothing is booked yet"
    with pytest.raises(AssertionError, match="another person"):
        _ledger(app, "approve-payments", listed, "--by", "anna")
    assert _owed(app) == Decimal("70.00")
    assert _ledger(app, "approve-payments", listed, "--by", "bert") == ["2 payments booked"]
    assert _owed(app) == 0
    with pytest.raises(AssertionError, match="was booked by bert"):
        _ledger(app, "approve-payments", listed, "--by", "carl")
    again = _file(tmp_path, {"key": "A2", "amount": "28.00"}, {"key": "A3", "amount": "-28.00", "reference": "back"})
    assert _ledger(app, "approve-payments", _prepared(app, again), "--by", "bert") == ["1 payments booked"]
    assert _owed(app) == Decimal("28.00")
    with reading(app.engine) as conn:
        assert list(chain.verify(conn)) == []
        assert accounts.balances(conn) == {
            "partner:P1:paid": Decimal("42.00"),
            "partner:P1:payable": Decimal("28.00"),
            "programme:bonus": Decimal("-70.00"),
        }
        acts = [(one.who, one.what) for one in audit.acts(conn, listed)]
    assert acts == [("anna", "payments prepared"), ("bert", "payments booked")]
    assert [json.loads(line)["state"] for line in _ledger(app, "payments", "--json")] == ["booked", "booked"]


def test_a_refused_list_books_nothing(app: App, tmp_path: Path) -> None:
    listed = _prepared(app, _file(tmp_path, {"key": "A1", "amount": "42.00"}))
    _ledger(app, "refuse-payments", listed, "--by", "bert", "--why", "not ours")
    with pytest.raises(AssertionError, match="was refused by bert"):
        _ledger(app, "approve-payments", listed, "--by", "bert")
    assert _owed(app) == Decimal("70.00")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"key": "A1", "amount": "1.001"}, "no amount"),
        ({"key": "A1", "amount": "NaN"}, "no amount"),
        ({"key": "A1", "amount": "1e999"}, "no amount"),
        ({"key": "A1", "amount": 0}, "no amount"),
        ({"key": "A1"}, "missing: amount"),
        ({"key": "A1", "amount": "1", "iban": "DE1"}, "unknown: iban"),
        ({"key": "A1", "amount": "1", "paid_on": "2026-02-30"}, "row 1"),
        ({"key": "A1", "amount": "1", "paid_on": "2999-01-01"}, "still to come"),
        ({"key": "A1", "amount": "1", "partner_id": "P9"}, "no partner P9"),
    ],
)
def test_a_payment_that_cannot_be_is_named_and_nothing_is_prepared(
    app: App, tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    with pytest.raises((AssertionError, PaymentsInvalid), match=said):
        _ledger(app, "import-payments", str(_file(tmp_path, row)))
    assert _ledger(app, "payments", "--json") == []


def test_a_key_that_was_booked_with_another_content_is_refused(app: App, tmp_path: Path) -> None:
    _ledger(app, "approve-payments", _prepared(app, _file(tmp_path, {"key": "A1", "amount": "1.00"})), "--by", "bert")
    with pytest.raises(AssertionError, match="another content"):
        _ledger(app, "import-payments", str(_file(tmp_path, {"key": "A1", "amount": "2.00"})))
    with pytest.raises(AssertionError, match="stands there twice"):
        _ledger(app, "import-payments", str(_file(tmp_path, *[{"key": "B1", "amount": "2.00"}] * 2)))


def test_payments_are_read_from_csv_too(tmp_path: Path) -> None:
    file = tmp_path / "paid.csv"
    file.write_text("key,partner_id,amount,paid_on,reference\nA1,P1,42.00,2026-03-31,\n", encoding="utf-8-sig")
    (one,) = read(file)
    assert (one.key, one.amount, one.reference) == ("A1", Decimal("42.00"), "")
