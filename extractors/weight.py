"""What a PDF grows to when it is unpacked, looked at before anything else parses it (pikepdf)."""

import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pikepdf

from extractors.einvoice import items
from extractors.images import MAX_PIXELS
from model.contents import Unreadable

MAX_OBJECTS = 200_000
"""A PDF of more parts is refused; one of 200 pages has some thousands."""
MAX_STREAM = 50_000_000
"""Bytes that one part may unpack to, unless it is a picture ..."""
MAX_UNPACKED = 200_000_000
"""... and all of those together."""
PIXEL = 8
"""Bytes that a pixel of a picture may have: four colours in 16 bits."""
CHUNK = 1 << 20
"""So many bytes at a time are unpacked, and forgotten."""
_FLATE = frozenset({"/FlateDecode", "/Fl"})
_TOO_LARGE = "The PDF is larger than one that can be read when it is unpacked."


def check(pdf: bytes) -> None:
    """Raise Unreadable `too_large` or `too_many_pixels` for a PDF that is small only as long as it is packed.

    The pictures of a file may hold as many pixels for each of its pages as a page that is one picture. Attached files
    are left out: whoever reads them takes as much as can be read. A PDF that pikepdf cannot open is not looked at.
    """
    if pdf.count(b" obj") > MAX_OBJECTS:
        raise Unreadable("too_large", f"The PDF has more than {MAX_OBJECTS:,} parts.")
    with (
        suppress(pikepdf.PikepdfError),
        pikepdf.open(io.BytesIO(pdf), inherit_page_attributes=False) as document,
    ):
        _check(document)


def _check(document: pikepdf.Pdf) -> None:
    pixels, unpacked, most = 0, 0, MAX_PIXELS * max(1, len(document.pages))
    for part in document.objects:
        if not isinstance(part, pikepdf.Stream) or part.get("/Type") == "/EmbeddedFile":
            continue
        size = _pixels(part) if part.get("/Subtype") == "/Image" else 0
        pixels += size
        if pixels > most:
            raise Unreadable("too_many_pixels", "The pictures in the PDF have more pixels than can be read.")
        grown = _grown(part, max(MAX_STREAM, size * PIXEL))
        unpacked += 0 if size else grown
        if unpacked > MAX_UNPACKED:
            raise Unreadable("too_large", _TOO_LARGE)


def _pixels(picture: pikepdf.Stream) -> int:
    """Return how many pixels a picture says that it has."""
    width, height = (picture.get(name) for name in ("/Width", "/Height"))
    return max(width, 0) * max(height, 0) if isinstance(width, int) and isinstance(height, int) else 0


def _grown(part: pikepdf.Stream, most: int) -> int:
    """Return how many bytes a part unpacks to, as far as it is packed by Flate, once or several times over."""
    chunks: Iterable[bytes] = iter([part.read_raw_bytes()])
    for name in items(part.get("/Filter")):
        if str(name) not in _FLATE:
            break
        chunks = _within(_inflated(chunks), most)
    return sum(map(len, chunks))


def _within(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Pass on chunks. Errors: Unreadable `too_large`."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise Unreadable("too_large", _TOO_LARGE)
        yield chunk


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack chunks, as far as they are sound."""
    unpacking = zlib.decompressobj()
    with suppress(zlib.error):
        for chunk in chunks:
            rest = chunk
            while rest:
                yield unpacking.decompress(rest, CHUNK)
                rest = unpacking.unconsumed_tail
