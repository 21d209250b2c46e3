"""Text layers that flood, hide, or say what nobody can print."""

import io
import zlib
from functools import partial

import pikepdf

from hostile.case import Case, fixture, page, pdf, stream

ROWS = 70


def flood(words: int, pages: int, word: bytes = b"Wort12,50 ") -> bytes:
    """So many words on so many pages, in rows of a readable size."""
    each = words // pages
    across = 10
    rows = b"".join(b"(" + word * across + b") Tj T*\n" for _ in range(max(1, each // across)))
    contents = zlib.compress(b"BT /F1 4 Tf 11 TL 20 820 Td\n" + rows + b"ET", 9)
    return _pages(contents, pages)


def grid(words: int, pages: int) -> bytes:
    """So many words on so many pages, each at a place of its own, all of them on the page."""
    each = words // pages
    across = max(1, int((each * 0.7) ** 0.5))
    step_x, step_y = 555 / across, 800 / max(1, -(-each // across))
    size = min(step_x / 4, step_y * 0.9)
    parts = [b"BT /F1 %.3f Tf" % size]
    parts += [
        b"1 0 0 1 %.2f %.2f Tm (%d,%02d) Tj"
        % (20 + step_x * (n % across), 820 - step_y * (n // across), n % 97, n % 100)
        for n in range(each)
    ]
    return _pages(zlib.compress(b"\n".join([*parts, b"ET"]), 9), pages)


def _pages(packed: bytes, pages: int) -> bytes:
    kids = range(10, 10 + pages)
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [" + b" ".join(b"%d 0 R" % kid for kid in kids) + b"] /Count %d >>" % pages,
        4: stream(packed, b"/Filter /FlateDecode"),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    return pdf(objects | dict.fromkeys(kids, leaf))


def heap(words: int, texts: int) -> bytes:
    """So many words at one place, of so many different texts."""
    shown = b"".join(b"1 0 0 1 60 700 Tm (W%d,50) Tj\n" % (n % texts) for n in range(words))
    return page(stream(zlib.compress(b"BT /F1 11 Tf " + shown + b"ET"), b"/Filter /FlateDecode"))


def column(words: int) -> bytes:
    """So many tall words beside each other, each as high as the page."""
    shown = b"".join(b"1 0 0 1 %.2f 20 Tm (%d) Tj\n" % (n * 595 / words, n % 10) for n in range(words))
    return page(stream(zlib.compress(b"BT /F1 800 Tf 1 Tz " + shown + b"ET"), b"/Filter /FlateDecode"))


def shown(text: bytes, state: bytes = b"", font: bytes = b"/F1 11 Tf") -> bytes:
    """A page with this text, shown so."""
    return page(stream(b"BT " + font + b" 60 700 Td " + state + b" (" + text + b") Tj ET"))


def mapped(*texts: str, embedded: bool = True) -> bytes:
    """A page whose letters say these texts, one a line, whatever they look like; without a map, nothing."""
    letters = sorted(set("".join(texts)))
    codes = {letter: 33 + n for n, letter in enumerate(letters)}
    chars = b"".join(
        b"<%04X> <%s>\n" % (code, letter.encode("utf-16-be", "surrogatepass").hex().encode())
        for letter, code in codes.items()
    )
    cmap = (
        b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfchar\n" % len(codes)
        + chars
        + b"endbfchar endcmap"
    )
    rows = b"".join(b"<" + b"".join(b"%04X" % codes[c] for c in text) + b"> Tj T*\n" for text in texts)
    more = {
        5: b"<< /Type /Font /Subtype /Type0 /BaseFont /Arial /Encoding /Identity-H "
        + (b"/ToUnicode 6 0 R " if embedded else b"")
        + b"/DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Arial /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (Identity) /Supplement 0 >> >>] >>",
        6: stream(zlib.compress(cmap), b"/Filter /FlateDecode"),
    }
    return page(
        stream(zlib.compress(b"BT /F1 11 Tf 14 TL 60 700 Td " + rows + b"ET"), b"/Filter /FlateDecode"), more=more
    )


def drawn_font(count: int) -> bytes:
    """A font whose letters are drawings, and so many letters of it."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 65 "
        b"/LastChar 66 /Widths [1000 1000] /Encoding << /Differences [65 /A /B] >> /CharProcs << /A 7 0 R /B 7 0 R >> >>"
    )
    text = b"".join(b"(ABAB) Tj T*\n" for _ in range(count // 4))
    more = {6: font, 7: stream(b"1000 0 d0 0 0 750 750 re f")}
    return page(stream(b"BT /F2 9 Tf 10 TL 60 800 Td " + text + b"ET"), resources=b"/Font << /F2 6 0 R >>", more=more)


def broken_font(kind: bytes, data: bytes) -> bytes:
    """A font whose file is broken."""
    more = {
        5: b"<< /Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Broken /FirstChar 0 /LastChar 255 /Widths ["
        + b"500 " * 256
        + b"] /FontDescriptor 6 0 R >>",
        6: b"<< /Type /FontDescriptor /FontName /ABCDEF+Broken /Flags 4 /FontBBox [-9999999 -9999999 9999999 9999999] /ItalicAngle 0 /Ascent 99999 /Descent -99999 /CapHeight 0 /StemV 0 /"
        + kind
        + b" 7 0 R >>",
        7: stream(data, b"/Length1 %d" % len(data)),
    }
    return page(more=more)


def picture(filters: bytes, data: bytes, entries: bytes = b"") -> bytes:
    """A page that shows a picture whose data are broken."""
    head = (
        b"/Type /XObject /Subtype /Image /Width 800 /Height 800 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter "
        + filters
        + b" "
        + entries
    )
    return page(
        stream(b"q 595 0 0 842 0 0 cm /X Do Q"), resources=b"/XObject << /X 6 0 R >>", more={6: stream(data, head)}
    )


def named(text: bytes) -> bytes:
    """A page whose file says that it was made by a program of this name."""
    whole = page(more={9: b"<< /Creator <" + text.hex().encode() + b"> /Producer <" + text.hex().encode() + b"> >>"})
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R /Info 9 0 R")


def named_invoice(text: bytes) -> bytes:
    """A sample invoice whose file says that it was made by a program of this name."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(fixture("text-german-approved/invoice.pdf"))) as document:
        document.docinfo["/Creator"] = document.docinfo["/Producer"] = pikepdf.String(text)
        document.save(target, static_id=True)
    return target.getvalue()


HOSTILE = (
    "Rechnung \u202eGNUNHCER\u202c",
    "\u200b\u200c\u200d\ufeff\u2060",
    "\u05e9\u05dc\u05d5\u05dd 12,50",
    "e" + "\u0301" * 3000,
    "=1+1 <b>x</b>",
    "\U0001f600\U0010fffe",
)
_JPX = (
    b"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 \x00\x00\x00-jp2h\x00\x00\x00\x16ihdr\xff\xff\xff\xff\xff\xff\xff\xff\x40\x00\x07\x07\x00\x00"
    + b"\x41" * 500
)
_J2K = (
    bytes.fromhex(
        "ff4fff51002f0000ffffffffffffffff0000000000000000000000010000000100000000000000000003070101070101070101ff52000c00000001000504040001ff5c00134040484850484850484850484850484850ff90000a0000000000000001ff93"
    )
    + b"\x00" * 400
)

CASES = (
    Case("text-million-words", partial(flood, 1_000_000, 1)),
    Case("text-million-words-pages", partial(flood, 1_000_000, 100)),
    Case("text-million-figures", partial(grid, 1_000_000, 100)),
    Case("text-figures-20000", partial(grid, 20_000, 1)),
    Case("text-figures-5000", partial(grid, 5_000, 1)),
    Case("text-figures-6-pages", partial(grid, 6_000, 6)),
    Case("text-heap-alike", partial(heap, 60_000, 1)),
    Case("text-heap-two", partial(heap, 60_000, 2)),
    Case("text-heap-many", partial(heap, 20_000, 20_000)),
    Case("text-column", partial(column, 20_000)),
    Case("text-token-long", partial(shown, b"x" * 1_000_000)),
    Case("text-token-digits", partial(shown, b"1" * 1_000_000)),
    Case("text-token-marks", partial(shown, b"1.2," * 250_000)),
    Case("text-nul", partial(shown, b"Rechnung\\000Nr. \\001\\002\\033[31m 12,50")),
    Case("text-hostile", partial(mapped, *HOSTILE)),
    Case("text-combining", partial(mapped, "\u0301" * 50_000)),
    Case("text-surrogates", partial(mapped, "Rechnung \ud800\udfff 12,50")),
    Case("text-surrogate-alone", partial(mapped, "Rechnung \ud800 Nr. RG-\udc00-1 vom 14.08.2026")),
    Case("text-without-map", partial(mapped, "Rechnung Nr. 1 vom 14.08.2026 Gesamtbetrag 969,79", embedded=False)),
    Case("text-drawn-letters", partial(drawn_font, 4000)),
    Case("text-invisible", partial(shown, b"Rechnung Nr. 1 Gesamtbetrag 969,79", b"3 Tr")),
    Case("text-white", partial(shown, b"Rechnung Nr. 1 Gesamtbetrag 969,79", b"1 g")),
    Case("text-clipped", partial(shown, b"Rechnung Nr. 1 Gesamtbetrag 969,79", b"7 Tr")),
    Case("text-tiny", partial(shown, b"Rechnung Nr. 1 969,79", font=b"/F1 0.00001 Tf")),
    Case("text-huge", partial(shown, b"Rechnung Nr. 1 969,79", font=b"/F1 1000000 Tf")),
    Case("text-negative", partial(shown, b"Rechnung Nr. 1 969,79", font=b"/F1 -11 Tf")),
    Case("text-no-size", partial(shown, b"Rechnung Nr. 1 969,79", font=b"/F1 0 Tf")),
    Case("text-far", partial(shown, b"Rechnung Nr. 1 969,79", b"1 0 0 1 1e30 1e30 Tm")),
    Case("text-far-plain", partial(shown, b"Rechnung Nr. 1 969,79", b"1 0 0 1 " + b"9" * 60 + b" 5 Tm")),
    Case("text-singular", partial(shown, b"Rechnung Nr. 1 969,79", b"0 0 0 0 60 700 Tm")),
    Case("text-slanted", partial(shown, b"Rechnung Nr. 1 969,79", b"1 99999 -99999 1 60 700 Tm")),
    Case("text-spaced", partial(shown, b"Rechnung Nr. 1 969,79", b"1000000 Tc")),
    Case("text-maker-long", partial(named_invoice, b"Canva " + b"x" * 1_000_000)),
    Case("text-maker-nul", partial(named_invoice, b"Canva \x00\x01\x1b[31m")),
    Case("text-maker-surrogates", partial(named_invoice, b"\xfe\xff" + "Canva ".encode("utf-16-be") + b"\xd8\x00\xd8\x00")),
    Case("text-missing-font", partial(shown, b"Rechnung Nr. 1 969,79", font=b"/Nowhere 11 Tf")),
    *(
        Case(f"font-broken-{name}", partial(broken_font, kind, data))
        for name, kind, data in (
            ("truetype", b"FontFile2", b"\x00\x01\x00\x00\xff\xff" + b"glyf" * 9000),
            ("type1", b"FontFile", b"%!PS-AdobeFont-1.0\n" + b"{" * 100_000),
            ("cff", b"FontFile3", b"\x01\x00\x04\xff" + b"\xff" * 50_000),
        )
    ),
    *(
        Case(f"picture-broken-{name}", partial(picture, filters, data, entries))
        for name, filters, data, entries in (
            ("jbig2", b"/JBIG2Decode", b"\x00\x00\x00\x01\x00\x00\x01\xff\xff\xff\xff" + b"\xaa" * 900, b""),
            ("jpx", b"/JPXDecode", _JPX, b""),
            ("j2k", b"/JPXDecode", _J2K, b""),
            ("jpeg", b"/DCTDecode", b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xda" + b"\x55" * 900, b""),
            ("fax", b"/CCITTFaxDecode", b"\x55" * 9000, b"/DecodeParms << /K -1 /Columns 2147483647 /Rows 2147483647 >>"),
            ("flate", b"/FlateDecode", b"x\x9c" + b"\x55" * 900, b""),
            ("decode", b"/FlateDecode", zlib.compress(b"\x00" * 640_000), b"/Decode [1e30 -1e30 nan] /Mask [0 0 0]"),
            ("unknown", b"/Nowhere", b"\x55" * 900, b""),
        )
    ),
)  # fmt: skip
