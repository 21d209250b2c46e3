"""What a PDF grows to when it is unpacked, looked at before anything else parses it (pikepdf)."""

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from typing import Any

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
MAX_PAGES = 200
"""So many pages are looked at; a file with more is refused by their number."""
MAX_CONTENTS = 1000
"""So many streams make up what is looked at of a page."""
MAX_DRAWN, MAX_NESTED = 100_000, 40
"""So many forms and patterns may be drawn for a page, and so many within each other."""
MIN_TILE = 0.001
"""A tile of fewer square points is smaller than any dot, and millions of them fill a page."""
CHUNK = 1 << 20
"""So many bytes at a time are unpacked, and forgotten."""
_FLATE = frozenset({"/FlateDecode", "/Fl"})
_USES = re.compile(rb"/([^\s/<>\[\](){}%]{1,127})\s{1,9}(?:Do|scn|SCN)\b")
_OPEN = -1
_DRAWN = "The PDF draws more parts within each other than can be read."
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
        if part.get("/PatternType") == 1 and _tile(part) < MIN_TILE:
            raise Unreadable("too_large", _DRAWN)
        grown = _grown(part, max(MAX_STREAM, size * PIXEL))
        unpacked += 0 if size else grown
        if unpacked > MAX_UNPACKED:
            raise Unreadable("too_large", _TOO_LARGE)
    drawn: dict[tuple[int, int], int] = {}
    for page in islice(document.pages, MAX_PAGES):
        if _drawn(page.obj, None, drawn, 0) > MAX_DRAWN:
            raise Unreadable("too_large", _DRAWN)


def _tile(pattern: pikepdf.Stream) -> float:
    """Return the area of a pattern's tile on its page in square points; one of no size is drawn by nobody."""
    across, down = _numbers([pattern.get("/XStep")]), _numbers([pattern.get("/YStep")])
    matrix = _numbers(items(pattern.get("/Matrix")))
    scale = matrix[0] * matrix[3] - matrix[1] * matrix[2] if len(matrix) == 6 else 1.0
    return abs(across[0] * down[0] * scale) or MIN_TILE if across and down else MIN_TILE


def _numbers(values: Iterable[Any]) -> list[float]:
    return [float(value) for value in values if isinstance(value, int | float | Decimal)]


def _drawn(part: Any, around: Any, known: dict[tuple[int, int], int], depth: int) -> int:
    """Return how many parts are drawn for a page, a form or a pattern, those within it included.

    What has no resources uses those `around` it. Errors: Unreadable `too_large` for one that is drawn within itself.
    """
    key = part.objgen
    if key in known and key != (0, 0):
        if known[key] == _OPEN:
            raise Unreadable("too_large", _DRAWN)
        return known[key]
    known[key] = _OPEN
    if depth > MAX_NESTED:
        raise Unreadable("too_large", _DRAWN)
    resources = part.get("/Resources", around)
    names = Counter(_USES.findall(_contents(part)))
    total = 1
    for name, count in names.items():
        for kind in ("/XObject", "/Pattern"):
            inner = _named(resources, kind, name)
            if isinstance(inner, pikepdf.Stream) and inner.get("/Subtype") != "/Image":
                total += min(count * _drawn(inner, resources, known, depth + 1), MAX_DRAWN + 1)
    known[key] = total
    return total


def _named(resources: Any, kind: str, name: bytes) -> Any:
    held = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
    with suppress(ValueError):
        return held.get("/" + name.decode("latin-1")) if isinstance(held, pikepdf.Dictionary) else None
    return None


def _contents(part: Any) -> bytes:
    """Return what draws a page or a form, as far as it can be unpacked."""
    streams = [part] if isinstance(part, pikepdf.Stream) else items(part.get("/Contents"))[:MAX_CONTENTS]
    said = []
    for stream in streams:
        with suppress(pikepdf.PikepdfError):
            said.append(stream.read_bytes() if isinstance(stream, pikepdf.Stream) else b"")
    return b"\n".join(said)


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
