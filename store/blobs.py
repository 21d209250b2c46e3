"""Blobs: bytes kept under their SHA-256 in a folder, never altered.

`root/ab/cd/abcd...` holds the bytes whose digest begins with abcd; `root/tmp` holds what is being written.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


def put(root: Path, data: bytes) -> str:
    """Store the bytes durably and return their digest; bytes that are there already are left as they are.

    When it returns, the bytes and every folder entry on the way to them have reached the disk. Errors: OSError.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = _path(root, digest)
    _folders(root, path.parent)
    if not (path.is_file() and path.stat().st_size == len(data)):
        _write(root / "tmp", path, data)
    _sync_folder(path.parent)
    return digest


def read(root: Path, digest: str) -> bytes:
    """Return the bytes. Errors: FileNotFoundError."""
    return _path(root, digest).read_bytes()


def exists(root: Path, digest: str) -> bool:
    """Whether these bytes are here."""
    return _path(root, digest).is_file()


def delete(root: Path, digest: str) -> None:
    """Remove the bytes, if they are here."""
    path = _path(root, digest)
    if path.is_file():
        path.unlink()
        _sync_folder(path.parent)


def _path(root: Path, digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"no SHA-256 in hexadecimal digits: {digest!r}")
    return root / digest[:2] / digest[2:4] / digest


def _folders(root: Path, leaf: Path) -> None:
    """Make the folder of a blob and the one for temporary files, each new entry made durable in its parent."""
    for folder in (root, root / "tmp", leaf.parent, leaf):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)


def _write(temporary: Path, path: Path, data: bytes) -> None:
    """Write beside and rename, so that a blob is there in full or not at all."""
    handle, name = tempfile.mkstemp(dir=temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
