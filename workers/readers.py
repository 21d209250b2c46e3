"""The readers: processes that read documents, as many as there are cores, each of them killable."""

import os
from collections.abc import Callable
from concurrent.futures import TimeoutError as OutOfTime
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import RLock
from pathlib import Path
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from workers import reader
from workers.reader import Read

LIMIT = 60.0
"""Seconds that reading one document may take; its process is ended from outside."""
RECYCLED = 200
"""Documents that a process reads before a fresh one takes its place: what a parser leaks ends with it."""

Task = Callable[[Path, str, str], Read]


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


class Readers:
    """Reads blobs in processes of their own: `ask` for some, then fetch each `answer`.

    Bytes that wait to be read are not read twice however often they are asked for.
    """

    def __init__(
        self, root: Path, most: int, *, read: Task = reader.read, limit: float = LIMIT, memory: int = reader.MEMORY
    ) -> None:
        """`most`: how many documents there are at the most, for no process is started that has nothing to do.

        `limit` is in seconds per document, `memory` in bytes per process.
        """
        self._root, self._read, self._limit, self._memory = root, read, limit, memory
        self._pool = self._new_pool(max(1, min(most, cores())))
        self._asked: dict[str, ProcessFuture[Read]] = {}
        self._failed: dict[str, Read] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, and at once: whoever leaves has all the answers, or wants no more."""
        _end(self._pool)

    def ask(self, digest: str, name: str) -> None:
        """Have the bytes with this digest read when a process is free."""
        if digest not in self._asked and digest not in self._failed:
            self._asked[digest] = self._schedule(self._pool, digest, name)

    def answer(self, digest: str, name: str) -> Read:
        """Wait for what becomes of these bytes. If their process dies, they are tried again, alone.

        A reading is handed out once; what is wrong with bytes is kept, so that a copy of them is not tried again.
        """
        if digest in self._failed:
            return self._failed[digest]
        self.ask(digest, name)
        try:
            result = self._result(self._asked.pop(digest))
        except ProcessExpired:
            result = self._alone(digest, name)
        if result.error is not None:
            self._failed[digest] = result
        return result

    def _alone(self, digest: str, name: str) -> Read:
        """Read the bytes in a process that nothing else runs in."""
        pool = self._new_pool(1)
        try:
            return self._result(self._schedule(pool, digest, name))
        except ProcessExpired as error:
            return reader.OVER_MEMORY if error.exitcode == reader.OUT_OF_MEMORY else reader.CRASHED
        finally:
            _end(pool)

    def _new_pool(self, workers: int) -> ProcessPool:
        return ProcessPool(
            max_workers=workers,
            max_tasks=RECYCLED,
            initializer=reader.prepare,
            initargs=(self._memory,),
            context=_Context(),
        )

    def _schedule(self, pool: ProcessPool, digest: str, name: str) -> ProcessFuture[Read]:
        return pool.schedule(self._read, args=(self._root, digest, name), timeout=self._limit)

    def _result(self, future: ProcessFuture[Read]) -> Read:
        try:
            return future.result()
        except OutOfTime:
            return Read(error=("timeout", f"Reading this document takes longer than {self._limit:.0f} seconds."))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end(pool: ProcessPool) -> None:
    """End the processes of a pool, whatever they are doing."""
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
