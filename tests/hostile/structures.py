"""PDFs that lead in circles, too deep, too far, or nowhere."""

from functools import partial

from hostile.case import TEXT, Case, bomb, fixture, page, pdf, stream

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
LEAF = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"


def pages(count: int) -> bytes:
    """A PDF of so many pages, all alike."""
    kids = range(10, 10 + count)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [" + b" ".join(b"%d 0 R" % kid for kid in kids) + b"] /Count %d >>" % count,
        4: stream(TEXT),
        5: FONT,
    }
    return pdf(objects | dict.fromkeys(kids, LEAF))


def tree(kids: bytes, count: int, more: dict[int, bytes] | None = None) -> bytes:
    """A PDF whose root of pages has these kids and says that it has `count` of them."""
    return page(more={2: b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % count} | (more or {}))


def deep_tree(depth: int) -> bytes:
    """A page below so many levels of the tree of pages."""
    more = {
        number: b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] /Count 1 >>" % (number - 1, number + 1)
        for number in range(10, 10 + depth)
    }
    more[10 + depth] = LEAF
    return tree(b"10 0 R", 1, more)


def below(entry: bytes, objects: dict[int, bytes]) -> bytes:
    """A page with something in its catalogue."""
    return page(catalogue=entry, more=objects)


def outlines(count: int, *, cyclic: bool) -> bytes:
    """Bookmarks nested so deep, the innermost leading back to the first if they are cyclic."""
    more = {10: b"<< /Type /Outlines /First 11 0 R /Last 11 0 R /Count 1 >>"}
    for number in range(11, 11 + count):
        last = number == 10 + count
        inner = 11 if last and cyclic else number + 1
        more[number] = b"<< /Title (x) /Parent %d 0 R /First %d 0 R /Last %d 0 R /Next 11 0 R >>" % (
            number - 1,
            inner,
            inner,
        )
    more[11 + count] = b"<< /Title (x) >>"
    return below(b"/Outlines 10 0 R", more)


def names(*, cyclic: bool, wide: int = 0) -> bytes:
    """A tree of names that leads back to itself, or with so many attachments."""
    if cyclic:
        return below(
            b"/Names << /EmbeddedFiles 10 0 R >>",
            {10: b"<< /Kids [11 0 R 10 0 R] >>", 11: b"<< /Kids [10 0 R 11 0 R] >>"},
        )
    pairs = b" ".join(b"(%d) 10 0 R" % n for n in range(wide))
    file = b"<< /Type /Filespec /F (a.xml) /EF << /F 11 0 R /UF 11 0 R >> >>"
    return below(b"/Names << /EmbeddedFiles << /Names [" + pairs + b"] >> >>", {10: file, 11: stream(b"<a/>")})


def attachments(count: int) -> bytes:
    """So many different files attached, each packed to unpack to 16 million bytes."""
    packed = stream(bomb(1 << 24, 0x20, b'<?xml version="1.0"?><!--'), b"/Type /EmbeddedFile /Filter /FlateDecode")
    more: dict[int, bytes] = {}
    for n in range(count):
        more[10 + 2 * n] = b"<< /Type /Filespec /F (a.xml) /EF << /F %d 0 R >> >>" % (11 + 2 * n)
        more[11 + 2 * n] = packed
    pairs = b" ".join(b"(%d) %d 0 R" % (n, 10 + 2 * n) for n in range(count))
    return below(b"/Names << /EmbeddedFiles << /Names [" + pairs + b"] >> >>", more)


def nested(opening: bytes, closing: bytes, depth: int, *, where: str) -> bytes:
    """Arrays or dictionaries within each other, in the catalogue, in a page or in its contents."""
    value = opening * depth + b"1" + closing * depth
    if where == "contents":
        return page(stream(TEXT + b" /P " + value + b" DP"))
    if where == "page":
        return page(entries=b"/Deep " + value)
    return page(catalogue=b"/Deep " + value)


def unclosed(opening: bytes, depth: int) -> bytes:
    """Arrays or dictionaries that are opened in the contents and never closed."""
    return page(stream(TEXT + b" " + opening * depth))


def contents(count: int) -> bytes:
    """A page whose contents are so many streams, all the same."""
    return page(more={3: LEAF.replace(b"4 0 R", b"[" + b"4 0 R " * count + b"]")})


def form(resources: bytes, drawn: bytes, objects: dict[int, bytes]) -> bytes:
    """A page that draws something of its resources."""
    return page(stream(TEXT + b" " + drawn), resources=resources, more=objects)


FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] "


def own_form() -> bytes:
    """A form that shows itself."""
    inner = stream(b"/X Do /X Do", FORM + b"/Resources << /XObject << /X 6 0 R >> >>")
    return form(b"/XObject << /X 6 0 R >>", b"/X Do", {6: inner})


def own_glyph() -> bytes:
    """A font whose letter is drawn with the letter itself."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 65 "
        b"/LastChar 65 /Widths [1000] /Encoding << /Differences [65 /A] >> /CharProcs << /A 7 0 R >> "
        b"/Resources << /Font << /F2 6 0 R >> >> >>"
    )
    glyph = stream(b"1000 0 d0 BT /F2 500 Tf (AAAA) Tj ET")
    return form(b"/Font << /F1 5 0 R /F2 6 0 R >>", b"BT /F2 11 Tf 60 500 Td (AAA) Tj ET", {6: font, 7: glyph})


def own_pattern() -> bytes:
    """A tile that is filled with itself."""
    tile = (
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 "
        b"/Resources << /Pattern << /P 6 0 R >> >>"
    )
    inner = stream(b"/Pattern cs /P scn 0 0 9 9 re f", tile)
    return form(b"/Pattern << /P 6 0 R >>", b"/Pattern cs /P scn 0 0 595 842 re f", {6: inner})


def own_mask() -> bytes:
    """A soft mask that is masked by itself, and a picture that is its own."""
    group = stream(
        b"/G gs 0 0 99 99 re f", FORM + b"/Group << /S /Transparency >> /Resources << /ExtGState << /G 6 0 R >> >>"
    )
    state = b"<< /Type /ExtGState /SMask << /S /Luminosity /G 7 0 R >> >>"
    picture = stream(
        b"\x00" * 100,
        b"/Type /XObject /Subtype /Image /Width 10 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8 /SMask 8 0 R",
    )
    resources = b"/ExtGState << /G 6 0 R >> /XObject << /X 8 0 R >>"
    return form(resources, b"/G gs /X Do 0 0 99 99 re f", {6: state, 7: group, 8: picture})


def own_space() -> bytes:
    """Colour spaces and functions that are made of themselves."""
    more = {
        6: b"[/Indexed 6 0 R 1 <0001>]",
        7: b"[/Separation /S 7 0 R 8 0 R]",
        8: b"<< /FunctionType 3 /Domain [0 1] /Functions [8 0 R 8 0 R] /Bounds [0.5] /Encode [0 1 0 1] >>",
    }
    return form(b"/ColorSpace << /A 6 0 R /B 7 0 R >>", b"/A cs 1 sc 0 0 9 9 re f /B cs 1 sc 0 0 9 9 re f", more)


def notes(count: int) -> bytes:
    """A page with so many annotations."""
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [10 10 99 99] /DA (/F1 11 Tf) /Contents (Rechnung 12,50) >>"
    return page(entries=b"/Annots [" + b"10 0 R " * count + b"]", more={10: note})


def fields(*, cyclic: bool) -> bytes:
    """A form whose fields lead back to themselves."""
    more = {
        10: b"<< /FT /Tx /T (a) /Kids [11 0 R] >>",
        11: b"<< /T (b) /Parent 10 0 R /Kids [%d 0 R] >>" % (10 if cyclic else 12),
    }
    return below(b"/AcroForm << /Fields [10 0 R] /NeedAppearances true >>", more)


def box(value: bytes, entries: bytes = b"") -> bytes:
    """A page of this size."""
    return page(box=value, entries=entries)


def references(trailer: bytes) -> bytes:
    """A PDF whose trailer says this as well."""
    return page().replace(b"/Root 1 0 R", b"/Root 1 0 R " + trailer)


def own_length() -> bytes:
    """A stream whose length is a stream's length, which is its own."""
    return page(more={4: b"<< /Length 4 0 R >>\nstream\n" + TEXT + b"\nendstream"})


def wrong_length(length: int) -> bytes:
    """A stream that says it has so many bytes."""
    return page(more={4: b"<< /Length %d >>\nstream\n" % length + TEXT + b"\nendstream"})


def looped_references() -> bytes:
    """Cross-references that say each other's is the one before."""
    whole = page()
    place = whole.rfind(b"xref\n0")
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d /XRefStm %d" % (place, place))


def many_sections(count: int) -> bytes:
    """A cross-reference of so many sections."""
    whole = page()
    place = whole.rfind(b"trailer")
    return whole[:place] + b"1 0\n" * count + whole[place:]


def many_updates(count: int) -> bytes:
    """A file that was added to so many times."""
    out = bytearray(page())
    before = out.rfind(b"xref\n0")
    for n in range(count):
        place = len(out)
        out += b"9 0 obj\n%d\nendobj\n" % n
        table = len(out)
        out += b"xref\n9 1\n%010d 00000 n \ntrailer\n<< /Size 10 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
            place,
            before,
            table,
        )
        before = table
    return bytes(out)


def cut(share: float) -> bytes:
    """An invoice of which the end is missing."""
    whole = fixture("text-german-approved/invoice.pdf")
    return whole[: int(len(whole) * share)]


def holed() -> bytes:
    """An invoice of which every hundredth byte is another."""
    whole = bytearray(fixture("text-german-approved/invoice.pdf"))
    whole[50::100] = bytes(len(whole[50::100]))
    return bytes(whole)


CASES = (
    Case("pages-200", partial(pages, 200)),
    Case("pages-100000", partial(pages, 100_000)),
    Case("pages-none", partial(tree, b"", 0)),
    Case("pages-count-lies", partial(tree, b"3 0 R", 2_147_483_647)),
    Case("pages-count-negative", partial(tree, b"3 0 R", -5)),
    Case("pages-count-short", partial(tree, b"3 0 R 3 0 R 3 0 R", 1)),
    Case("pages-cycle-own", partial(tree, b"2 0 R", 1)),
    Case("pages-cycle-two", partial(tree, b"10 0 R", 5, {10: b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 5 /Parent 2 0 R >>"})),
    Case("pages-cycle-exponential", partial(tree, b"10 0 R 10 0 R", 150, {10: b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 75 >>"})),
    Case("pages-deep", partial(deep_tree, 50_000)),
    Case("pages-are-numbers", partial(tree, b"1 2 3 (x) null", 5)),
    Case("pages-are-streams", partial(tree, b"4 0 R 5 0 R", 2)),
    Case("pages-parent-cycle", lambda: page(more={2: b"<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 /Resources 2 0 R >>"})),
    Case("outlines-deep", partial(outlines, 20_000, cyclic=False)),
    Case("outlines-cyclic", partial(outlines, 10, cyclic=True)),
    Case("names-cyclic", partial(names, cyclic=True)),
    Case("names-100000", partial(names, cyclic=False, wide=100_000)),
    Case("attachments-2000", partial(attachments, 600)),
    *(
        Case(f"nested-{kind}-{where}", partial(nested, opening, closing, 200_000, where=where))
        for kind, opening, closing in (("arrays", b"[", b"]"), ("dictionaries", b"<</A ", b">>"))
        for where in ("catalogue", "page", "contents")
    ),
    Case("nested-arrays-unclosed", partial(unclosed, b"[", 5_000_000)),
    Case("nested-dictionaries-unclosed", partial(unclosed, b"<<", 3_000_000)),
    Case("nested-strings-unclosed", partial(unclosed, b"(", 5_000_000)),
    Case("nested-texts", partial(unclosed, b"BT ", 1_000_000)),
    Case("nested-inline-pictures", partial(unclosed, b"BI /W 9999 /H 9999 /BPC 8 /CS /G ID x EI ", 20_000)),
    Case("contents-100000", partial(contents, 100_000)),
    Case("own-form", own_form),
    Case("own-glyph", own_glyph),
    Case("own-pattern", own_pattern),
    Case("own-mask", own_mask),
    Case("own-space", own_space),
    Case("own-length", own_length),
    Case("notes-100000", partial(notes, 100_000)),
    Case("fields-cyclic", partial(fields, cyclic=True)),
    Case("box-huge", partial(box, b"[0 0 1e9 1e9]")),
    Case("box-huge-plain", partial(box, b"[0 0 1000000000 1000000000]")),
    Case("box-14400", partial(box, b"[0 0 14400 14400]")),
    Case("box-5000", partial(box, b"[0 0 5000 5000]")),
    Case("box-unit", partial(box, b"[0 0 595 842]", b"/UserUnit 1000000")),
    Case("box-none", partial(box, b"[0 0 0 0]")),
    Case("box-tiny", partial(box, b"[0 0 0.0001 0.0001]")),
    Case("box-one-point", partial(box, b"[0 0 1 1]")),
    Case("box-thin", partial(box, b"[0 0 1 14400]")),
    Case("box-flat", partial(box, b"[0 0 14400 0.5]")),
    Case("box-words", partial(box, b"[(a) /b null [1]]")),
    Case("box-not-finite", partial(box, b"[0 0 1" + b"0" * 400 + b" 842]")),
    Case("box-nan", partial(box, b"[0 0 nan inf]")),
    Case("box-far", partial(box, b"[1e7 1e7 10000595 10000842]")),
    Case("box-crop-outside", partial(box, b"[0 0 595 842]", b"/CropBox [2000 2000 3000 3000]")),
    Case("box-crop-tiny", partial(box, b"[0 0 595 842]", b"/CropBox [100 100 100.01 100.01]")),
    Case("box-turned-45", partial(box, b"[0 0 595 842]", b"/Rotate 45")),
    Case("box-turned-much", partial(box, b"[0 0 595 842]", b"/Rotate 99999999990")),
    Case("references-size", partial(references, b"/Size 2147483647")),
    Case("references-own-root", lambda: page().replace(b"/Root 1 0 R", b"/Root 99 0 R")),
    Case("references-loop", looped_references),
    Case("references-sections", partial(many_sections, 300_000)),
    Case("references-updates", partial(many_updates, 5_000)),
    Case("length-long", partial(wrong_length, 2_147_483_647)),
    Case("length-negative", partial(wrong_length, -1)),
    Case("cut-half", partial(cut, 0.5)),
    Case("cut-end", partial(cut, 0.97)),
    Case("cut-begin", lambda: fixture("text-german-approved/invoice.pdf")[3000:]),
    Case("holed", holed),
)  # fmt: skip
