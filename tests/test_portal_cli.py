"""The command as other programs start it: what it prints, where, and how it ends."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import invoice, opened

COMMAND = Path(sys.executable).with_name("cashback")
Breaches = Callable[[str, Any], list[str]]
Done = subprocess.CompletedProcess[str]


def cashback(folder: Path, *arguments: str, **environment: str) -> Done:
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def lines(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rulebook, two partners in the registry of ./var, and uploads in ./in."""
    folder = tmp_path_factory.mktemp("cashback")
    opened(folder).close()
    (folder / "in").mkdir()
    (folder / "in" / "a.xml").write_bytes(invoice("R1", phones=3))
    (folder / "in" / "b.xml").write_bytes(invoice("R2", seller="DE100000016"))
    (folder / "in" / "c.xml").write_bytes(b"")
    (folder / "in" / "d.txt").write_text("no document")
    return folder


PROCESS = ("process", "in", "--partner", "P1", "--rulebook", "rulebook", "--on", "2026-03-01")


def test_help_takes_less_than_half_a_second_of_cpu(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = cashback(tmp_path, "--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    assert all(
        command in done.stdout for command in ("extract", "process", "explain", "ledger", "rulebook", "partners")
    )
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_extract_prints_a_line_for_each_file_and_goes_on_after_a_bad_one(folder: Path, breaches: Breaches) -> None:
    done = cashback(folder, "extract", "in", "in/d.txt", "--json")
    first, second, third, fourth = lines(done)
    assert [line["file"] for line in lines(done)] == ["in/a.xml", "in/b.xml", "in/c.xml", "in/d.txt"]
    assert breaches("invoice", first) == breaches("invoice", second) == []
    assert first["invoice"]["number"] == "R1"
    assert [third["error"]["code"], fourth["error"]["code"]] == ["empty", "unsupported_type"]
    assert done.returncode == 1
    assert done.stderr.startswith("1 passed over")


def test_extract_shows_people_a_table_and_stores_nothing(folder: Path) -> None:
    done = cashback(folder, "extract", "in/a.xml", "--data", "nowhere")
    assert done.returncode == 0
    assert "ACME Distribution GmbH" in done.stdout
    assert "1 of 1 files read" in done.stdout
    assert not (folder / "nowhere").exists()


def test_pictures_show_every_page_of_what_was_read(folder: Path) -> None:
    sample = Path(__file__).parent.parent / "fixtures" / "text-two-pages-approved" / "invoice.pdf"
    done = cashback(folder, "extract", str(sample), "in/a.xml", "--picture", "pictures/of/pages")
    assert done.returncode == 0
    names = sorted(path.name.split(".") for path in (folder / "pictures/of/pages").iterdir())
    assert [(name[:2], name[3:]) for name in names] == [(["invoice", "pdf"], [page, "png"]) for page in "12"]


def test_process_decides_and_books_and_the_second_time_finds_duplicates(folder: Path, breaches: Breaches) -> None:
    first = cashback(folder, *PROCESS, "--json", "--data", "twice", "--partners", "partners.json")
    approved, rejected, failed = lines(first)
    assert [breaches("decision", line) for line in lines(first)] == [[], [], []]
    assert (approved["outcome"], approved["bonus_total"], approved["reasons"]) == ("approved", "42.00", [])
    assert approved["bonus_units"] == [
        {"model": "D785", "quantity": 3, "bonus_each": "14.00", "line_identifiers": ["1"]}
    ]
    assert (rejected["outcome"], rejected["bonus_total"]) == ("rejected", "0.00")
    assert [reason["code"] for reason in rejected["reasons"]] == ["seller_not_authorised"]
    assert (failed["outcome"], failed["error"]["code"]) == ("failed", "empty")
    assert first.returncode == 1

    again = lines(cashback(folder, *PROCESS, "--json", "--data", "twice"))
    assert [line["outcome"] for line in again] == ["rejected", "rejected", "failed"]
    assert [reason["code"] for line in again[:2] for reason in line["reasons"]].count("duplicate_document") == 2
    balances = {
        line["account"]: line["balance"]
        for line in lines(cashback(folder, "ledger", "balance", "--json", "--data", "twice"))
    }
    assert balances == {"partner:P1:payable": "42.00", "programme:bonus": "-42.00"}


def test_process_takes_a_manifest_of_many_partners(folder: Path) -> None:
    (folder / "in" / "uploads.jsonl").write_text(
        '{"file": "a.xml", "partner": "P1"}\n{"file": "b.xml", "partner": "P2"}\n'
    )
    done = cashback(
        folder,
        "process",
        "--manifest",
        "in/uploads.jsonl",
        "--data",
        "many",
        "--partners",
        "partners.json",
        "--rulebook",
        "rulebook",
        "--on",
        "2026-03-01",
        "--json",
    )
    assert [line["file"] for line in lines(done)] == ["a.xml", "b.xml"]
    assert done.returncode == 0


def test_process_shows_people_what_was_decided_earned_and_what_to_try_next(folder: Path) -> None:
    done = cashback(folder, *PROCESS, "--data", "people", "--partners", "partners.json")
    for shown in (
        "3 documents",
        "seller_not_authorised",
        "Bonus per model",
        "Beispiel GmbH",
        "together 0.00",
        "Try next:",
    ):
        assert shown in done.stdout
    assert done.returncode == 1


def test_explain_tells_all_of_a_stored_document_by_its_id_or_its_bytes(folder: Path, breaches: Breaches) -> None:
    place = ("--data", "told", "--rulebook", "rulebook")
    processed = lines(cashback(folder, *PROCESS, "--json", "--data", "told", "--partners", "partners.json"))[0]
    by_id = lines(cashback(folder, "explain", processed["document_id"], "--json", *place))[0]
    by_bytes = lines(cashback(folder, "explain", "in/a.xml", "--json", *place))[0]
    assert {**by_id, "file": ""} == {**by_bytes, "file": ""}
    assert breaches("decision", by_id) == breaches("invoice", by_id) == []
    assert [step["to"] for step in by_id["history"]] == ["received", "read", "extracted", "approved"]
    assert set(by_id["versions"]) == {"extractor", "catalogue", "distributors", "programme", "policy"}
    shown = cashback(folder, "explain", "in/b.xml", *place)
    assert "seller_not_authorised" in shown.stdout
    assert "History" in shown.stdout


def test_explain_only_reads_a_file_that_is_not_stored(folder: Path) -> None:
    done = cashback(folder, "explain", "in/a.xml", "--data", "unknown", "--rulebook", "rulebook")
    assert "Not stored" in done.stdout
    assert done.returncode == 0


def test_a_rulebook_is_checked_and_each_fault_named(folder: Path) -> None:
    assert cashback(folder, "rulebook", "check", "rulebook").returncode == 0
    broken = folder / "broken"
    broken.mkdir()
    for name in ("catalogue", "distributors", "programme"):
        (broken / f"{name}.json").write_text((folder / "rulebook" / f"{name}.json").read_text())
    (broken / "catalogue.json").write_text('[{"model": "D785", "bonus_eligible": true, "bonus": {"silver": "3.00"}}]')
    done = cashback(folder, "rulebook", "check", "broken")
    assert done.returncode == 1
    assert "catalogue.json" in done.stdout
    assert "silver" in done.stdout


def test_partners_are_imported_once(folder: Path) -> None:
    place = ("--data", "registry", "--rulebook", "rulebook")
    assert cashback(folder, "partners", "import", "partners.json", *place).stdout.startswith("2 partners, 2 of them")
    assert cashback(folder, "partners", "import", "partners.json", *place).stdout.startswith("2 partners, 0 of them")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["extract"], "Missing argument"),
        (["extract", "gone.pdf"], "no file or folder gone.pdf"),
        (["process", "in"], "--partner"),
        (["process", "--manifest", "m.jsonl", "--partner", "P1"], "--manifest"),
        (["process", "in", "--partner", "P9", "--rulebook", "rulebook"], "no partner P9"),
        (["process", "in", "--partner", "P1", "--rulebook", "nowhere"], "catalogue.json"),
        (["explain", "nothing"], "no document and no file nothing"),
        (["extract", "in", "--on", "yesterday"], "yesterday"),
        (["reprocess", "--reason", "NO-CODE"], "docs/findings.md"),
        (["reprocess", "--resume", "--state", "failed"], "--resume"),
        (["reprocess", "--json", "--csv"], "--csv"),
        (["reprocess", "--from", "nowhere"], "nowhere"),
        (["work", "--rulebook", "rulebook"], "CASHBACK_REDIS_URL"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(folder: Path, arguments: list[str], said: str) -> None:
    done = cashback(folder, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_the_programs_ends_with_3_and_names_the_command(folder: Path) -> None:
    done = cashback(folder, "extract", "in/a.xml", PATH="nowhere")
    assert done.returncode == 3
    assert "tesseract, pdftoppm, pdfinfo" in done.stderr
    assert "apt-get install -y tesseract-ocr tesseract-ocr-deu tesseract-ocr-eng poppler-utils" in done.stderr


def test_an_unknown_setting_is_wrong_usage(folder: Path) -> None:
    done = cashback(folder, "ledger", "balance", CASHBACK_DATTA="x")
    assert (done.returncode, "CASHBACK_DATTA" in done.stderr) == (2, True)


def test_a_data_folder_that_cannot_be_made_ends_with_3(folder: Path) -> None:
    done = cashback(folder, "ledger", "balance", "--rulebook", "rulebook", "--data", "in/a.xml/var")
    assert done.returncode == 3
    assert "in/a.xml/var" in done.stderr


def test_reprocess_tells_what_would_change_and_then_changes_it(folder: Path, tmp_path: Path) -> None:
    place = ("--data", str(tmp_path), "--partners", "partners.json")
    rules = tmp_path / "rules"
    shutil.copytree(folder / "rulebook", rules)
    (rules / "catalogue.json").write_text((rules / "catalogue.json").read_text().replace('"14.00"', '"15.00"'))
    cashback(folder, *PROCESS, *place)
    again = ("reprocess", "--rulebook", str(rules), *place)

    (change, summary) = lines(cashback(folder, *again, "--dry-run", "--json"))
    assert (change["partner_id"], change["bonus_change"]) == ("P1", "3.00")
    assert change["before"] == {"outcome": "approved", "reasons": [], "bonus": "42.00"}
    assert summary["summary"]["documents"] == 3
    assert summary["summary"]["by_partner"] == {"P1": {"documents": 1, "bonus_change": "3.00"}}
    table = cashback(folder, *again, "--dry-run", "--state", "approved").stdout
    assert "1 documents processed again, 1 would change, 3.00 EUR" in table
    csv = cashback(folder, *again, "--dry-run", "--csv").stdout.splitlines()
    assert [line.count(",") for line in csv] == [8, 8]
    none = lines(cashback(folder, *again, "--dry-run", "--json", "--reason", "buyer_mismatch"))
    assert [line["summary"]["documents"] for line in none] == [0]

    done = lines(cashback(folder, *again, "--json"))
    assert done == [change, {"summary": summary["summary"] | {"dry_run": False}}]
    assert "0 changed, 0.00 EUR" in cashback(folder, *again).stdout
    assert "No run was interrupted." in cashback(folder, *again, "--resume").stderr


def registry(folder: Path, **more: Any) -> Path:
    """Write a registry of both partners, P1 with these keys, and a rulebook that asks for certificates."""
    rows = json.loads((folder / "partners.json").read_text())
    trained = {"name": "Engineer", "employee": "A. Muster", "valid_from": "2025-01-01", "valid_to": "2026-12-31"}
    rows[0] |= {"certifications": [trained]} | more
    path = folder / "registry.json"
    path.write_text(json.dumps(rows))
    rules = folder / "strict"
    shutil.copytree(folder / "rulebook", rules, dirs_exist_ok=True)
    programme = json.loads((rules / "programme.json").read_text())
    (rules / "programme.json").write_text(json.dumps(programme | {"certification_required": True}))
    return path


def test_partners_have_a_status_and_what_is_learnt_later_reverses(folder: Path, tmp_path: Path) -> None:
    place = ("--data", str(tmp_path), "--rulebook", "strict", "--on", "2026-03-01")
    path = registry(folder, listed=True, website="https://example.org")
    cashback(folder, "process", "in/a.xml", "--partner", "P1", "--partners", str(path), *place)

    first, second = lines(cashback(folder, "partners", "status", "--json", *place))
    assert (first["id"], first["tier"], first["earns"], first["certified_until"]) == ("P1", "gold", True, "2026-12-31")
    assert (first["revenue"], first["owed"], first["held"]) == ("300.00", "42.00", "0.00")
    assert [each["code"] for each in first["warnings"]] == ["no_case_study"]
    assert (second["earns"], [each["code"] for each in second["warnings"]]) == (
        False,
        ["no_certificate", "no_case_study"],
    )
    assert lines(cashback(folder, "partners", "status", "P1", "--json", *place)) == [first]
    told = cashback(folder, "partners", "status", "P1", *place, CASHBACK_LANGUAGE="de").stdout
    assert "Die Case-Study fehlt." in told
    assert "Muster AG" in cashback(folder, "partners", "status", *place).stdout
    missing = cashback(folder, "partners", "status", "P9", *place)
    assert (missing.returncode, "There is no partner P9" in missing.stderr) == (2, True)

    assert lines(cashback(folder, "partners", "public", "--json", *place)) == [
        {
            "tier": "gold", "name": "Beispiel GmbH", "postal_code": "53111", "city": "Bonn", "country": "DE",
            "website": "https://example.org",
        }
    ]  # fmt: skip

    later = (*place[:-1], "2027-01-01")
    assert lines(cashback(folder, "ledger", "settle", "--json", *later)) == [{"on": "2027-01-01", "partners": 1}]
    assert lines(cashback(folder, "partners", "status", "P1", "--json", *later))[0]["held"] == "42.00"
    assert cashback(folder, "ledger", "settle", *place).stdout == "1 partners held or released as of 2026-03-01\n"

    changed = cashback(folder, "partners", "import", str(registry(folder, certifications=[])), *place)
    assert changed.stdout == "2 partners, 1 of them new or changed\n"
    assert changed.stderr == "1 documents judged again for changes in the registry, 1 changed, -42.00 EUR\n"
    assert lines(cashback(folder, "partners", "status", "P1", "--json", *place))[0]["owed"] == "0.00"


def test_the_registry_goes_out_as_it_came_in(folder: Path, tmp_path: Path) -> None:
    path = registry(folder, former=[{"name": "Alt GmbH", "valid_to": "2025-12-31"}], contact="=1+1")
    cashback(folder, "partners", "import", str(path), "--data", str(tmp_path / "a"))
    for option, name in (("--json", "out.json"), ("--csv", "out.csv")):
        written = cashback(folder, "partners", "export", option, "--data", str(tmp_path / "a")).stdout
        (tmp_path / name).write_text(written)
        done = cashback(folder, "partners", "import", str(tmp_path / name), "--data", str(tmp_path / "a"))
        assert done.stdout == "2 partners, 0 of them new or changed\n"
    exported = json.loads((tmp_path / "out.json").read_text())
    assert [row | {"country": "DE"} for row in json.loads(path.read_text())] == exported
