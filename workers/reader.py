"""Reading the bytes of one document: what runs in the sandbox, and what is made of how that ended."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from pebble import ProcessFuture

from model.contents import Unreadable
from workers.sandbox import PER_PAGE, Broken, Died, OverMemory, OverTime, Sandbox, allow


@dataclass(frozen=True, slots=True)
class Read:
    """What reading came to: the reading as JSON, or the code and the sentence of what is wrong.

    Media type and page count are None where the file could not be inspected; `version` is the extractor's; `tape` is
    what the OCR engines said (`extractors.tape`); `needs_ocr` tells that only OCR can read on, where it was not to be
    used; `trouble` is the traceback of an error that is ours, for the log.
    """

    media_type: str | None = None
    page_count: int | None = None
    version: str = ""
    reading: str | None = None
    tape: bytes | None = None
    needs_ocr: bool = False
    error: tuple[str, str] | None = None
    trouble: str | None = None


Task = Callable[[bytes, str, bool, bytes | None], Read]
"""What reads a document in the sandbox: as `read` below."""

OVER_MEMORY = Read(error=("out_of_memory", "Reading this document needs more memory than one may take."))
CRASHED = Read(error=("crashed", "The reader came to grief on this document."))


def version() -> str:
    """Return the version of the extractor."""
    from pipeline.extract import EXTRACTOR  # noqa: PLC0415 (heavy: only processes that read, or ask, load it)

    return EXTRACTOR


def attempt(
    load: Callable[[], bytes], name: str, *, look: bool = True, ocr: bool = True, tape: bytes | None = None
) -> Read:
    """Inspect and read what `load` returns; `name` is that of the file as it was given.

    `look` and `ocr` as in `pipeline.climb`; `tape` is what the engines said of these bytes before. What is wrong with
    the document comes back as an error with its code, and so does an error of ours: `crashed`.
    """
    from extractors.tape import packed, playing, unpacked  # noqa: PLC0415 (heavy: only processes that read load it)
    from pipeline.climb import OcrNeeded, climb  # noqa: PLC0415 (the same)
    from pipeline.intake import inspect  # noqa: PLC0415 (the same)

    seen = Read()
    try:
        data, answers = load(), unpacked(tape) if tape is not None else {}
        intake = inspect(data, name)
        seen = Read(media_type=intake.media_type, page_count=intake.page_count)
        allow(intake.page_count)
        with playing(answers):
            reading = climb(data, intake.media_type, look=look, ocr=ocr)
    except Unreadable as error:
        return replace(seen, error=(error.code, error.message))
    except OcrNeeded:
        return replace(seen, needs_ocr=True)
    except MemoryError:
        return replace(seen, error=OVER_MEMORY.error)
    except Exception:  # noqa: BLE001 (whatever a parser raises, the other documents go on)
        return replace(seen, error=CRASHED.error, trouble=traceback.format_exc())
    return replace(
        seen, version=reading.extractor, reading=reading.model_dump_json(), tape=packed(answers) if answers else None
    )


def read(data: bytes, name: str, ocr: bool = True, tape: bytes | None = None) -> Read:  # noqa: FBT001, FBT002 (a task of the sandbox)
    """Inspect and read these bytes, with the second look."""
    return attempt(lambda: data, name, ocr=ocr, tape=tape)


def outcome(sandbox: Sandbox, begun: ProcessFuture[Read]) -> Read:
    """Wait for what becomes of a document in the sandbox. Errors: Died, if its process did; Broken."""
    try:
        return sandbox.result(begun)
    except OverTime:
        return Read(error=("timeout", f"Reading this document takes longer than {PER_PAGE:.0f} seconds a page."))
    except OverMemory:
        return OVER_MEMORY


def outcome_or_crash(sandbox: Sandbox, begun: ProcessFuture[Read], again: Callable[[], ProcessFuture[Read]]) -> Read:
    """Wait for what becomes of a document in the sandbox; one whose process dies is tried once more."""
    try:
        return outcome(sandbox, begun)
    except (Died, Broken):
        try:
            return outcome(sandbox, again())
        except (Died, Broken):
            return CRASHED
