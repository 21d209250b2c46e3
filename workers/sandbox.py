"""The sandbox: processes in which foreign bytes are parsed, for they may break any parser.

Each is the leader of a group of its own, with a guard beside it. The guard ends the group when a task takes too long or
holds too much memory, when its leader is gone, or when the process is gone that it works for, and then removes its
temporary folder; the pool ends what even a guard has let go on. So no child of a parser outlives it, whoever is killed.
There is no network inside where the system allows to cut it off.
"""

import ctypes
import mmap
import os
import resource
import shutil
import signal
import struct
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as OutOfTime
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import RLock
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil
from pebble import ProcessExpired, ProcessFuture, ProcessPool

LIMIT = 180.0
"""Seconds by the clock that one task may take; one that reads many pages may take more."""
PER_PAGE = 30.0
"""Seconds for each page, where these are more."""
LONGEST = 3600.0
"""Seconds that no task may take, however many its pages."""
_SHARE = 1 / 3
"""The part of its time that a task may compute, on each core: the rest is for others that want the processor too."""
MEMORY = 1800 * 1024**2
"""Bytes that a group may hold in memory together: what it takes on between two looks of its guard stays below 2 GiB."""
LARGEST_FILE = 512 * 1024**2
"""Bytes of the largest file that may be written."""
RECYCLED = 200
"""Tasks that a process runs before a fresh one takes its place: what a parser leaks ends with it."""

_EVERY = 0.2
"""Seconds between two looks of the guard."""
_GRACE = 2.0
"""Seconds that a leader may take to end by the signal that tells why, before it is ended by the one that does not."""
_SWELLED, _LATE = signal.SIGUSR1, signal.SIGUSR2
"""What a guard ends a leader with whose group holds too much memory, and one whose task takes too long."""
_UNKNOWN = 255
"""The exit status that multiprocessing gives a process of which nobody can tell how it ended."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of unshare(2)."""
_FIRST_OTHER_FILE = 3
_MOMENT = struct.Struct("d")
_ends: mmap.mmap | None = None
"""The moment (time.monotonic) at which the task of this process must have ended, 0 for none; its guard reads it too."""

Result = TypeVar("Result")


class Died(Exception):
    """Raised when the process of a task is gone; `status` is its exit status: negative for a signal, None: unknown."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the process ended with {status}")
        self.status = status


class Broken(OSError):
    """Raised when what starts the processes is gone, for which no task is to blame."""


class OverTime(Exception):
    """Raised when a task was ended because it took too long."""


class OverMemory(Exception):
    """Raised when a task was ended because it held too much memory."""


class _Context(ForkServerContext):
    """How the processes are started: as copies of one that has loaded the readers and does nothing else.

    It keeps the locks that it gives out: a pool that ends lets go of its own before its processes are gone, and one
    that is just starting would look for them in vain and say so on standard error.
    """

    def __init__(self) -> None:
        self._locks: list[RLock] = []
        self.set_forkserver_preload(["pipeline.climb", "pipeline.intake"])

    def RLock(self) -> RLock:  # noqa: N802 (multiprocessing's name)
        self._locks.append(super().RLock())
        return self._locks[-1]


class Sandbox:
    """So many processes that run tasks: `begin` some, then wait for the `result` of each."""

    def __init__(self, processes: int, *, limit: float = LIMIT, memory: int = MEMORY) -> None:
        """`limit` is in seconds per task, `memory` in bytes per group of processes."""
        self.limit = limit
        self._processes = max(1, processes)
        self._memory = memory
        self._renewing = Lock()
        self._closed = False
        self._pool = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, and at once: whoever leaves has all the results, or wants no more."""
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._closed = True
        self._end_pool()

    def begin(self, task: Callable[..., Result], *args: object) -> ProcessFuture[Result]:
        """Have a task run as soon as a process is free. Task, arguments and result are pickled. Errors: Broken."""
        longest = max(self.limit, LONGEST) + _GRACE
        try:
            with self._renewing:
                if not self._pool.active and not self._closed:
                    self._end_pool()
                    self._pool = self._new_pool()
                begun: ProcessFuture[Any] = self._pool.schedule(_run, args=(self.limit, task, *args), timeout=longest)
        except RuntimeError as error:
            raise Broken(str(error)) from error
        return begun

    def warm(self) -> None:
        """Wait until a process is there that has loaded the readers. Errors: Died, Broken."""
        self.result(self.begin(_nothing))

    def result(self, begun: ProcessFuture[Result]) -> Result:
        """Wait for what a task returns, or raise what it raises. Errors: Died, Broken, OverTime, OverMemory."""
        try:
            return begun.result()
        except OutOfTime as error:
            raise OverTime from error
        except BrokenProcessPool as error:
            if error.__cause__ is None:
                # The process ended before the pool knew which task it had.
                raise Died(None) from error
            raise Broken(str(error)) from error
        except ProcessExpired as error:
            if error.exitcode == _UNKNOWN:
                raise Broken("what started the process is gone") from error
            if error.exitcode == -_SWELLED:
                raise OverMemory from error
            if error.exitcode in {-signal.SIGXCPU, -_LATE}:
                raise OverTime from error
            raise Died(error.exitcode) from error

    def _end_pool(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._processes,
            max_tasks=RECYCLED,
            initializer=_confine,
            initargs=(os.getpid(), self._memory),
            context=_Context(),
        )


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def allow(pages: int) -> None:
    """Give the task of this process the time that it takes to read so many pages, counted from now.

    Outside of a sandbox there is no limit.
    """
    if pages * PER_PAGE > LIMIT:
        _give(min(pages * PER_PAGE, LONGEST))


def cut_network() -> bool:
    """Leave the network for good, where the system allows it; whether it did.

    Root may leave it as it is; others need a user namespace, in which they stay who they are.
    """
    user, group = os.getuid(), os.getgid()
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None:
        return False
    if unshare(_NEW_NETWORK) == 0:
        return True
    if unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return False
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def _confine(owner: int, memory: int) -> None:
    """Make this process a leader with a guard, limits and a temporary folder of its own, and load the readers."""
    os.setsid()
    cut_network()
    folder = tempfile.mkdtemp(prefix="cashback-")
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    with suppress(OSError):
        # The system's own choice, if the whole machine runs out of memory: first the parsers.
        Path("/proc/self/oom_score_adj").write_text("500")
    leader = os.getpid()
    global _ends  # noqa: PLW0603 (there is one for the process and its guard, and none outside of the sandbox)
    _ends = mmap.mmap(-1, _MOMENT.size)
    if os.fork() == 0:
        os._exit(_guard(leader, owner, memory, folder))
    import pipeline.climb  # noqa: PLC0415 (heavy: only processes that read load it)
    import pipeline.intake  # noqa: F401, PLC0415 (the same)


def _guard(leader: int, owner: int, memory: int, folder: str) -> int:
    """Watch a group until it has to end, end what is left of it, and remove its folder."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.closerange(_FIRST_OTHER_FILE, os.sysconf("SC_OPEN_MAX"))
    with suppress(psutil.Error, OSError):
        works_for, group = psutil.Process(owner), psutil.Process(leader)
        while os.getppid() == leader and _runs(works_for):
            why = _SWELLED if _held(group) > memory else _LATE if _is_late() else None
            if why is not None:
                group.send_signal(why)
                group.wait(_GRACE)
                break
            time.sleep(_EVERY)
    with suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _nothing() -> None:
    """Do nothing, once the process that does it is ready."""


def _give(seconds: float) -> None:
    """Let the task of this process take so many seconds from now on, if it is in a sandbox."""
    if _ends is None:
        return
    _MOMENT.pack_into(_ends, 0, time.monotonic() + seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime + seconds * _SHARE * cores()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _is_late() -> bool:
    return _ends is not None and 0 < float(_MOMENT.unpack_from(_ends)[0]) < time.monotonic()


def _runs(process: psutil.Process) -> bool:
    """Whether a process lives: one that was killed is a zombie until its parent asks for it, if it ever does."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _held(leader: psutil.Process) -> int:
    """Return how many bytes a process and those that it started hold in memory, without this one."""
    total = 0
    for one in (leader, *leader.children(recursive=True)):
        if one.pid != os.getpid():
            with suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def _run(limit: float, task: Callable[..., Any], *args: object) -> object:
    """Run one task with the time that it may take, and clear the temporary folder after it."""
    _give(limit)
    try:
        return task(*args)
    finally:
        if _ends is not None:
            _MOMENT.pack_into(_ends, 0, 0)
        for left in Path(tempfile.gettempdir()).iterdir():
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
