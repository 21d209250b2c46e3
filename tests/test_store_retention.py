"""What is deleted after its time, and what stays."""

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import select
from typer.testing import CliRunner

from portal.cli import app as command
from runtime.app import App
from store import accounts, audit, backup, blobs, documents, integrity, results, retention, runs
from store.engine import open_engine, reading
from store.runs import Selection
from store.tables import results as stored
from store.tables_search import terms
from workers import steps

AT = dt.datetime(2035, 1, 2, tzinfo=dt.UTC)
LATER = dt.date(2035, 1, 1)


@pytest.fixture
def app(new_database: Callable[..., str], tmp_path: Path) -> Iterator[App]:
    app = opened(tmp_path, new_database())
    yield app
    app.close()


def _upload(app: App, data: bytes, partner: str = "P1", on: dt.date = DAY) -> str:
    return steps.run(app, steps.accept(app, data, "secret name.xml", partner, on).id).id


def _age(app: App) -> None:
    """Have everything that is stored be put two hours ago."""
    assert isinstance(app.blobs, Path)
    then = time.time() - 7200
    for file in app.blobs.rglob("*"):
        if file.is_file():
            os.utime(file, (then, then))


def test_the_years_are_counted_from_the_end_of_the_year(app: App) -> None:
    _upload(app, invoice("R1"))
    with reading(app.engine) as conn:
        assert retention.due(conn, dt.date(2034, 12, 31)).ids == ()
        assert len(retention.due(conn, LATER).ids) == 1
        assert retention.due(conn, LATER).until == dt.date(2026, 12, 31)
        assert retention.due(conn, LATER, years=10).ids == ()


def test_files_readings_and_judgements_go_and_the_record_stays(app: App, tmp_path: Path) -> None:
    same = invoice("R1")
    old, new = _upload(app, same), _upload(app, invoice("R2"), on=dt.date(2027, 1, 1))
    held = _upload(app, invoice("R3", seller="DE999999999"), partner="P2")
    with reading(app.engine) as conn:
        found = retention.due(conn, LATER)
        before = accounts.booked(conn, old)
        digest = documents.get(conn, old).digest
    assert old in found.ids
    assert new not in found.ids
    assert (held in found.ids) == (found.waiting == 0)
    assert before
    _age(app)
    retention.erase(app.engine, app.blobs, (old,), who="anna", why="kept for 8 years", at=AT)
    with reading(app.engine) as conn:
        assert results.reading(conn, old) is None
        assert results.judgement(conn, old) is None
        assert documents.get(conn, old).file_name == "erased"
        left = set(conn.scalars(select(terms.c.acceptance)))
        assert documents.get(conn, old).acceptance not in left
        assert documents.get(conn, new).acceptance in left
        assert accounts.booked(conn, old) == before
        (act,) = (one for one in audit.acts(conn, old) if one.what == "erased")
        assert (act.who, act.why) == ("anna", "kept for 8 years")
        assert not blobs.exists(app.blobs, digest)
        assert list(integrity.check(conn, app.blobs)) == []
        assert old not in runs.found(conn, Selection())
        assert retention.due(conn, LATER).ids == tuple(one for one in found.ids if one != old)
    made = backup.save(app.engine, app.blobs, tmp_path / "kept", AT)
    engine = open_engine(f"sqlite:///{tmp_path / 'back.sqlite3'}")
    backup.bring_back(made.folder, engine, tmp_path / "back")
    with reading(engine) as conn:
        assert list(integrity.check(conn, tmp_path / "back")) == []
    engine.dispose()


def test_bytes_that_another_document_has_too_are_kept(app: App) -> None:
    same = invoice("R1")
    old, other = _upload(app, same), _upload(app, same, on=dt.date(2030, 1, 1))
    _age(app)
    retention.erase(app.engine, app.blobs, (old,), who="anna", why="", at=AT)
    with reading(app.engine) as conn:
        assert blobs.exists(app.blobs, documents.get(conn, other).digest)
        assert list(integrity.check(conn, app.blobs)) == []
        left = set(conn.scalars(select(stored.c.document_id)))
    assert left == {other}
    retention.erase(app.engine, app.blobs, (other,), who="anna", why="", at=AT)
    assert list(blobs.listed(app.blobs)) == []


def test_bytes_that_somebody_is_uploading_are_left_to_the_sweep(app: App) -> None:
    data = invoice("R1")
    old = _upload(app, data)
    _age(app)
    digest = blobs.put(app.blobs, data)  # and its row is not there yet
    retention.erase(app.engine, app.blobs, (old,), who="anna", why="", at=AT)
    assert blobs.exists(app.blobs, digest)


def test_the_command_tells_and_deletes(app: App) -> None:
    old = _upload(app, invoice("R1"))
    options = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder), "--on", "2035-01-01"]
    environment = {
        "CASHBACK_DATABASE_URL": app.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    }
    told = CliRunner().invoke(command, ["retention", "--by", "anna", "--dry-run", *options], env=environment)
    assert told.stdout == "1 documents accepted until 2026-12-31 would be deleted\n"
    done = CliRunner().invoke(command, ["retention", "--by", "anna", *options], env=environment)
    assert done.stdout.startswith("1 documents accepted until 2026-12-31 deleted, ")
    with reading(app.engine) as conn:
        assert results.reading(conn, old) is None
