"""Blobs: bytes kept under their SHA-256 in a folder or a bucket, never altered.

In a folder `root/ab/cd/abcd...` holds the bytes whose digest begins with abcd and `root/tmp` what is being written; a
bucket is laid out alike (store.bucket). Each blob carries the moment of its last put, also where the bytes were there
already: `delete` with a moment spares what was put since.
"""

import datetime as dt
import fcntl
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from store import bucket
from store.bucket import Bucket

Place = Path | Bucket
"""Where blobs are kept: a folder, or a place in a bucket. Both can be sent to other processes."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PART = 2**18
"""Bytes of a file that are read at once."""
_HEX = frozenset("0123456789abcdef")


class Blob(NamedTuple):
    """What a place says of a blob: digest, moment of the last put (aware, UTC), size in bytes."""

    digest: str
    modified: dt.datetime
    size: int


def at(url: str) -> Place:
    """Return the place behind a path, file:///path or s3://bucket/prefix.

    The server of a bucket is the one that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names. Errors: ValueError.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url).absolute()
    if scheme == "file" and rest.startswith("/"):
        return Path(unquote(rest))
    name, _, prefix = rest.partition("/")
    if scheme == "s3" and name:
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return Bucket(name, prefix.strip("/"), endpoint or None)
    raise ValueError(
        f"blobs are kept in a folder (a path, file:///path) or a bucket (s3://bucket/prefix), not in {url}"
    )


def put(place: Place, data: bytes | BinaryIO) -> str:
    """Store bytes, or those of a file from its beginning on, durably and return their digest.

    A file is read in small parts, never as a whole. Bytes of the right size that are there already are left as they
    are, but for the moment of their last put (a bucket has them sent anew where that is more than store.bucket.FRESH
    ago). When it returns, a folder has the bytes and all folder entries on the way to them on its disk; a bucket has
    checked them against the digest. Errors: OSError.
    """
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    digest, size = _measured(source)
    if isinstance(place, Bucket):
        bucket.put(place, digest, source, size)
        return digest
    path = _path(place, digest)
    _folders(place, path.parent)
    with _held(path.parent, fcntl.LOCK_SH) as folder:
        if path.is_file() and path.stat().st_size == size:
            os.utime(path)
        else:
            _write(place / "tmp", path, source)
        os.fsync(folder)
    return digest


def open(place: Place, digest: str) -> BinaryIO:  # noqa: A001 (what it is)
    """Return a file to read the bytes from, to be closed by the caller; a bucket's are fetched as a whole first.

    Errors: FileNotFoundError, other OSErrors, ValueError for what is no digest.
    """
    if isinstance(place, Bucket):
        return io.BytesIO(bucket.get(place, _checked(digest)))
    return _path(place, digest).open("rb")


def read(place: Place, digest: str) -> bytes:
    """Return the bytes. Errors: those of `open`."""
    with open(place, digest) as file:
        return file.read()


def exists(place: Place, digest: str) -> bool:
    """Whether these bytes are here."""
    if isinstance(place, Bucket):
        return bucket.exists(place, _checked(digest))
    return _path(place, digest).is_file()


def delete(place: Place, digest: str, before: dt.datetime | None = None) -> bool:
    """Remove the bytes, if they are here, and say whether it did.

    With `before` only where nobody has put them since that moment, and no put is under way in between: it comes first
    and is seen, or it comes after and finds the bytes gone and stores them again. In a folder a lock on the blob's own
    folder sees to that (flock; an OSError where a network file system knows none), in a bucket a mark. Whoever
    takes a row away leaves its blob to store.orphans.sweep, for another upload may be about to refer to it.
    """
    if isinstance(place, Bucket):
        checked = _checked(digest)
        return bucket.delete(place, checked) if before is None else bucket.delete_older(place, checked, before)
    path = _path(place, digest)
    if not path.is_file():
        return False
    with _held(path.parent, fcntl.LOCK_EX) as folder:
        if not path.is_file() or (before is not None and _modified(path.stat()) >= before):
            return False
        path.unlink()
        os.fsync(folder)
    return True


def listed(place: Place) -> Iterator[Blob]:
    """Yield the blobs that are here, in the order of their digests. What is not named like a blob is passed over."""
    if isinstance(place, Bucket):
        yield from (Blob(*found) for found in bucket.listed(place) if _DIGEST.fullmatch(found[0]))
        return
    for first in _within(place, 2):
        for second in _within(first, 2):
            for path in _within(second, 64):
                if path == _path(place, path.name):
                    with suppress(FileNotFoundError):
                        status = path.stat()
                        if S_ISREG(status.st_mode):
                            yield Blob(path.name, _modified(status), status.st_size)


def left_behind(place: Place, before: dt.datetime) -> tuple[str, ...]:
    """Return the temporary files older than that moment, which writers that died have left. A bucket has none."""
    if isinstance(place, Bucket):
        return ()
    names = []
    for path in sorted((place / "tmp").glob("*")):
        with suppress(FileNotFoundError):
            if _modified(path.stat()) < before:
                names.append(path.name)
    return tuple(names)


def stale(place: Place, before: dt.datetime) -> tuple[str, ...]:
    """Remove what writers that died have left before that moment, and name it: in a bucket, marks of deletions.

    A writer that still lives fails with an OSError when it comes to rename its file, so nothing is taken for stored
    that is not.
    """
    if isinstance(place, Bucket):
        return bucket.stale(place, before)
    names = left_behind(place, before)
    for name in names:
        (place / "tmp" / name).unlink(missing_ok=True)
    return names


def clock(place: Place) -> dt.datetime:
    """Return the time by which this place dates its blobs: that of the system under the folder, or of the server."""
    if isinstance(place, Bucket):
        return bucket.clock(place)
    (place / "tmp").mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place / "tmp") as file:
        return _modified(os.fstat(file.fileno()))


def _within(folder: Path, length: int) -> list[Path]:
    """Return what lies in a folder, if it is one, with names of so many hexadecimal digits, in their order."""
    try:
        return sorted(path for path in folder.iterdir() if len(path.name) == length and set(path.name) <= _HEX)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _measured(file: BinaryIO) -> tuple[str, int]:
    """Return digest and size of a file's bytes."""
    file.seek(0)
    made = hashlib.sha256()
    while part := file.read(_PART):
        made.update(part)
    return made.hexdigest(), file.tell()


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"no SHA-256 in hexadecimal digits: {digest!r}")
    return digest


def _path(root: Path, digest: str) -> Path:
    return root / _checked(digest)[:2] / digest[2:4] / digest


def _modified(status: os.stat_result) -> dt.datetime:
    return dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)


def _folders(root: Path, leaf: Path) -> None:
    """Make the folder of a blob and the one for temporary files, each new entry made durable in its parent."""
    for folder in (root, root / "tmp", leaf.parent, leaf):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)


def _write(temporary: Path, path: Path, source: BinaryIO) -> None:
    """Write beside and rename, so that a blob is there in full or not at all."""
    handle, name = tempfile.mkstemp(dir=temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            source.seek(0)
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _held(folder: Path, lock: int) -> Iterator[int]:
    """Hold a folder of blobs and yield its handle: any number may put (LOCK_SH), but one alone delete (LOCK_EX)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, lock)
        yield handle
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
