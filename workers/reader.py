"""Reading the bytes of one document: what runs in a process of its own, for foreign bytes may break any parser."""

import os
import resource
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from model.contents import Unreadable
from store import blobs

MEMORY = 2 * 1024**3
"""Bytes that a reading process may hold; one that holds more ends itself."""
OUT_OF_MEMORY = 86
"""The exit status of a process that held more."""
_EVERY = 0.2
"""Seconds between two looks at the memory."""
_MEMORY_OF_THIS_PROCESS = Path("/proc/self/statm")
"""Its second figure is the resident memory in pages; a system without this file is not watched."""


@dataclass(frozen=True, slots=True)
class Read:
    """What reading came to: the reading as JSON, or the code and the sentence of what is wrong.

    Media type and page count are None where the file could not be inspected; `version` is the extractor's; `trouble` is
    the traceback of an error that is ours, for the log.
    """

    media_type: str | None = None
    page_count: int | None = None
    version: str = ""
    reading: str | None = None
    error: tuple[str, str] | None = None
    trouble: str | None = None


OVER_MEMORY = Read(error=("out_of_memory", "Reading this document needs more memory than one may take."))
CRASHED = Read(error=("crashed", "The reader came to grief on this document."))


def prepare(memory: int = MEMORY) -> None:
    """Get a process ready to read: load the readers, once for all documents, and watch the memory (in bytes)."""
    import pipeline.climb  # noqa: PLC0415 (heavy: only processes that read load it)
    import pipeline.intake  # noqa: F401, PLC0415 (the same)

    if _MEMORY_OF_THIS_PROCESS.exists():
        threading.Thread(target=_watch_memory, args=(memory,), daemon=True).start()


def version() -> str:
    """Return the version of the extractor."""
    from pipeline.extract import EXTRACTOR  # noqa: PLC0415 (heavy: only processes that read, or ask, load it)

    return EXTRACTOR


def read(root: Path, digest: str, name: str) -> Read:
    """Inspect and read the stored bytes with this digest; `name` is that of the file as it was given."""
    return attempt(partial(blobs.read, root, digest), name)


def attempt(load: Callable[[], bytes], name: str, *, look: bool = True) -> Read:
    """Inspect and read what `load` returns, with the second look at text layers unless `look` is False.

    What is wrong with the document comes back as an error with its code, and so does an error of ours: `crashed`.
    """
    from pipeline.climb import climb  # noqa: PLC0415 (heavy: only processes that read load it)
    from pipeline.intake import inspect  # noqa: PLC0415 (the same)

    seen = Read()
    try:
        data = load()
        intake = inspect(data, name)
        seen = Read(media_type=intake.media_type, page_count=intake.page_count)
        reading = climb(data, intake.media_type, look=look)
    except Unreadable as error:
        return replace(seen, error=(error.code, error.message))
    except MemoryError:
        return replace(seen, error=OVER_MEMORY.error)
    except Exception:  # noqa: BLE001 (whatever a parser raises, the other documents go on)
        return replace(seen, error=CRASHED.error, trouble=traceback.format_exc())
    return replace(seen, version=reading.extractor, reading=reading.model_dump_json())


def _watch_memory(most: int) -> None:
    """End the process when it holds more memory than it may, before the system ends whichever it likes."""
    page = resource.getpagesize()
    while int(_MEMORY_OF_THIS_PROCESS.read_text().split()[1]) * page < most:
        time.sleep(_EVERY)
    os._exit(OUT_OF_MEMORY)
