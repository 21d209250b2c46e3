"""Reading files without storing them: on all cores, each result as soon as its turn has come."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from pebble import ProcessFuture

from model.reading import Reading
from workers.reader import Read, attempt, outcome_or_crash
from workers.sandbox import Sandbox, cores

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of one file: its reading, or the code and the sentence of what is wrong with it.

    The media type is None where the file could not be inspected.
    """

    path: Path
    digest: str | None = None
    media_type: str | None = None
    reading: Reading | None = None
    error: tuple[str, str] | None = None


def extract_all(paths: Sequence[Path], pictures: Path | None = None, *, look: bool = True) -> Iterator[Extracted]:
    """Read all files and yield what became of each, in their order; write their pages into the folder `pictures`.

    Without `look` the second look at pages with a text layer is left out.

    Errors: OSError, if the folder cannot be made or written to.
    """
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    with Sandbox(min(len(paths), cores())) as sandbox:

        def begin(path: Path) -> ProcessFuture[Read]:
            return sandbox.begin(_read, pictures, look, str(path.absolute()), path.name)

        begun = [(path, begin(path)) for path in paths]
        for path, task in begun:
            yield _extracted(path, outcome_or_crash(sandbox, task, partial(begin, path)))


def _read(pictures: Path | None, look: bool, path: str, name: str) -> Read:  # noqa: FBT001 (a task of the sandbox)
    read = attempt(Path(path).read_bytes, name, look=look)
    if pictures is not None and read.reading is not None and read.media_type is not None:
        from portal.picture import write  # noqa: PLC0415 (heavy: only processes that read load it)

        write(pictures, name, Path(path).read_bytes(), read.media_type, Reading.model_validate_json(read.reading))
    return read


def _extracted(path: Path, read: Read) -> Extracted:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return Extracted(path, error=("damaged", f"The file cannot be opened: {error.strerror}."))
    if read.trouble is not None:
        log.error("reader failed", file=str(path), trouble=read.trouble)
    reading = None if read.reading is None else Reading.model_validate_json(read.reading)
    return Extracted(path, digest, read.media_type, reading, read.error)
