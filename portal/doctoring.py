"""`cashback doctor`: whether this machine has what the program needs, each with how to mend it."""

import datetime as dt
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import redis
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from portal.environment import LANGUAGES, PROGRAMS, languages
from programme.files import RulebookInvalid
from programme.rulebook import load
from runtime.app import SHIPPED
from runtime.settings import Settings
from store import blobs, schema
from store.engine import open_engine, reading
from workers.sandbox import Sandbox
from workers.settling import BERLIN

SCARCE = 1_000_000_000
"""Free bytes below which a disk is too full."""
ASTRAY = 5.0
"""Seconds that the clocks of the machine, of the database and of Redis may differ by."""
Grade = Literal["good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at: how it is, in a sentence, and what mends it ("" where nothing has to be)."""

    name: str
    grade: Grade
    what: str
    cure: str = ""


def examine(settings: Settings) -> Iterator[Found]:
    """Look at everything, one after the other; what is broken keeps nothing from being looked at."""
    looks: tuple[tuple[str, Callable[[Settings], Iterator[Found]]], ...] = (
        ("program", _program), ("readers", _readers), ("data folder", _data), ("rulebook", _rulebook),
        ("database", _database), ("files", _files), ("redis", _redis), ("sandbox", _sandbox),
    )  # fmt: skip
    for name, look in looks:
        try:
            yield from look(settings)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told and the next is looked at)
            yield Found(name, "bad", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")


def _program(_settings: Settings) -> Iterator[Found]:
    said = f"cashback {version('cashback')}, Python {platform.python_version()}, {platform.machine()}"
    supported = sys.version_info >= (3, 11)
    yield Found("program", "good" if supported else "bad", said, "" if supported else "Python 3.11 or newer is needed")
    cores, memory = os.cpu_count() or 1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    enough = memory >= cores * 2**30
    cure = "" if enough else "a worker takes 0.5 GB for each core, up to 2 GB"
    yield Found("machine", "good" if enough else "warning", f"{cores} cores, {memory / 2**30:.0f} GB of memory", cure)
    now = dt.datetime.now(BERLIN)
    yield Found("time zones", "good", f"in Berlin it is {now:%Y-%m-%d %H:%M}")


def _readers(_settings: Settings) -> Iterator[Found]:
    for program, package in PROGRAMS.items():
        there = shutil.which(program)
        if there is None:
            yield Found(program, "bad", "not on the PATH", f"apt-get install -y {package}")
            continue
        flag = "--version" if program == "tesseract" else "-v"
        told = subprocess.run([there, flag], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 (one of ours)
        yield Found(program, "good", (told.stdout or told.stderr).splitlines()[0])
    if shutil.which("tesseract"):
        missing = sorted(LANGUAGES.keys() - languages())
        if missing:
            cure = "apt-get install -y " + " ".join(LANGUAGES[name] for name in missing)
            yield Found("languages", "bad", f"tesseract does not know {', '.join(missing)}", cure)
        else:
            yield Found("languages", "good", ", ".join(sorted(LANGUAGES)))


def _data(settings: Settings) -> Iterator[Found]:
    folder = settings.data.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    writable = os.access(there, os.W_OK | os.X_OK)
    where = f"{folder}" if there == folder else f"{folder} is made when it is needed"
    yield Found("data folder", "good" if writable else "bad", where, "" if writable else f"let this user write {there}")
    for name, path in (("space for data", there), ("space for temporary files", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(path).free
        cure = "" if free >= SCARCE else f"make room on the disk of {path}"
        yield Found(name, "good" if free >= SCARCE else "warning", f"{free / 10**9:.1f} GB free", cure)


def _rulebook(settings: Settings) -> Iterator[Found]:
    folder = settings.rulebook or SHIPPED
    try:
        loaded = load(folder)
    except RulebookInvalid as error:
        yield Found("rulebook", "bad", str(error).splitlines()[0], f"cashback rulebook check {folder}")
        return
    rules = loaded.rulebook
    said = f"{len(rules.catalogue.products)} products, {len(rules.distributors)} distributors in {folder}"
    yield Found("rulebook", "warning" if loaded.warnings else "good", said, "; ".join(loaded.warnings))


def _database(settings: Settings) -> Iterator[Found]:
    engine = open_engine(settings.database)
    try:
        kind = engine.dialect.name
        if kind == "sqlite" and not Path(engine.url.database or "").exists():
            yield Found("database", "good", f"{engine.url.database} is made when it is needed")
            return
        try:
            with reading(engine) as conn:
                revision = schema.revision_of(conn)
                there = conn.scalar(select(func.now())) if kind == "postgresql" else None
        except SQLAlchemyError as error:
            yield Found("database", "bad", str(error).splitlines()[0], "is the server up, and the URL right?")
            return
        yield Found("database", "good", engine.url.render_as_string())
        yield from _schema(revision)
        if there is not None:
            yield _clock("clock of the database", there)
        yield from _waiting(engine, revision)
    finally:
        engine.dispose()


def _schema(revision: str | None) -> Iterator[Found]:
    if revision is None:
        yield Found("schema", "good", "empty; the first command fills it")
    elif revision > schema.REVISION:
        yield Found("schema", "warning", f"{revision}, of a later release", "install that release here too")
    elif revision < schema.REVISION:
        yield Found("schema", "warning", f"{revision}", f"`cashback check` brings it to {schema.REVISION}")
    else:
        yield Found("schema", "good", revision)


def _waiting(engine: Engine, revision: str | None) -> Iterator[Found]:
    if revision != schema.REVISION:
        return
    from store.tables import deliveries  # noqa: PLC0415 (of a schema that is there)

    with reading(engine) as conn:
        count, oldest = conn.execute(select(func.count(), func.min(deliveries.c.queued_at))).one()
    age = (dt.datetime.now(dt.UTC) - oldest).total_seconds() if oldest else 0
    late = age > 3600
    said = f"{count} wait, the oldest for {age:.0f} s" if count else "nothing waits"
    yield Found("queue", "warning" if late else "good", said, "is a worker running?" if late else "")


def _files(settings: Settings) -> Iterator[Found]:
    place = settings.blobs
    if isinstance(place, Path) and not place.exists():
        yield Found("files", "good", f"{place} is made when it is needed")
        return
    there = blobs.clock(place)
    yield Found("files", "good", str(place))
    if not isinstance(place, Path):
        yield _clock("clock of the bucket", there)


def _redis(settings: Settings) -> Iterator[Found]:
    if settings.redis_url is None:
        yield Found("redis", "good", "not set: `cashback serve` works the queue itself")
        return
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
    try:
        seconds, micros = client.time()
        said = client.info("server")["redis_version"]
    except redis.RedisError as error:
        yield Found("redis", "bad", str(error), "is the server up, and CASHBACK_REDIS_URL right?")
        return
    finally:
        client.close()
    yield Found("redis", "good", f"{said}")
    yield _clock("clock of redis", dt.datetime.fromtimestamp(seconds + micros / 10**6, dt.UTC))


def _sandbox(_settings: Settings) -> Iterator[Found]:
    with Sandbox(1) as box:
        box.warm()
        alone = box.result(box.begin(_is_alone))
    if alone:
        yield Found("sandbox", "good", "starts, and has no network")
    else:
        cure = "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), or put workers behind a firewall"
        yield Found("sandbox", "warning", "starts, but the system leaves it its network", cure)


def _is_alone() -> bool:
    """Whether a process has no network but its own. Runs in the sandbox."""
    return [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]] in ([], ["lo"])


def _clock(name: str, there: dt.datetime) -> Found:
    apart = abs((dt.datetime.now(dt.UTC) - there).total_seconds())
    fine = apart <= ASTRAY
    return Found(
        name, "good" if fine else "warning", f"{apart:.1f} s apart from ours", "" if fine else "run NTP on both"
    )
