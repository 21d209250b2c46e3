"""A copy of everything that is stored, made while everything runs, and how it is brought back.

A folder holds `blobs`, laid out as a place of blobs is, and a folder for each backup: `tables/NAME.jsonl.gz`, one row a
line, and `backup.json`, which says what it holds and is written last. Backups share their blobs, which never change, so
that only new ones are copied. The rows are those of one state of the database; a blob is put before the row that refers
to it, and so is there. A backup of SQLite can be brought back to PostgreSQL, and the other way round.
"""

import datetime as dt
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, DateTime, Engine, MetaData, Table, func, insert, select, text

from store import blobs, chain, schema
from store.blobs import Place
from store.columns import in_cents
from store.engine import reading
from store.orphans import referenced
from store.parts import in_parts
from store.tables import metadata, refusals, sessions

FORMAT = 1
LEFT_OUT = (sessions, refusals)
"""Who is signed in, and who may not sign in for a while: of no use later."""
_AT_ONCE = 1000
Tell = Callable[[], object]


class Refused(Exception):
    """Raised with a sentence for a backup that cannot be made there, or cannot be brought back."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: its folder, the ledger's head, rows, blobs, and how many of those were copied now."""

    folder: Path
    ledger: str
    rows: int
    blobs: int
    copied: int


def save(engine: Engine, place: Place, to: Path, at: dt.datetime, tell: Tell = lambda: None) -> Backup:
    """Make a backup in a folder of its own below `to`, named by the moment; `tell` is called for each blob.

    Errors: Refused, OSError, sqlalchemy.exc.SQLAlchemyError.
    """
    folder = to / f"{at.astimezone(dt.UTC):%Y-%m-%dT%H%M%S.%fZ}"
    tables = folder / "tables"
    tables.mkdir(parents=True)
    told: dict[str, dict[str, object]] = {}
    with reading(engine) as conn:
        revision = schema.revision_of(conn)
        for table in metadata.sorted_tables:
            if table not in LEFT_OUT:
                told[table.name] = _dump(conn, table, tables / f"{table.name}.jsonl.gz")
        head, digests = chain.head(conn), sorted(referenced(conn))
    kept, copied = to / "blobs", 0
    for digest in digests:
        copied += _keep(place, kept, digest)
        tell()
    manifest = {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "schema": revision,
        "ledger": f"{head.position}:{head.hash}",
        "blobs": len(digests),
        "tables": told,
    }
    _write(folder / "backup.json", json.dumps(manifest, indent=1).encode())
    rows = sum(int(str(one["rows"])) for one in told.values())
    return Backup(folder, str(manifest["ledger"]), rows, len(digests), copied)


def bring_back(folder: Path, engine: Engine, place: Place, tell: Tell = lambda: None) -> Backup:
    """Fill an empty database and a place of blobs from a backup, and bring them to the schema of this release.

    Nothing is in the database before all of it is: rows go in together, after the blobs. Errors: Refused, OSError,
    sqlalchemy.exc.SQLAlchemyError.
    """
    manifest = _manifest(folder)
    if schema.revision(engine) is not None:
        raise Refused("the database holds something already; a backup is brought back to an empty one")
    for name, said in manifest["tables"].items():
        if _digest(folder / "tables" / f"{name}.jsonl.gz") != said["sha256"]:
            raise Refused(f"{name}.jsonl.gz is not what was written into the backup")
    wanted, kept = _named(folder), folder.parent / "blobs"
    for digest in wanted:
        try:
            with blobs.open(kept, digest) as file:
                put = blobs.put(place, file)
        except FileNotFoundError as error:
            raise Refused(f"the blob {digest} is not in the backup") from error
        if put != digest:
            raise Refused(f"the blob {digest} was changed in the backup")
        tell()
    schema.upgrade(engine, manifest["schema"])
    with engine.begin() as conn:
        _fill(conn, folder, manifest)
    schema.upgrade(engine)
    rows = sum(said["rows"] for said in manifest["tables"].values())
    return Backup(folder, manifest["ledger"], rows, len(wanted), len(wanted))


def _dump(conn: Connection, table: Table, file: Path) -> dict[str, object]:
    """Write the rows of a table in the order of its key, and return how many there are and the file's digest."""
    rows = conn.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*table.primary_key.columns))
    count = 0
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=3) as out:
        for row in rows:
            out.write(json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n")
            count += 1
    with file.open("rb") as written:
        os.fsync(written.fileno())
    return {"rows": count, "columns": list(table.columns.keys()), "sha256": _digest(file)}


def _plain(value: object) -> object:
    """Return a value as JSON has it: amounts in cents, moments and days in ISO 8601."""
    if isinstance(value, Decimal):
        return in_cents(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def _keep(place: Place, kept: Path, digest: str) -> bool:
    """Copy a blob into the backups' own place, and say whether it was not there yet. Errors: Refused."""
    if blobs.exists(kept, digest):
        return False
    try:
        with blobs.open(place, digest) as file:
            put = blobs.put(kept, file)
    except FileNotFoundError as error:
        raise Refused(f"the blob {digest} is not there: `cashback check` tells more") from error
    if put != digest:
        raise Refused(f"the blob {digest} was changed: `cashback check` tells more")
    return True


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(f"{folder} holds no finished backup") from error
    except ValueError as error:
        raise Refused(f"{folder / 'backup.json'} is no JSON") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Refused(f"{folder} is a backup in a form that this release does not know")
    return found


def _named(folder: Path) -> list[str]:
    """Return the digests that the rows of a backup refer to."""
    manifest = _manifest(folder)
    erased = {row["document_id"] for row in _rows(folder, "erasures", manifest)}
    found = {row["digest"] for row in _rows(folder, "documents", manifest) if row["id"] not in erased}
    found |= {row["body"] for row in _rows(folder, "results", manifest) if row["stage"] == "read"}
    found |= {row["image"] for row in _rows(folder, "page_images", manifest)}
    return sorted(found)


def _rows(folder: Path, name: str, manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    said = manifest["tables"].get(name)
    if said is None:
        return
    with gzip.open(folder / "tables" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield dict(zip(said["columns"], json.loads(line), strict=True))


def _fill(conn: Connection, folder: Path, manifest: dict[str, Any]) -> None:
    """Insert the rows of a backup into the empty tables of its own schema, which migrations left with counters."""
    there = MetaData()
    there.reflect(conn)
    for table in there.sorted_tables:
        if table.name not in manifest["tables"]:
            continue
        if conn.scalar(select(func.count()).select_from(table)):
            conn.execute(table.delete())
        rows = _rows(folder, table.name, manifest)
        if table.name == "documents":
            # A document refers to its predecessor, which was accepted before it.
            rows = iter(sorted(rows, key=lambda row: int(row["acceptance"])))
        parse = {column.name: _parser(conn, column.type) for column in table.columns}
        for part in in_parts(rows, _AT_ONCE):
            conn.execute(insert(table), [{key: parse[key](value) for key, value in row.items()} for row in part])
        _count_on(conn, table)


def _parser(conn: Connection, kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, DateTime):
        if conn.dialect.name == "sqlite":
            return lambda value: value and dt.datetime.fromisoformat(value).astimezone(dt.UTC).replace(tzinfo=None)
        return lambda value: value and dt.datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return lambda value: value and dt.date.fromisoformat(value)
    return lambda value: value


def _count_on(conn: Connection, table: Table) -> None:
    """Let PostgreSQL number the next rows after those that were inserted."""
    if conn.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        name = conn.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        last = conn.scalar(select(func.max(column))) if name else None
        if last is not None:
            conn.execute(text("SELECT setval(:name, :last)"), {"name": name, "last": last})


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as found:
            return hashlib.file_digest(found, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _write(file: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    beside = file.with_suffix(".part")
    with suppress(FileNotFoundError):
        beside.unlink()
    with beside.open("xb") as out:
        out.write(data)
        os.fsync(out.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
