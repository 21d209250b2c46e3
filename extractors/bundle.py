"""Several pictures as the pages of one document: a ZIP that compresses nothing, the same bytes for the same pages.

Its first entry says what it is, as that of an EPUB does, so that it is told from other archives by its first bytes;
then come the pages in order, each named by its number. Whoever saves it can open it with any program for archives.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from extractors import images
from extractors.images import Picture
from model.contents import Unreadable

MEDIA_TYPE = "application/vnd.cashback.pages+zip"
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "image/heic": "heic",
}
"""What pages may be, and how they are named."""
MAX_PARTS = 200
"""More pictures make no document."""
_FIRST = "mimetype"
_SIGNATURE, _AT = b"PK\x03\x04", 30
_MARK = (_FIRST + MEDIA_TYPE).encode()
_DAY = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP knows: when pages were sent must not show."""


def is_bundle(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return head.startswith(_SIGNATURE) and head[_AT : _AT + len(_MARK)] == _MARK


def write(target: BinaryIO, pages: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write pages, each with its media type and its bytes piece by piece, into an empty file."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        made.writestr(_entry(_FIRST), MEDIA_TYPE)
        for number, (media_type, pieces) in enumerate(pages, 1):
            with made.open(_entry(f"page-{number:03}.{SUFFIXES[media_type]}"), "w") as page:
                for piece in pieces:
                    page.write(piece)


def count(data: bytes) -> int:
    """Return the number of pages; every page is decoded to know that it is whole.

    Raises Unreadable as `images.count` does, and `damaged` for what `write` does not make.
    """
    if not _is_as_written(data):
        raise Unreadable("damaged", "The pages of this document do not belong together.")
    return sum(images.count(part) for part in _parts(data))


def frame(data: bytes, number: int) -> Picture:
    """Return page `number` (from 1) as `images.frame` does; a picture may have several pages itself."""
    for part in _parts(data):
        pages = images.frames(part)
        if number <= pages:
            return images.frame(part, number)
        number -= pages
    raise Unreadable("damaged", "The document has no such page.")


def _parts(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        for entry in opened.infolist()[1:]:
            yield opened.read(entry)


def _is_as_written(data: bytes) -> bool:
    """Whether the same bytes come out where the pages are written anew: so nothing else can hide in them."""
    types = {suffix: media_type for media_type, suffix in SUFFIXES.items()}
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            entries = opened.infolist()
            if not 2 <= len(entries) <= MAX_PARTS + 1 or any(
                entry.compress_type != zipfile.ZIP_STORED for entry in entries
            ):
                return False
            pages = ((types[one.filename.rpartition(".")[2]], [opened.read(one)]) for one in entries[1:])
            write(made, pages)
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return False
    return made.getvalue() == data


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DAY)
    # Elsewhere Python would note another system.
    entry.create_system = 3
    return entry
