"""Odd files that harm nobody: each has to be read as the ordinary file is."""

import io
import re
from collections.abc import Callable
from functools import partial

import pikepdf

from hostile.case import Case, fixture
from hostile.disguises import locked

TEXT = partial(fixture, "text-german-approved/invoice.pdf")
HYBRID = partial(fixture, "hybrid-approved/invoice.pdf")


def again(
    change: Callable[[pikepdf.Pdf], object] = lambda _: None, base: Callable[[], bytes] = TEXT, **how: object
) -> bytes:
    """The invoice changed and saved again."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(base())) as document:
        change(document)
        document.save(target, static_id=True, **how)  # type: ignore[arg-type]
    return target.getvalue()


def misplaced(shift: int) -> bytes:
    """The invoice with all places of its objects wrong by so many bytes."""
    return re.sub(rb"(\d{10}) (\d{5}) n", lambda found: b"%010d %s n" % (int(found[1]) + shift, found[2]), TEXT())


def wrong_start() -> bytes:
    """The invoice with its cross-reference said to be elsewhere."""
    return re.sub(rb"startxref\s+\d+", b"startxref\n7", TEXT())


def no_reference() -> bytes:
    """The invoice without the word that begins its cross-reference."""
    whole = TEXT()
    place = whole.rfind(b"xref\n0")
    return whole[:place] + b"xxxx" + whole[place + 4 :]


def updated(count: int) -> bytes:
    """The invoice with something added to it so many times."""
    out = bytearray(TEXT())
    before = int(re.findall(rb"startxref\s+(\d+)", out)[-1])
    root = re.findall(rb"/Root (\d+ 0 R)", out)[-1]
    size = int(re.findall(rb"/Size (\d+)", out)[-1])
    for n in range(count):
        place = len(out)
        out += b"%d 0 obj\n(%d)\nendobj\n" % (size, n)
        table = len(out)
        out += b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
            size, place, size + 1, root, before, table,
        )  # fmt: skip
        before = table
    return bytes(out)


def version(number: str) -> bytes:
    """The invoice as a file of this version."""
    return again(force_version=number)


def two_pages_more(document: pikepdf.Pdf) -> None:
    """Say what a viewer shows first, what pages are called, and where bookmarks lead."""
    document.Root.PageLabels = pikepdf.Dictionary(Nums=[0, pikepdf.Dictionary(S=pikepdf.Name.r)])
    document.Root.ViewerPreferences = pikepdf.Dictionary(HideToolbar=True)
    document.Root.PageMode = pikepdf.Name.UseOutlines


def shifted(document: pikepdf.Pdf) -> None:
    """Put the page's corner elsewhere than at the origin, with all that stands on it."""
    leaf = document.pages[0]
    _, _, width, height = (float(value) for value in leaf.mediabox)
    leaf.obj.MediaBox = pikepdf.Array([100, 200, width + 100, height + 200])
    leaf.contents_add(b"q 1 0 0 1 100 200 cm\n", prepend=True)
    leaf.contents_add(b"\nQ")


def reversed_box(document: pikepdf.Pdf) -> None:
    """Name the corners of the page the other way round."""
    left, bottom, right, top = document.pages[0].mediabox
    document.pages[0].obj.MediaBox = pikepdf.Array([right, top, left, bottom])


def odd(name: str, make: Callable[[], bytes], like: Callable[[], bytes] = TEXT) -> Case:
    """A case that has to read like the ordinary file."""
    return Case(f"odd-{name}", make, like=like)


CASES = (
    odd("owner-rc4-40", partial(locked, 2, "")),
    odd("owner-rc4-128", partial(locked, 3, "")),
    odd("owner-aes-128", partial(locked, 4, "")),
    odd("owner-aes-256", partial(locked, 6, "")),
    odd("garbage-before", lambda: b"From: a@b.c\r\n\r\nsee attachment\r\n" + TEXT()),
    odd("garbage-before-900", lambda: b"x\n" * 450 + TEXT()),
    odd("garbage-behind", lambda: TEXT() + b"\n-- \nSent from a scanner\n" + bytes(2000)),
    odd("garbage-behind-long", lambda: TEXT() + bytes(100_000)),
    odd("bom-before", lambda: b"\xef\xbb\xbf\r\n" + TEXT()),
    odd("references-misplaced", partial(misplaced, 3)),
    odd("references-start-wrong", wrong_start),
    odd("references-missing", no_reference),
    odd("updated", partial(updated, 1)),
    odd("updated-often", partial(updated, 40)),
    odd("linear", partial(again, linearize=True)),
    odd("object-streams", partial(again, object_stream_mode=pikepdf.ObjectStreamMode.generate)),
    odd("unpacked", partial(again, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)),
    odd("normal", partial(again, normalize_content=True)),
    odd("qdf", partial(again, qdf=True)),
    odd("version-2", partial(version, "2.0")),
    odd("version-1", partial(version, "1.0")),
    odd("version-9", lambda: TEXT().replace(b"%PDF-1.", b"%PDF-9.", 1)),
    odd("preferences", partial(again, two_pages_more)),
    odd("shifted", partial(again, shifted)),
    odd("box-reversed", partial(again, reversed_box)),
    odd("line-ends", lambda: TEXT().replace(b"%%EOF\n", b"%%EOF\r\n")),
    odd("hybrid-linear", partial(again, base=HYBRID, linearize=True), like=HYBRID),
    odd(
        "hybrid-object-streams",
        partial(again, base=HYBRID, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        like=HYBRID,
    ),
    odd("hybrid-garbage", lambda: b"junk\n" + HYBRID(), like=HYBRID),
)
