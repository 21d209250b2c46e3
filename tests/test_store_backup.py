"""Backups: what is stored comes back as it was, on either database, also when work went on beside it."""

import datetime as dt
import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import select

from runtime.app import App
from store import audit, backup, blobs, chain, integrity
from store.backup import Refused
from store.engine import open_engine, reading
from store.tables import metadata
from workers import steps

AT = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "here").mkdir()
    app = opened(tmp_path / "here")
    for number in ("R1", "R2"):
        steps.run(app, steps.accept(app, invoice(number, phones=2, day=3), "a.xml", "P1", DAY, key=number).id)
    return app


def _rows(engine: object) -> dict[str, list[tuple[object, ...]]]:
    with reading(engine) as conn:  # type: ignore[arg-type]
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
            if table not in backup.LEFT_OUT
        }


def test_everything_comes_back_as_it_was(app: App, new_database: Callable[..., str], tmp_path: Path) -> None:
    made = backup.save(app.engine, app.blobs, tmp_path / "kept", AT)
    assert made.copied == made.blobs > 0
    engine, place = open_engine(new_database(migrated=False)), tmp_path / "there"
    back = backup.bring_back(made.folder, engine, place)
    assert (back.rows, back.blobs, back.ledger) == (made.rows, made.blobs, made.ledger)
    assert _rows(engine) == _rows(app.engine)
    with reading(engine) as conn:
        assert list(integrity.check(conn, place)) == []
        head = chain.head(conn)
    assert f"{head.position}:{head.hash}" == made.ledger
    with engine.begin() as conn:  # what is numbered goes on behind what came back
        audit.record(conn, at=AT, who="tests", what="tried", about="P1", why="")
    # And what came back can be backed up, and brought to the other database.
    again = backup.save(engine, place, tmp_path / "again", AT)
    other = open_engine(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    backup.bring_back(again.folder, other, tmp_path / "other")
    assert _rows(other) == _rows(engine)
    engine.dispose()
    other.dispose()


def test_a_second_backup_copies_only_what_is_new(app: App, tmp_path: Path) -> None:
    first = backup.save(app.engine, app.blobs, tmp_path / "kept", AT)
    steps.run(app, steps.accept(app, invoice("R3", phones=1, day=3), "a.xml", "P1", DAY).id)
    second = backup.save(app.engine, app.blobs, tmp_path / "kept", AT + dt.timedelta(days=1))
    assert second.folder != first.folder
    assert 0 < second.copied < second.blobs
    engine = open_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    backup.bring_back(first.folder, engine, tmp_path / "old")
    with reading(engine) as conn:
        assert list(integrity.check(conn, tmp_path / "old")) == []
    engine.dispose()


def test_a_backup_under_load_is_of_one_moment(app: App, tmp_path: Path) -> None:
    end = threading.Event()

    def load() -> None:
        number = 10
        while not end.is_set():
            number += 1
            steps.run(app, steps.accept(app, invoice(f"L{number}", phones=1, day=3), "a.xml", "P2", DAY).id)

    beside = threading.Thread(target=load)
    beside.start()
    try:
        made = [backup.save(app.engine, app.blobs, tmp_path / "kept", AT + dt.timedelta(hours=n)) for n in range(3)]
    finally:
        end.set()
        beside.join()
    for number, one in enumerate(made):
        engine = open_engine(f"sqlite:///{tmp_path / f'{number}.sqlite3'}")
        place = tmp_path / f"place{number}"
        backup.bring_back(one.folder, engine, place)
        with reading(engine) as conn:
            assert list(integrity.check(conn, place)) == []
            head = chain.head(conn)
        assert f"{head.position}:{head.hash}" == one.ledger
        engine.dispose()


def test_what_was_changed_or_is_lacking_in_a_backup_is_not_brought_back(app: App, tmp_path: Path) -> None:
    made = backup.save(app.engine, app.blobs, tmp_path / "kept", AT)
    place = tmp_path / "there"
    with pytest.raises(Refused, match="holds something already"):
        backup.bring_back(made.folder, app.engine, place)
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(Refused, match="no finished backup"):
        backup.bring_back(tmp_path, engine, place)
    blob = next(blobs.listed(tmp_path / "kept" / "blobs"))
    path = tmp_path / "kept" / "blobs" / blob.digest[:2] / blob.digest[2:4] / blob.digest
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    with pytest.raises(Refused, match="was changed in the backup"):
        backup.bring_back(made.folder, engine, place)
    path.unlink()
    with pytest.raises(Refused, match="is not in the backup"):
        backup.bring_back(made.folder, engine, place)
    path.write_bytes(whole)
    rows = made.folder / "tables" / "entries.jsonl.gz"
    with gzip.open(rows, "wt") as file:
        file.write("")
    with pytest.raises(Refused, match=r"entries\.jsonl\.gz is not what was written"):
        backup.bring_back(made.folder, engine, place)
    (made.folder / "backup.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(Refused, match="does not know"):
        backup.bring_back(made.folder, engine, place)
    engine.dispose()
