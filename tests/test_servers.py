"""The servers that the tests start: a durable one keeps what it was told, and none is left behind."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import redis as client
from sqlalchemy import create_engine, text

from fixtures.servers import Postgres, Redis
from store.engine import open_engine

STARTED = """
import sys
from fixtures.servers import Postgres, Redis
started = Postgres.start(), Redis.start()
print(*(f"{one.process.pid} {one.folder}" for one in started), flush=True)
sys.stdin.read()
"""


def _comes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def test_no_server_outlives_the_process_that_started_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED],
        cwd=Path(__file__).parent.parent,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    pids, folders = [int(word) for word in words[::2]], [Path(word) for word in words[1::2]]
    assert all(map(psutil.pid_exists, pids))
    process.kill()
    process.communicate()
    assert _comes_true(lambda: not any(map(psutil.pid_exists, pids)))
    assert _comes_true(lambda: not any(folder.exists() for folder in folders))


def test_a_durable_database_waits_for_the_disk_and_survives_a_kill() -> None:
    with Postgres.start(durable=True) as server:
        engine = open_engine(server.new_database())
        with engine.begin() as conn:
            assert conn.execute(text("SHOW fsync")).scalar_one() == "on"
            conn.execute(text("UPDATE counters SET value = 7"))
        server.kill()
        server.restart()
        with engine.begin() as conn:
            assert conn.execute(text("SELECT DISTINCT value FROM counters")).scalars().all() == [7]
        engine.dispose()
    assert not server.folder.exists()


def test_a_database_is_made_empty_or_migrated_and_dropped_though_somebody_uses_it(postgres: Postgres) -> None:
    for migrated in (True, False):
        url = postgres.new_database(migrated=migrated)
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as conn:
            assert conn.execute(text("SELECT to_regclass('documents') IS NOT NULL")).scalar_one() == migrated
            postgres.drop(url)
            conn.invalidate()
        engine.dispose()


def test_redis_is_empty_after_a_restart(redis: Redis) -> None:
    with client.Redis.from_url(redis.url) as connected:
        for ways in ((redis.restart,), (redis.kill, redis.restart), (redis.flush,)):
            connected.set("a", "b")
            for way in ways:
                way()
            assert connected.dbsize() == 0
