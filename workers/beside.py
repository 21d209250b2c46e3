"""What a process does again and again beside its work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

log = structlog.get_logger()

Act = Callable[[Event], object]
"""Something that is done again and again; it is given what is set at the end, and returns True if it was busy."""


@contextmanager
def repeated(*acts: Act, every: float, trouble: str) -> Iterator[None]:
    """Do each of these in a thread of its own until the block is left, with so many seconds in between.

    One that was busy comes again at once. What goes wrong is logged as `trouble`, and the next time comes as usual.
    """
    leave = Event()

    def repeat(act: Act) -> None:
        while not leave.is_set():
            try:
                busy = act(leave) is True
            except Exception:
                log.exception(trouble)
                busy = False
            if not busy:
                leave.wait(every)

    threads = [Thread(target=repeat, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        leave.set()
        for thread in threads:
            thread.join()
