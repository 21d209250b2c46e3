"""What operators do while work goes on: one process after the other restarted, a migration, a backup brought back."""

import dataclasses
import datetime as dt
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import text

from faults.scene import QUIET, Scene, phones_of, until
from faults.serving import clients, upload
from model.state import State
from store import backup, documents, schema
from store.documents import UNFINISHED
from store.engine import open_engine, reading
from store.integrity import check
from workers import steps

_MIGRATION = (
    "ALTER TABLE documents ADD COLUMN later TEXT",
    "CREATE TABLE of_a_later_release (document_id TEXT NOT NULL REFERENCES documents (id), what TEXT)",
    "CREATE INDEX ix_of_a_later_release ON of_a_later_release (document_id)",
    "UPDATE alembic_version SET version_num = '9999'",
)
"""What a migration of a later release may do while processes of this one run: it only adds what may be empty."""


def rolling(scene: Scene, kills: int) -> None:
    """End the portal and two workers in order, one after the other, and start each anew, while clients upload."""
    with clients(scene) as (client, port):
        portal, workers = scene.serve(port), [scene.work(), scene.work()]
        with _uploads(scene, client):
            for turn in range(kills):
                victim = turn % (len(workers) + 1)
                old = portal if victim == len(workers) else workers[victim]
                until(lambda: scene.finished() > 0, QUIET)
                scene.stop(old)
                scene.kills += 1
                scene.fault()
                if victim == len(workers):
                    portal = scene.serve(port)
                else:
                    workers[victim] = scene.work()
        scene.quiet()
    if scene.doubles():
        scene.wrong.append(f"I2 {scene.doubles()} stages were begun twice though every process ended in order")


def migrated(scene: Scene, kills: int) -> None:
    """Migrate the database as a later release may, while portal and workers of this one go on."""
    with clients(scene) as (client, port):
        scene.serve(port)
        scene.work()
        with _uploads(scene, client):
            until(lambda: scene.finished() > 0, QUIET)
            with scene.app.engine.begin() as conn:
                for statement in _MIGRATION:
                    conn.execute(text(statement))
            scene.kills += kills
            scene.fault()
            scene.work()  # a process of this release may even be started then
            now = scene.finished()
            until(lambda: scene.finished() > now + 4)
        scene.quiet()
    with scene.app.engine.begin() as conn:
        conn.execute(text("DROP TABLE of_a_later_release"))
        conn.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": schema.REVISION})


def restored(scene: Scene, kills: int) -> None:
    """Make backups while work goes on; each brought back is whole, and what was under way in it comes to its end."""
    with clients(scene) as (client, port), tempfile.TemporaryDirectory() as folder:
        scene.serve(port)
        scene.work()
        made = []
        with _uploads(scene, client):
            for _ in range(kills):
                now = scene.finished()
                until(lambda now=now: scene.finished() > now)  # type: ignore[misc]
                made.append(backup.save(scene.app.engine, scene.app.blobs, Path(folder), dt.datetime.now(dt.UTC)))
                scene.kills += 1
                scene.fault()
        scene.quiet()
        for number, one in enumerate(made):
            scene.wrong += _brought_back(scene, one.folder, Path(folder) / f"back{number}")


def _brought_back(scene: Scene, kept: Path, to: Path) -> Iterator[str]:
    """Bring a backup back to SQLite, work on what was under way in it, and say what is broken."""
    to.mkdir()
    engine, place = open_engine(f"sqlite:///{to / 'back.sqlite3'}"), to / "blobs"
    try:
        backup.bring_back(kept, engine, place)
        app = dataclasses.replace(scene.app, engine=engine, blobs=place)
        with reading(engine) as conn:
            yield from (f"{one.invariant} {one.about} in a backup: {one.what}" for one in check(conn, place))
            under_way = documents.unfinished(conn)
        for one in under_way:
            steps.run(app, one.id)
        with reading(engine) as conn:
            for one in documents.listing(conn, limit=10_000):
                if one.state in UNFINISHED or one.state is State.FAILED:
                    yield f"I2 {one.id} in a backup: it is {one.state}"
    finally:
        engine.dispose()


@contextmanager
def _uploads(scene: Scene, client: httpx.Client) -> Iterator[None]:
    """Have a client upload one invoice after the other until the block is left; each is answered for once."""
    end = threading.Event()

    def send() -> None:
        number = 0
        while not end.is_set() and number < 800:
            number += 1
            scene.answered(upload(client, number), phones_of(number))
            end.wait(0.2)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
