"""What a case is: how its file is made, and what may come of it."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

READING = "reading"
"""What comes of a file that is read."""
CALL = b"http://127.0.0.1:00000/"
"""Where a file calls out to; the runner puts the port of a listener into it, in as many digits."""
FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True, slots=True)
class Case:
    """One file: its name, and how its bytes are made.

    `like` makes the ordinary file of which the reading has to be the same, and `called` is the name it is sent under.
    """

    name: str
    make: Callable[[], bytes]
    like: Callable[[], bytes] | None = None
    called: str = "invoice.pdf"


def fixture(name: str) -> bytes:
    """Return the bytes of a sample invoice: "text-german-approved/invoice.pdf"."""
    return (FIXTURES / name).read_bytes()


def bomb(size: int, byte: int = 0, head: bytes = b"", tail: bytes = b"") -> bytes:
    """Return a zlib stream of `head`, then at least `size` times one byte, then `tail`; made in no time at any size."""
    step = 1 << 24
    whole = -(-size // step)
    first, one, last = zlib.compressobj(9), zlib.compressobj(9), zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = first.compress(head) + first.flush(zlib.Z_FULL_FLUSH)
    one.compress(b"")
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    middle = packed.compress(bytes([byte]) * step) + packed.flush(zlib.Z_FULL_FLUSH)
    end = last.compress(tail) + last.flush()
    return begin + middle * whole + end + _adler(head, byte, whole * step, tail).to_bytes(4, "big")


def _adler(head: bytes, byte: int, count: int, tail: bytes) -> int:
    """Return the checksum of RFC 1950 over a head, `count` equal bytes and a tail."""
    prime = 65521
    start = zlib.adler32(head)
    low, high = start & 0xFFFF, start >> 16
    high = (high + count * low + byte * count * (count + 1) // 2) % prime
    low = (low + byte * count) % prime
    return zlib.adler32(tail, high << 16 | low)


def pdf(objects: Mapping[int, bytes], trailer: bytes = b"", version: bytes = b"1.7", head: bytes = b"") -> bytes:
    """Put a PDF together from its numbered objects, of which 1 is the catalogue."""
    out = bytearray(head + b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out) - len(head)
        out += b"%d 0 obj\n" % number + objects[number] + b"\nendobj\n"
    table = len(out) - len(head)
    last = max(objects)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        place = places.get(number)
        out += b"0000000000 00000 f \n" if place is None else b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, trailer, table)
    return bytes(out)


def stream(data: bytes, head: bytes = b"") -> bytes:
    """Return a stream object with these entries beside its length."""
    return b"<< /Length %d %s >>\nstream\n" % (len(data), head) + data + b"\nendstream"


TEXT = b"BT /F1 11 Tf 60 760 Td (Rechnung Nr. RG-2026-10482 vom 14.08.2026) Tj 0 -40 Td (Gesamtbetrag 969,79 EUR) Tj ET"
"""What stands on a page of which the rest is hostile."""


def page(
    contents: bytes = stream(TEXT),
    *,
    box: bytes = b"[0 0 595 842]",
    resources: bytes = b"",
    entries: bytes = b"",
    catalogue: bytes = b"",
    more: Mapping[int, bytes] | None = None,
) -> bytes:
    """Return a PDF of one page (object 3) with contents (4) and a font /F1 (5); `more` adds or replaces objects."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b" >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox " + box + b" /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> "
        + resources + b" >> " + entries + b" >>",
        4: contents,
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }  # fmt: skip
    return pdf(objects | dict(more or {}))
