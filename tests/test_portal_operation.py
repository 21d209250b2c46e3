"""The commands of those who run it: `doctor`, `backup`, `restore`."""

import json
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import text
from typer.testing import CliRunner

from portal import doctoring
from portal.cli import app as command
from portal.cli import main
from portal.inputs import NotThere
from runtime.settings import Settings
from workers import steps

runner = CliRunner()


def _doctor(*options: str) -> dict[str, dict[str, str]]:
    done = runner.invoke(command, ["doctor", "--json", *options])
    found = {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == int(any(told["grade"] == "bad" for told in found.values()))
    return found


def test_a_machine_that_has_everything_is_found_well(tmp_path: Path) -> None:
    opened(tmp_path).close()
    found = _doctor("--data", str(tmp_path / "var"), "--rulebook", str(tmp_path / "rulebook"))
    assert {told["grade"] for told in found.values()} <= {"good", "warning"}
    assert found["tesseract"]["what"].startswith("tesseract 5")
    assert found["languages"]["what"] == "deu, eng"
    assert found["queue"]["what"] == "nothing waits"
    assert {"database", "schema", "files", "redis", "sandbox", "space for data"} <= found.keys()


def test_what_is_broken_is_named_with_what_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CASHBACK_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CASHBACK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    found = _doctor("--data", str(tmp_path / "var"), "--rulebook", str(tmp_path))
    bad = {name for name, told in found.items() if told["grade"] == "bad"}
    assert {"tesseract", "pdftoppm", "pdfinfo", "database", "redis", "rulebook"} <= bad
    assert found["tesseract"]["cure"].startswith("apt-get install -y tesseract-ocr")
    assert found["sandbox"]["grade"] != "bad"


def test_a_schema_that_is_newer_is_told(tmp_path: Path) -> None:
    app = opened(tmp_path)
    with app.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    app.close()
    found = {one.name: one for one in doctoring.examine(Settings(data=tmp_path / "var"))}
    assert (found["schema"].grade, found["schema"].cure) == ("warning", "install that release here too")


def test_a_backup_is_made_and_brought_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(tmp_path)
    steps.run(app, steps.accept(app, invoice("R1"), "a.xml", "P1", DAY).id)
    app.close()
    options = ["--rulebook", str(tmp_path / "rulebook")]
    made = runner.invoke(command, ["backup", str(tmp_path / "kept"), "--data", str(tmp_path / "var"), *options])
    assert made.exit_code == 0, made.output
    folder = made.stdout.split(": ")[0]
    back = runner.invoke(command, ["restore", folder, "--data", str(tmp_path / "new"), *options])
    assert back.exit_code == 0, back.output
    assert made.stdout.split("ledger ")[1] == back.stdout.split("ledger ")[1]
    checked = runner.invoke(command, ["check", "--data", str(tmp_path / "new"), *options])
    assert checked.exit_code == 0, checked.output
    monkeypatch.setattr("sys.argv", ["cashback", "restore", folder, "--data", str(tmp_path / "new"), *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "holds something already" in capsys.readouterr().err


def test_what_is_kept_about_a_partner_is_given_out_and_nothing_of_another(tmp_path: Path) -> None:
    app = opened(tmp_path)
    same = invoice("R1", serial="000413AA0001")
    other = steps.run(app, steps.accept(app, same, "secret.xml", "P2", DAY).id)
    own = steps.run(app, steps.accept(app, same, "a.xml", "P1", DAY).id)
    earning = steps.run(app, steps.accept(app, invoice("R2"), "b.xml", "P1", DAY).id)
    app.close()
    options = ["--data", str(tmp_path / "var"), "--rulebook", str(tmp_path / "rulebook")]
    done = runner.invoke(command, ["partners", "disclose", "P1", str(tmp_path / "out"), *options])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("1 registry, 1 registry-history, 2 documents, 1 ledger,")
    documents = [json.loads(line) for line in (tmp_path / "out" / "documents.jsonl").read_text().splitlines()]
    assert [one["id"] for one in documents] == [own.id, earning.id]
    assert {path.name for path in (tmp_path / "out" / "originals").iterdir()} == {
        f"{one.id}.xml" for one in (own, earning)
    }
    assert (tmp_path / "out" / "originals" / f"{own.id}.xml").read_bytes() == same
    for file in (tmp_path / "out").glob("*.jsonl"):
        assert not any(word in file.read_text() for word in (other.id, "secret", "P2", "Muster")), file.name
    again = runner.invoke(command, ["partners", "disclose", "P1", str(tmp_path / "out"), *options])
    assert isinstance(again.exception, NotThere)
    nobody = runner.invoke(command, ["partners", "disclose", "P9", str(tmp_path / "none"), *options])
    assert isinstance(nobody.exception, NotThere)
