"""Reading one file as a worker does, and watching what its process does meanwhile."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from hostile.case import CALL, Case
from workers.reader import Read, outcome, read
from workers.sandbox import Broken, Died, Sandbox

EVERY = 0.05
"""Seconds between two looks."""
HARMLESS = (
    "pipe:",
    "socket:",
    "anon_inode:",
    "/dev/null",
    "/dev/shm/sem",  # noqa: S108 (to be left alone)
    "/memfd:",
    "/dev/tty",
    "/dev/pts/",
    "/proc/",
)
DIED = "the process died"
"""So the trouble begins where no traceback could be told."""
_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(slots=True)
class Seen:
    """What a process and those that it started did while it read one file."""

    seconds: float = 0.0
    memory: int = 0
    written: set[str] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a case."""

    case: Case
    outcome: str
    message: str
    trouble: str
    reading: str | None
    seen: Seen


class Listener:
    """A server that waits for anybody who calls, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def put_into(self, data: bytes) -> bytes:
        """Return a file that calls this server."""
        return data.replace(CALL, CALL.replace(b"00000", b"%05d" % self.port))

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self._server.accept()[0].close()
                self.calls += 1


@contextmanager
def watched() -> Iterator["Reader"]:
    """Give a reader, with a sandbox that has loaded all that reads."""
    listener = Listener()
    try:
        with Sandbox(1) as sandbox:
            sandbox.warm()
            yield Reader(sandbox, listener)
    finally:
        listener.close()


class Reader:
    """What reads cases, one after the other, each in a process that may have read others before."""

    def __init__(self, sandbox: Sandbox, listener: Listener) -> None:
        self._sandbox = sandbox
        self._listener = listener
        self._files = _open_files(os.getpid())

    def ordinary(self, data: bytes, called: str) -> str | None:
        """Return the reading of an ordinary file."""
        return outcome(self._sandbox, self._sandbox.begin(read, data, called)).reading

    def attempt(self, case: Case) -> Tried:
        """Make a case's file and read it."""
        data = self._listener.put_into(case.make())
        seen, calls, begun = Seen(), self._listener.calls, time.monotonic()
        stop = threading.Event()
        leaders: set[int] = set()
        watch = threading.Thread(target=self._watch, args=(seen, leaders, stop))
        watch.start()
        try:
            result = outcome(self._sandbox, self._sandbox.begin(read, data, case.called))
        except (Died, Broken) as error:
            result = Read(error=("crashed", ""), trouble=f"{DIED}: {error}")
        finally:
            stop.set()
            watch.join()
        seen.seconds = time.monotonic() - begun
        seen.left = self._left(leaders)
        seen.calls = self._listener.calls - calls
        code, message = result.error or ("reading", "")
        return Tried(case, code, message, result.trouble or "", result.reading, seen)

    def _watch(self, seen: Seen, leaders: set[int], stop: threading.Event) -> None:
        while not stop.wait(EVERY):
            held = 0
            for process in _readers():
                with suppress(psutil.Error, OSError):
                    leader = os.getsid(process.pid)
                    if leader == os.getsid(0):
                        continue
                    if os.getpgid(process.pid) != leader:
                        continue  # the guard
                    leaders.add(leader)
                    held += process.memory_info().rss
                    seen.written |= _open_files(process.pid) - self._files
                    seen.connections |= {str(each.raddr) for each in process.net_connections() if each.raddr}
            seen.memory = max(seen.memory, held)

    def _left(self, leaders: set[int]) -> set[str]:
        """Return what still runs of the groups, besides a leader that waits for its next file."""
        until = time.monotonic() + 5
        while True:
            left = set()
            for process in psutil.process_iter(["pid", "name", "status"]):
                with suppress(psutil.Error, OSError):
                    group = os.getpgid(process.pid)
                    if group in leaders and process.pid != group and process.info["status"] != psutil.STATUS_ZOMBIE:
                        left.add(process.info["name"])
            if not left or time.monotonic() > until:
                return left
            time.sleep(EVERY)


def _readers() -> Iterator[psutil.Process]:
    """Yield the processes of a sandbox: those that this process has started through its fork server, and theirs."""
    with suppress(psutil.Error):
        for child in psutil.Process().children():
            if any("forkserver" in word for word in child.cmdline()):
                yield from child.children(recursive=True)


def _open_files(pid: int) -> set[str]:
    """Return the files that a process has open to write, outside of its own temporary folder."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError, ValueError):
            target = str(link.readlink())
            flags = int((link.parent.parent / "fdinfo" / link.name).read_text().split("flags:")[1].split()[0], 8)
            private = target.startswith(f"{tempfile.gettempdir()}/cashback-")
            if flags & _WRITES and not private and not target.startswith(HARMLESS):
                found.add(target)
    return found
