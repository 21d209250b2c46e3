"""The scene of one experiment: a store of its own, real servers, and processes that work on it."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from functools import partial
from pathlib import Path

import psutil
from sample_pages import INVOICE, gray, scanned
from sample_uploads import DAY, invoice, opened
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from fixtures.servers import Postgres, Redis
from model.state import State
from runtime.app import App
from store import accounts, documents, queue
from store.documents import UNFINISHED
from store.engine import reading
from store.integrity import check
from store.tables import attempts, deliveries
from workers import broker, steps

WARM = 899
"""The number of the invoice that a worker is warmed up with."""
QUIET = 300.0
"""Seconds within which everything must have come to its end, also on a machine that has much else to do."""
SCAN = "scan.pdf"
"""The file name of scans, which earn nothing."""
MARK = "FAULTS_SCENE"
"""The environment variable by which all processes of a scene, and their children, are told from others."""
BONUS = Decimal("14.00")
"""What each phone of a sample invoice earns."""


class Scene:
    """What an experiment acts on.

    `accepted` are the ids of the documents that were answered for; `owed` is what all partners together must be owed
    at the end; `kills` counts the faults, `since` is the moment of the last one (time.monotonic), and `waits` are the
    seconds from each until all was quiet; `wrong` is what else the experiment itself saw go wrong; what `stack` holds
    is undone when all processes have ended.
    """

    def __init__(self, folder: Path, postgres: Postgres | None, redis: Redis | None) -> None:
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        self.database = None if postgres is None else postgres.new_database()
        self.app: App = opened(folder, self.database)
        self.accepted: list[str] = []
        self.kills = 0
        self.since = time.monotonic()
        self.owed = Decimal(0)
        self.wrong: list[str] = []
        self.waits: list[float] = []
        self._waited = True
        self.stack = ExitStack()
        self._processes: list[subprocess.Popen[str]] = []
        (folder / "tmp").mkdir()
        self._broker = None if redis is None else broker.connect(redis.url)
        self.ring = (lambda *_: True) if self._broker is None else broker.bell(self._broker)

    @property
    def environment(self) -> dict[str, str]:
        """What the processes of this scene find in their environment."""
        tests = Path(__file__).parents[1]
        folders = [str(tests), str(tests.parent), os.environ.get("PYTHONPATH", "")]
        urls = {"CASHBACK_DATABASE_URL": self.database, "CASHBACK_REDIS_URL": self.redis.url if self.redis else None}
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, folders)),
            MARK: str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "CASHBACK_DATA": str(self.folder / "var"),
            "CASHBACK_RULEBOOK": str(self.folder / "rulebook"),
            **{name: url for name, url in urls.items() if url is not None},
        }

    def upload(self, count: int, *, first: int = 1) -> list[str]:
        """Accept so many different invoices here, numbered from `first` on."""
        numbers = range(first, first + count)
        made = ((invoice(f"R{n}", phones=phones_of(n), day=day_of(n)), phones_of(n)) for n in numbers)
        return [self.accept(data, earns=phones) for data, phones in made]

    def accept(self, data: bytes, name: str = "invoice.xml", *, partner: str = "P1", earns: int = 0) -> str:
        """Accept a document here that earns for so many phones, wake a worker, and return its id."""
        document = steps.accept(self.app, data, name, partner, DAY)
        self.ring("light", document.id)
        self.answered(document.id, earns)
        return document.id

    def answered(self, document_id: str, earns: int = 0) -> None:
        """Take down that a document was accepted, here or elsewhere."""
        self.accepted.append(document_id)
        self.owed += earns * BONUS

    def scan(self) -> str:
        """Accept a scan on which OCR takes its time: no two are the same."""
        number = random.randrange(10**9)  # noqa: S311 (a name, no secret)
        page = gray([*INVOICE, (60, 400, f"Vorgang {number}")], 300)
        return self.accept(scanned(page, page), SCAN)

    def work(self) -> psutil.Process:
        """Start a worker: `cashback work` where there is a Redis, else one that works the queue by itself."""
        if self.redis is None:
            return self.drive("embedded")
        command = Path(sys.executable).with_name("cashback")
        return self._start([str(command), "work"])

    def warm(self) -> psutil.Process:
        """Start a worker, and wait until it has worked on a document."""
        worker = self.work()
        self.upload(1, first=WARM)
        until(lambda: self.finished() > 0)
        return worker

    def serve(self, port: int) -> psutil.Process:
        """Start the portal on a port of this machine."""
        command = Path(sys.executable).with_name("cashback")
        return self._start([str(command), "serve", "--port", str(port)])

    def drive(self, *arguments: str) -> psutil.Process:
        """Start a process of `faults.driver`."""
        return self._start([sys.executable, "-m", "faults.driver", *arguments])

    def hear(self, *arguments: str) -> psutil.Process:
        """Start the same and have `lines` yield what it prints, which must be read: a full pipe makes it wait."""
        return self._start([sys.executable, "-m", "faults.driver", *arguments], heard=True)

    def drive_by_wrong_clock(self, *arguments: str) -> psutil.Process:
        """Start the same with a clock that is wrong by the seconds in the file `clock`."""
        return self._start([sys.executable, "-m", "faults.clock", *arguments])

    def reopen(self) -> None:
        """Open the store again, in whatever is in its place now."""
        self.app.close()
        self.app = opened(self.folder, self.database)

    def _start(self, command: list[str], *, heard: bool = False) -> psutil.Process:
        """Start a process that is killed if this one is; its output goes to the log unless it is to be heard."""
        log = (self.folder / "log").open("a")
        process = subprocess.Popen(
            ["/usr/bin/setpriv", "--pdeathsig", "KILL", *command],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if heard else log,
            stderr=log,
            text=True,
        )
        log.close()
        self._processes.append(process)
        return psutil.Process(process.pid)

    def lines(self, process: psutil.Process) -> Iterator[str]:
        """Yield what a process prints until it ends."""
        started = next(one for one in self._processes if one.pid == process.pid)
        assert started.stdout is not None
        for line in started.stdout:
            yield line.strip()

    def tell(self, process: psutil.Process, line: str) -> None:
        """Say something to a process."""
        started = next(one for one in self._processes if one.pid == process.pid)
        assert started.stdin is not None
        started.stdin.write(f"{line}\n")
        started.stdin.flush()

    def kill(self, process: psutil.Process) -> None:
        """Kill a process of this scene: kill -9. Its children are left to themselves."""
        process.kill()
        next(one for one in self._processes if one.pid == process.pid).wait()
        self.kills += 1
        self.fault()

    def stop(self, process: psutil.Process) -> None:
        """Have a process of this scene end in order."""
        process.terminate()
        next(one for one in self._processes if one.pid == process.pid).wait()

    def fault(self) -> None:
        """Take down the moment of a fault."""
        self._waited = False
        self.since = time.monotonic()

    def works_on(self, process: psutil.Process, name: queue.Queue | None = None) -> bool:
        """Whether a process has a document of this queue, or of any, in work."""
        query = select(func.count()).select_from(deliveries).where(deliveries.c.worker.contains(f"/{process.pid}/"))
        with reading(self.app.engine) as conn:
            return bool(conn.execute(query if name is None else query.where(deliveries.c.queue == name)).scalar_one())

    def underway(self, document_id: str) -> bool:
        """Whether a document is on its way still."""
        with reading(self.app.engine) as conn:
            waiting = select(deliveries.c.document_id).where(deliveries.c.document_id == document_id)
            return conn.execute(waiting).first() is not None

    def finished(self) -> int:
        """Return how many of the documents have come to their end."""
        with reading(self.app.engine) as conn:
            return len(self.accepted) - sum(depth.waiting for depth in queue.depths(conn).values())

    def quiet(self) -> None:
        """Wait until nothing is under way, and take down how long that took since a fault. Errors: TimeoutError."""

        def at_rest() -> bool:
            with suppress(DBAPIError), reading(self.app.engine) as conn:
                open_ones = select(func.count()).select_from(attempts).where(attempts.c.ended_at.is_(None))
                waiting = any(depth.waiting for depth in queue.depths(conn).values())
                return not waiting and not conn.execute(open_ones).scalar_one()
            return False

        until(at_rest, QUIET)
        if not self._waited:
            self.waits.append(time.monotonic() - self.since)
        self._waited = True

    def end(self) -> None:
        """Have all processes end in order, and kill those that do not."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
                continue
            process.kill()

    def broken(self) -> list[str]:
        """Say what is broken, when nothing is under way and all processes have ended."""
        with reading(self.app.engine) as conn:
            found = [
                *self.wrong,
                *(f"{one.invariant} {one.about}: {one.what}" for one in check(conn, self.app.blobs, quiet=True)),
            ]
            for one in self.accepted:
                document = documents.find(conn, one)
                if document is None:
                    found.append(f"I1 {one}: it was answered for and is gone")
                elif document.state in UNFINISHED:
                    found.append(f"I2 {one}: it is {document.state}")
            owed = sum(
                (each for name, each in accounts.balances(conn).items() if name.startswith("partner:")), Decimal(0)
            )
        if owed != self.owed:
            found.append(f"I3 all partners: {owed} EUR are booked, {self.owed} EUR are due")
            found += self._unpaid()
        with suppress(TimeoutError):
            until(lambda: not self._left(), 10)
        return [*found, *(f"I9 {one}: it outlived its worker" for one in self._left())]

    def _unpaid(self) -> Iterator[str]:
        """Say what became of each document that was not approved."""
        with reading(self.app.engine) as conn:
            for one in map(partial(documents.get, conn), self.accepted):
                if one.state is not State.APPROVED and one.file_name != SCAN:
                    tried = conn.execute(select(attempts).where(attempts.c.document_id == one.id)).all()
                    told = "; ".join(f"{row.stage} {row.began_at} {row.outcome} {row.worker[-40:]}" for row in tried)
                    yield f"   {one.id} {one.number} is {one.state}, {one.error_code}: {told}"

    def doubles(self) -> int:
        """Return how many stages of documents were begun more often than once, in all."""
        per_stage = select(func.count() - 1).select_from(attempts).group_by(attempts.c.document_id, attempts.c.stage)
        with reading(self.app.engine) as conn:
            return sum(conn.execute(per_stage).scalars())

    def close(self) -> None:
        """Let go of everything."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        for one in self.survivors():
            with suppress(psutil.Error):
                one.kill()
        if self._broker is not None:
            self._broker.close()
        self.app.close()
        self.stack.close()

    def survivors(self) -> list[psutil.Process]:
        """Return the processes of this scene that live."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == str(self.folder) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def _left(self) -> list[str]:
        folders = [f"folder {path.name}" for path in (self.folder / "tmp").glob("cashback-*")]
        return [*(f"process {one.pid}" for one in self.survivors()), *folders]


def day_of(number: int) -> int:
    """Return the day of 2026 of an invoice of this number: no two below 900 have both day and phones in common."""
    return number % 100 - 40


def phones_of(number: int) -> int:
    """Return how many phones are on it."""
    return 1 + number // 100 % 9


def until(reached: Callable[[], bool], within: float = 120.0) -> None:
    """Wait until something is reached. Errors: TimeoutError."""
    end = time.monotonic() + within
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


@contextmanager
def scene(database: str, *, redis: bool) -> Iterator[Scene]:
    """Yield a new scene on this database ("sqlite", "postgresql"), with a Redis if one is asked for."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="cashback-faults-", ignore_cleanup_errors=True))
        )
        postgres = stack.enter_context(Postgres.start(durable=True)) if database == "postgresql" else None
        server = stack.enter_context(Redis.start()) if redis else None
        made = Scene(folder, postgres, server)
        stack.callback(made.close)
        yield made
