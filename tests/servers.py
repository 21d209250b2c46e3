"""Real servers to try things with: PostgreSQL and Redis, each on a socket in a private temporary folder.

A server ends, and its folder goes, at the latest when the process that started it ends, however that ends: a shell
holds it on a leash, a pipe from that process. Nobody but their user (and root) reaches the sockets.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg
import redis

from store.engine import open_engine
from store.schema import upgrade

WAIT = 60.0
"""Seconds that a server has to start, and to end."""
ROOM = 2_000_000_000
"""Bytes free in the memory for files from which on a server that is not durable is put there."""

# Each line from the pipe is a signal for the server and ends this shell when the server has ended. At the end of the
# pipe (the process that held it is gone, or has closed it) the folder goes too. A frozen server is woken to end.
_LEASH = """
exec 2>>log
"$@" >>log </dev/null &
echo $!
read -r signal
kill -s "${signal:-$LAST}" $! && kill -s CONT $!
wait $!
[ -n "$signal" ] || rm -rf "$PWD"
"""
_QUICK = ("fsync=off", "full_page_writes=off")
"""Settings that lose data when the machine stops, but never when the server alone does."""


class _Server:
    """A server in a folder of its own; `command` starts it there, `user` is whose it is, None for our own user.

    `softly` is the signal at which it ends in order, `at_once` the one at which it ends without caring for its data.
    """

    softly = at_once = "TERM"

    def __init__(self, folder: Path, command: Sequence[str], user: str | None = None) -> None:
        self.folder = folder
        self._command = command
        self._user = user
        self._run()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process(self) -> psutil.Process:
        """The server's main process."""
        return self._process

    def restart(self) -> None:
        """End the server in order, if it still runs, and start it again in the same place."""
        self._end(self.softly)
        self._run()

    def kill(self) -> None:
        """Kill the server with all its processes, as if the power went: kill -9."""
        family = self._process.children(recursive=True)
        self._end("KILL")
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        _until(lambda: not any(_runs(one) for one in family))

    def stop(self) -> None:
        """End the server and remove its folder, if that has not happened yet."""
        self._end("")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        """Whether the server can be used."""
        raise NotImplementedError

    def _run(self) -> None:
        self._leash = subprocess.Popen(
            ["/bin/sh", "-c", _LEASH, "leash", *self._command],
            cwd=self.folder,
            env=os.environ | {"LAST": self.at_once, "LC_ALL": "C"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            **_as(self._user),
        )
        assert self._leash.stdout is not None
        self._process = psutil.Process(int(self._leash.stdout.readline()))
        try:
            _until(self._answers, lambda: _runs(self._process))
        except BaseException as error:
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            self.stop()
            raise RuntimeError(f"{self._command[0]} does not start: {said}") from error

    def _end(self, signal: str) -> None:
        """Send the leash a signal for the server, "" for the end of the pipe, and wait until both have ended."""
        if self._leash.returncode is None:
            self._leash.communicate(f"{signal}\n".encode() if signal else b"", timeout=WAIT)


class Postgres(_Server):
    """A PostgreSQL server that trusts whoever reaches its socket."""

    softly, at_once = "INT", "QUIT"

    def __init__(self, folder: Path, command: Sequence[str], user: str | None, *, durable: bool) -> None:
        self._made = itertools.count(1)
        self._has_template = False
        self._durable = durable
        super().__init__(folder, command, user)

    @classmethod
    def start(cls, *, durable: bool = False) -> Self:
        """Start a new, empty server; one that is not durable commits faster, for nothing waits for the disk."""
        user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        folder = Path(tempfile.mkdtemp(prefix="cashback-postgres-", dir=None if durable else _memory()))
        try:
            program = _new_cluster(folder, user)
            fixed = ("listen_addresses=", f"unix_socket_directories={folder}", "max_connections=200")
            settings = [part for each in (*fixed, *(() if durable else _QUICK)) for part in ("-c", each)]
            return cls(folder, [program, "-D", "data", *settings], user, durable=durable)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def new_database(self, *, migrated: bool = True) -> str:
        """Make a database, in the schema of this release or empty, and return its URL."""
        if migrated and not self._has_template:
            # Sorted by a language, as databases often are, so that nothing may rest on the order of bytes.
            how = "LOCALE_PROVIDER icu ICU_LOCALE 'de'" if self._release >= 15 else ""
            self._execute(f"CREATE DATABASE migrated TEMPLATE template0 {how}")
            engine = open_engine(self.url("migrated"))
            upgrade(engine)
            engine.dispose()
            self._has_template = True
        name = f"test_{next(self._made)}"
        # Copying files is faster than logging their pages if nothing waits for the disk; older releases always do it.
        how = "STRATEGY file_copy" if self._release >= 15 and not self._durable else ""
        self._execute(f"CREATE DATABASE {name} TEMPLATE {'migrated' if migrated else 'template1'} {how}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `new_database` made, with whoever is connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as conn:
            self._release = conn.info.server_version // 10_000
            conn.execute(statement.encode())

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


class Redis(_Server):
    """A Redis server that keeps everything in memory alone: restarted, it is empty."""

    @classmethod
    def start(cls) -> Self:
        """Start a new server."""
        folder = Path(tempfile.mkdtemp(prefix="cashback-redis-"))
        program = shutil.which("redis-server") or "/usr/bin/redis-server"
        settings = ["--port", "0", "--unixsocket", str(folder / "socket"), "--save", "", "--appendonly", "no"]
        try:
            return cls(folder, [program, *settings])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"unix://{self.folder / 'socket'}?db=0"

    def flush(self) -> None:
        """Throw everything away."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def _new_cluster(folder: Path, user: str | None) -> str:
    """Make the folder `data` of a new PostgreSQL and return the path of the server's program."""
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    programs = _postgres_programs()
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    initdb = [str(programs / "initdb"), "--pgdata=data", *options]
    subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **_as(user))
    return str(programs / "postgres")


def _postgres_programs() -> Path:
    """Return the folder of initdb and postgres; Debian keeps them off the PATH, one folder for each version."""
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        raise FileNotFoundError("the program postgres is not installed (package postgresql)")
    return folders[-1]


def _memory() -> str | None:
    """Return the folder of a file system in memory that has room, None where there is none: new files cost nothing."""
    shared = "/dev/shm"  # noqa: S108 (a folder of our own is made in it)
    return shared if Path(shared).is_dir() and shutil.disk_usage(shared).free > ROOM else None


def _as(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _runs(process: psutil.Process) -> bool:
    """Whether a process does anything still; one that ended stays in the list until its parent asks for it."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _until(reached: Callable[[], bool], possible: Callable[[], bool] = lambda: True) -> None:
    """Wait until something is reached. Errors: TimeoutError, also if it has become impossible."""
    until = time.monotonic() + WAIT
    while not reached():
        if not possible() or time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)
