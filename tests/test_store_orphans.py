"""The orphan sweep: it takes what nothing refers to and leaves what an upload may be about to refer to."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_store import accepted, database
from sqlalchemy import Engine

from store import blobs, bucket, orphans, results
from store.blobs import Place
from store.bucket import Bucket
from store.engine import reading

AT_ONCE = dt.timedelta()
"""An age at which everything is old enough."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    yield opened
    opened.dispose()


def _later(monkeypatch: pytest.MonkeyPatch, place: Place, seconds: float = 5) -> None:
    """Let the clock of the place go on, so that what was put just now is older than nothing at all."""
    at = blobs.clock(place) + dt.timedelta(seconds=seconds)
    monkeypatch.setattr(blobs, "clock", lambda _: at)


def test_what_nothing_refers_to_is_removed_and_all_else_stays(
    engine: Engine, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice, tape, orphan = (blobs.put(place, data) for data in (b"invoice", b"tape", b"orphan"))
    with engine.begin() as conn:
        document = accepted(conn, digest=invoice)
        results.save(conn, document.id, "read", version="1", body=tape, at=document.accepted_at)
    with reading(engine) as conn:
        assert orphans.referenced(conn) == {invoice, tape}
    assert orphans.sweep(engine, place) == orphans.Swept((), ()), "it is young"
    _later(monkeypatch, place)
    assert orphans.sweep(engine, place, AT_ONCE).blobs == (orphan,)
    assert [blob.digest for blob in blobs.listed(place)] == sorted([invoice, tape])


def test_one_that_is_uploaded_again_before_it_is_removed_stays(
    engine: Engine, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = blobs.put(place, b"orphan")
    before = blobs.clock(place) + dt.timedelta(seconds=1)
    assert not blobs.delete(place, digest, before - dt.timedelta(hours=1))
    _later(monkeypatch, place)
    found = orphans.orphans

    def and_then_committed(*of: object) -> tuple[str, ...]:
        old = found(*of)  # type: ignore[arg-type]
        with engine.begin() as conn:
            accepted(conn, digest=digest)
        return old

    monkeypatch.setattr(orphans, "orphans", and_then_committed)
    assert orphans.sweep(engine, place, AT_ONCE).blobs == ()
    assert blobs.exists(place, digest)


def test_in_a_folder_a_second_put_renews_the_age(tmp_path: Path) -> None:
    import os

    digest = blobs.put(tmp_path, b"orphan")
    path = tmp_path / digest[:2] / digest[2:4] / digest
    os.utime(path, (0, 0))
    assert [blob.modified.year for blob in blobs.listed(tmp_path)] == [1970]
    blobs.put(tmp_path, b"orphan")
    assert not blobs.delete(tmp_path, digest, blobs.clock(tmp_path) - dt.timedelta(minutes=1))


def test_what_writers_left_behind_is_removed(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "blobs"
    blobs.put(folder, b"x")
    (folder / "tmp" / "left").write_bytes(b"half")
    assert orphans.sweep(engine, folder).temporary == ()
    _later(monkeypatch, folder)
    assert orphans.sweep(engine, folder, AT_ONCE).temporary == ("left",)
    assert list((folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("moment", ["listed", "looked up", "aged"])
def test_whenever_the_same_bytes_are_uploaded_while_they_are_swept_they_are_there_afterwards(
    engine: Engine, place: Place, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """What protects them: the row, before it is looked up; the age, until it is compared; from then on lock or mark."""
    monkeypatch.setattr(bucket, "FRESH", dt.timedelta())
    digest = blobs.put(place, b"orphan")
    time.sleep(1.1)  # a bucket counts in seconds

    def upload() -> None:
        assert blobs.put(place, b"orphan") == digest
        with engine.begin() as conn:
            accepted(conn, digest=digest)

    uploading = threading.Thread(target=upload)

    def interrupt(module: Any, name: str) -> None:
        real = getattr(module, name)

        def and_then_uploaded(*of: object) -> object:
            found = real(*of)
            if threading.current_thread() is threading.main_thread() and uploading.ident is None:
                uploading.start()
                uploading.join(0.5)
            return found

        monkeypatch.setattr(module, name, and_then_uploaded)

    delete = blobs.delete

    def interrupted(*of: Any) -> bool:
        interrupt(*((bucket, "_seen") if isinstance(place, Bucket) else (blobs, "_modified")))
        return delete(*of)

    if moment == "aged":
        monkeypatch.setattr(blobs, "delete", interrupted)
    else:
        interrupt(orphans, {"listed": "orphans", "looked up": "among"}[moment])
    swept = orphans.sweep(engine, place, AT_ONCE)
    uploading.join()
    assert blobs.read(place, digest) == b"orphan"
    assert swept.blobs == ((digest,) if moment == "aged" else ())
