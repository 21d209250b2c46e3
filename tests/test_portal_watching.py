"""A watched folder: what is put there is an upload of the partner whose folder it is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_uploads import invoice, opened
from typer.testing import CliRunner

from portal.cli import app as command
from portal.watching import Folder
from runtime.app import App
from store import blobs, documents
from store.engine import reading


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = opened(tmp_path)
    yield app
    app.close()


@pytest.fixture
def watched(app: App, tmp_path: Path) -> Folder:
    for partner in ("P1", "P2", "P9"):
        (tmp_path / "in" / partner).mkdir(parents=True)
    return Folder(tmp_path / "in", app, lambda queue, document: rung.append((queue, document)), said.append)


rung: list[tuple[str, str]] = []
said: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    rung.clear()
    said.clear()


def _accepted(app: App, partner: str) -> list[tuple[str, bytes]]:
    with reading(app.engine) as conn:
        found = documents.latest(conn, partner, before=None, limit=10)
    return [(one.file_name, blobs.read(app.blobs, one.digest)) for one in found]


def test_a_file_is_taken_once_it_is_written(app: App, watched: Folder) -> None:
    file = watched.path / "P1" / "Rechnung März.xml"
    whole = invoice("R1")
    file.write_bytes(whole[:100])
    watched.look()
    file.write_bytes(whole)
    watched.look()
    assert _accepted(app, "P1") == [], "it changed since the first look"
    watched.look()
    ((name, data),) = _accepted(app, "P1")
    assert (name, data) == ("Rechnung März.xml", whole)
    ((queue, document),) = rung
    assert queue == "light"
    assert [path.name for path in (watched.path / "P1" / "accepted").iterdir()] == [f"{document}.xml"]
    assert not file.exists()
    watched.look()
    watched.look()
    assert len(_accepted(app, "P1")) == 1


def test_what_was_accepted_before_the_process_died_is_the_same_document(app: App, watched: Folder) -> None:
    file = watched.path / "P1" / "a.xml"
    file.write_bytes(invoice("R1"))
    os.utime(file, ns=(10**18, 10**18))
    watched.look()
    watched.look()
    (moved,) = (watched.path / "P1" / "accepted").iterdir()
    os.link(moved, file)  # as if it had not been moved
    again = Folder(watched.path, app, watched.ring, watched.tell)
    again.look()
    again.look()
    assert len(_accepted(app, "P1")) == 1
    assert not file.exists()
    assert {path.stat().st_ino for path in (watched.path / "P1" / "accepted").iterdir()} == {moved.stat().st_ino}


def test_what_cannot_be_taken_is_put_aside_with_the_reason(app: App, watched: Folder) -> None:
    folder = watched.path / "P2"
    (folder / "virus.exe").write_bytes(b"MZ" + b"\0" * 100)
    (folder / "leer.pdf").write_bytes(b"")
    (folder / "big.pdf").write_bytes(b"%PDF-1.7")
    os.truncate(folder / "big.pdf", 31_000_000)
    for name in (".hidden.xml", "half.xml.part"):
        (folder / name).write_bytes(invoice("R1"))
    (folder / "link.xml").symlink_to("/etc/hostname")
    (watched.path / "P9" / "a.xml").write_bytes(invoice("R1"))
    (watched.path / "stray.xml").write_bytes(invoice("R1"))
    for _ in range(3):
        watched.look()
    assert _accepted(app, "P2") == []
    told = {path.name: path.read_text().split(":")[0] for path in (folder / "refused").glob("*.txt")}
    assert told == {"virus.exe.txt": "unsupported_type", "leer.pdf.txt": "empty", "big.pdf.txt": "too_large"}
    left = {path.name for path in folder.iterdir()}
    assert left == {".hidden.xml", "half.xml.part", "link.xml", "refused"}
    assert (watched.path / "P9" / "a.xml").exists()
    assert [line for line in said if line.startswith("P9")] == [
        "P9: there is no such partner; its files are left where they are"
    ]


def test_two_files_of_one_name_are_both_kept(app: App, watched: Folder) -> None:
    for content in (b"nothing", b"nothing else"):
        (watched.path / "P1" / "a.txt").write_bytes(content)
        watched.look()
        watched.look()
    kept = {path.read_bytes() for path in (watched.path / "P1" / "refused").glob("a*.txt")}
    assert {b"nothing", b"nothing else"} <= kept
    assert app.settings.uploads_per_day


def test_the_command_takes_what_lies_there_and_ends(app: App, watched: Folder) -> None:
    (watched.path / "P1" / "a.xml").write_bytes(invoice("R1"))
    options = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    done = CliRunner().invoke(command, ["watch", str(watched.path), "--once", *options])
    assert done.exit_code == 0, done.output
    assert "P1/a.xml: accepted as " in done.stdout
    assert len(_accepted(app, "P1")) == 1
    assert CliRunner().invoke(command, ["watch", str(watched.path / "none"), *options]).exit_code != 0
