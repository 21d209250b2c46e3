"""PDFs that grow when they are unpacked or drawn."""

import base64
import zlib
from functools import partial

from hostile.case import TEXT, Case, bomb, page, pdf, stream

GB = 1 << 30


def blanks() -> bytes:
    """A content stream of eight thousand million blanks."""
    return page(stream(bomb(8 * GB, 0x20, TEXT), b"/Filter /FlateDecode"))


def nested(times: int, size: int) -> bytes:
    """A content stream packed several times over."""
    packed = bomb(size, 0x20, TEXT)
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    return page(stream(packed, b"/Filter [" + b"/FlateDecode " * times + b"]"))


def filters(count: int) -> bytes:
    """A stream behind so many filters."""
    return page(stream(TEXT.hex().encode() + b">", b"/Filter [" + b"/ASCIIHexDecode " * count + b"]"))


def chain() -> bytes:
    """A bomb of repetitions of one byte, in ASCII, behind Flate."""
    repeats = b"\x81\x20" * 4_000_000 + b"\x80"
    packed = zlib.compress(base64.a85encode(repeats) + b"~>", 9)
    return page(stream(packed, b"/Filter [/FlateDecode /ASCII85Decode /RunLengthDecode]"))


def lzw() -> bytes:
    """A long LZW stream of one byte over and over."""
    return page(stream(_lzw(6000), b"/Filter [/LZWDecode /LZWDecode]"))


def _lzw(codes: int) -> bytes:
    """Write LZW codes each of which repeats the one before and a byte more."""
    bits, width, nxt, out = 0, 9, 258, bytearray()
    held = 0

    def put(code: int) -> None:
        nonlocal bits, held
        held = held << width | code
        bits += width
        while bits >= 8:
            bits -= 8
            out.append(held >> bits & 0xFF)
        held &= (1 << bits) - 1

    put(256)
    put(0x20)
    for _ in range(codes):
        put(nxt)
        nxt += 1
        if nxt in {511, 1023, 2047}:
            width += 1
        if nxt >= 4094:
            put(256)
            width, nxt = 9, 258
            put(0x20)
    put(257)
    out.append(held << (8 - bits) & 0xFF)
    return bytes(out)


def object_stream() -> bytes:
    """Objects in a stream that unpacks to eight thousand million bytes."""
    packed = stream(bomb(8 * GB, 0x20, b"9 0 << /Type /Font >> "), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    table = zlib.compress(b"".join(bytes([2, 0, 6, 0]) if n == 9 else bytes([0, 0, 0, 0]) for n in range(10)))
    whole = page(more={6: packed})
    place = len(whole)
    head = b"/Type /XRef /W [1 2 1] /Index [9 1] /Size 10 /Root 1 0 R /Prev %d /Filter /FlateDecode" % whole.rfind(
        b"xref\n0"
    )
    return whole + b"8 0 obj\n" + stream(table, head) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % place


def reference_stream() -> bytes:
    """A cross-reference stream that unpacks to four thousand million bytes, and no other."""
    body = page()
    body = body[: body.rfind(b"xref\n0")]
    head = b"/Type /XRef /W [1 4 2] /Size 600000000 /Root 1 0 R /Filter /FlateDecode"
    return body + b"8 0 obj\n" + stream(bomb(4 * GB), head) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def predictor(columns: int) -> bytes:
    """A predictor with rows of absurd width."""
    parms = (
        b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Colors 32 /BitsPerComponent 16 /Columns %d >>" % columns
    )
    return page(stream(bomb(GB), parms))


def attachment(head: bytes) -> bytes:
    """An attached file of eight thousand million bytes that begins so."""
    more = {
        6: b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /AFRelationship /Data /EF << /F 7 0 R >> >>",
        7: stream(bomb(8 * GB, 0x20, head), b"/Type /EmbeddedFile /Subtype /text#2Fxml /Filter /FlateDecode"),
    }
    return page(catalogue=b"/Names << /EmbeddedFiles << /Names [(factur-x.xml) 6 0 R] >> >> /AF [6 0 R]", more=more)


CII_HEAD = (
    b'<?xml version="1.0"?><rsm:CrossIndustryInvoice '
    b'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"><rsm:ExchangedDocument>'
)


def attachment_nested() -> bytes:
    """An attached e-invoice packed three times over."""
    packed = zlib.compress(zlib.compress(bomb(4 * GB, 0x20, CII_HEAD), 9), 9)
    more = {
        6: b"<< /Type /Filespec /F (factur-x.xml) /EF << /F 7 0 R >> >>",
        7: stream(packed, b"/Type /EmbeddedFile /Filter [/FlateDecode /FlateDecode /FlateDecode]"),
    }
    return page(catalogue=b"/Names << /EmbeddedFiles << /Names [(factur-x.xml) 6 0 R] >> >>", more=more)


def picture(width: int, height: int, bits: int = 8, filters: bytes = b"/FlateDecode", data: bytes | None = None,
            space: bytes = b"/DeviceGray") -> bytes:  # fmt: skip
    """A page that shows one picture of this size."""
    packed = bomb(width * height * bits // 8) if data is None else data
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent %d /Filter %s" % (
        width, height, space, bits, filters,
    )  # fmt: skip
    return page(
        stream(TEXT + b" q 595 0 0 842 0 0 cm /X Do Q"),
        resources=b"/XObject << /X 6 0 R >>",
        more={6: stream(packed, head)},
    )


def pictures(count: int) -> bytes:
    """A page that shows one picture of 36 million pixels so many times."""
    head = b"/Type /XObject /Subtype /Image /Width 6000 /Height 6000 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
    one = stream(bomb(36_000_000), head)
    names = b" ".join(b"/X%d %d 0 R" % (n, n + 6) for n in range(count))
    drawn = b" ".join(b"q 595 0 0 842 0 0 cm /X%d Do Q" % n for n in range(count))
    return page(stream(drawn), resources=b"/XObject << " + names + b" >>", more={n + 6: one for n in range(count)})


def forms(levels: int, each: int) -> bytes:
    """Forms that show forms that show forms: `each` to the power of `levels` in the end."""
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] "
    more = {}
    for level in range(levels):
        inner = b"/Resources << /XObject << /X %d 0 R >> >>" % (level + 7)
        more[level + 6] = stream(b"/X Do " * each, head + inner)
    more[levels + 6] = stream(b"0 0 10 10 re f", head)
    return page(stream(TEXT + b" /X Do"), resources=b"/XObject << /X 6 0 R >>", more=more)


def pattern() -> bytes:
    """A tile of a hundredth of a point, all over the page."""
    tile = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.001 /YStep 0.001 /Resources << >>"
    return page(
        stream(TEXT + b" /Pattern cs /P scn 0 0 595 842 re f"),
        resources=b"/Pattern << /P 6 0 R >>",
        more={6: stream(b"0 0 1 1 re f", tile)},
    )


def shading() -> bytes:
    """A shading by a table of a thousand million samples."""
    function = b"/FunctionType 0 /Domain [0 1 0 1 0 1] /Range [0 1 0 1 0 1] /Size [1000 1000 1000] /BitsPerSample 8 /Filter /FlateDecode"
    more = {
        6: b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1] /Matrix [595 0 0 842 0 0] /Function 7 0 R >>",
        7: stream(bomb(3 * GB), function),
    }
    return page(stream(TEXT + b" /S sh"), resources=b"/Shading << /S 6 0 R >>", more=more)


def operators(count: int, one: bytes) -> bytes:
    """A content stream of so many operators."""
    return page(stream(zlib.compress(TEXT + b"\n" + one * count, 9), b"/Filter /FlateDecode"))


def map_bomb() -> bytes:
    """A font of which each letter stands for ten thousand."""
    long = b"0041" * 10_000
    lines = b"".join(b"<%04X> <%s>\n" % (code, long) for code in range(100))
    cmap = b"/CIDInit /ProcSet findresource begin begincmap 100 beginbfchar\n" + lines + b"endbfchar endcmap end"
    shown = b"".join(b"%04X" % (n % 100) for n in range(3000))
    more = {
        5: b"<< /Type /Font /Subtype /Type0 /BaseFont /Arial /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts "
        b"[<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Arial /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
        b"/Supplement 0 >> >>] >>",
        6: stream(zlib.compress(cmap), b"/Filter /FlateDecode"),
    }
    return page(stream(b"BT /F1 11 Tf 60 700 Td <" + shown + b"> Tj ET"), more=more)


def many_pages_of_one_bomb() -> bytes:
    """A hundred pages that all show the same bomb."""
    kids = range(10, 110)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [" + b" ".join(b"%d 0 R" % kid for kid in kids) + b"] /Count 100 >>",
        4: stream(bomb(GB // 2, 0x20, TEXT), b"/Filter /FlateDecode"),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    one = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
    return pdf(objects | dict.fromkeys(kids, one))


CASES = (
    Case("bomb-blanks", blanks),
    Case("bomb-nested-3", partial(nested, 3, 4 * GB)),
    Case("bomb-nested-2", partial(nested, 2, 2 * GB)),
    Case("bomb-filters-10000", partial(filters, 10_000)),
    Case("bomb-filter-chain", chain),
    Case("bomb-lzw", lzw),
    Case("bomb-object-stream", object_stream),
    Case("bomb-reference-stream", reference_stream),
    Case("bomb-predictor", partial(predictor, 1 << 30)),
    Case("bomb-predictor-wide", partial(predictor, 1 << 20)),
    Case("bomb-attachment", partial(attachment, b"Dear sir")),
    Case("bomb-attachment-einvoice", partial(attachment, CII_HEAD)),
    Case("bomb-attachment-nested", attachment_nested),
    Case("bomb-picture-gray", partial(picture, 40_000, 40_000)),
    Case("bomb-picture-bits", partial(picture, 200_000, 200_000, 1)),
    Case("bomb-picture-rgb", partial(picture, 20_000, 20_000, 24, space=b"/DeviceRGB")),
    Case("bomb-picture-fax", partial(picture, 65_000, 65_000, 1, b"/CCITTFaxDecode", b"\x00" * 1000)),
    Case(
        "bomb-picture-jbig2",
        partial(
            picture,
            65_000,
            65_000,
            1,
            b"/JBIG2Decode",
            b"\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13" + b"\x00\x00\xfd\xe8\x00\x00\xfd\xe8" + b"\x00" * 11,
        ),
    ),
    Case("bomb-pictures", partial(pictures, 60)),
    Case("bomb-forms", partial(forms, 12, 10)),
    Case("bomb-forms-deep", partial(forms, 3000, 1)),
    Case("bomb-pattern", pattern),
    Case("bomb-shading", shading),
    Case("bomb-rectangles", partial(operators, 3_000_000, b"0 0 595 842 re f\n")),
    Case("bomb-saves", partial(operators, 3_000_000, b"q ")),
    Case("bomb-clips", partial(operators, 300_000, b"0 0 500 500 re W n\n")),
    Case("bomb-marked", partial(operators, 1_000_000, b"/P << /A 1 >> BDC ")),
    Case("bomb-curves", partial(operators, 500_000, b"0 0 m 9 9 99 999 9999 99 c S ")),
    Case("bomb-map", map_bomb),
    Case("bomb-shared", many_pages_of_one_bomb),
)
