"""What several tests share."""

import itertools
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator
from moto.server import ThreadedMotoServer

from fixtures.servers import Postgres, Redis
from store.blobs import Place
from store.bucket import Bucket

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CONTRACT = Path(__file__).parent.parent / "docs" / "contract"

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Give a browser, started once for each module."""
    from sample_browser import launched

    with launched() as made:
        yield made


@pytest.fixture(scope="session")
def breaches() -> Callable[[str, Any], list[str]]:
    """Say where a value departs from a schema of docs/contract ("invoice", "decision"): "lines.0.quantity: ..."."""

    def say(schema: str, value: Any) -> list[str]:
        rules = json.loads((CONTRACT / f"{schema}.schema.json").read_text())
        found = Draft202012Validator(rules, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(value)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]

    return say


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL server, started when the first test asks for it: one for each process that runs tests."""
    with Postgres.start() as server:
        yield server


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def redis(_redis: Redis) -> Redis:
    """Give an empty Redis server, started like PostgreSQL."""
    _redis.flush()
    return _redis


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Make new databases and return their URLs.

    They are empty on SQLite, and on PostgreSQL in the schema of this release unless `migrated` is False.
    """
    count = itertools.count(1)
    made: list[str] = []

    def make(*, migrated: bool = True) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / f'{next(count)}.sqlite3'}"
        server: Postgres = request.getfixturevalue("postgres")
        made.append(server.new_database(migrated=migrated))
        return made[-1]

    yield make
    for url in made:
        request.getfixturevalue("postgres").drop(url)


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    """Give the URL of a new database, once on SQLite and once on PostgreSQL."""
    return new_database()


_REGION = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"


@pytest.fixture(scope="session")
def _moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(_moto: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Give an empty bucket on moto's server, spoken to over HTTP."""
    for name, value in (("ACCESS_KEY_ID", "tests"), ("SECRET_ACCESS_KEY", "tests"), ("DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    made = Bucket(f"b{secrets.token_hex(8)}", "files", _moto)
    httpx.put(f"{_moto}/{made.bucket}", content=_REGION).raise_for_status()
    return made


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Give an empty place for blobs, once a folder and once a bucket."""
    if request.param == "folder":
        return tmp_path / "blobs"
    found: Bucket = request.getfixturevalue("bucket")
    return found
