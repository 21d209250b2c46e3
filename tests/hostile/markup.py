"""Structured invoices that want to grow, to fetch something, or to be taken for numbers."""

import codecs
import re
from functools import partial

from hostile.case import CALL, Case, fixture

CII = partial(fixture, "xml-cii-approved/invoice.xml")
UBL = partial(fixture, "xml-ubl-credit-note-approved/invoice.xml")
BODY = '<?xml version="1.0" encoding="UTF-8"?>'


def declared(subset: bytes, use: bytes = b"&a;") -> bytes:
    """The sample with this inside a document type declaration, and this for its number."""
    xml = CII().replace(b">F2648042<", b">" + use + b"<")
    return xml.replace(b"<rsm:CrossIndustryInvoice", b"<!DOCTYPE x [" + subset + b"]>\n<rsm:CrossIndustryInvoice", 1)


def laughs() -> bytes:
    """Entities of entities: ten to the power of twenty letters."""
    lines = [b'<!ENTITY e0 "ha">'] + [b'<!ENTITY e%d "' % n + b"&e%d;" % (n - 1) * 10 + b'">' for n in range(1, 21)]
    return declared(b"".join(lines), b"&e20;")


def quadratic() -> bytes:
    """One long entity, many times."""
    return declared(b'<!ENTITY a "' + b"x" * 100_000 + b'">', b"&a;" * 100_000)


def inside(part: bytes) -> bytes:
    """The sample with something put in before its document."""
    return CII().replace(b"<rsm:ExchangedDocument>", part + b"<rsm:ExchangedDocument>", 1)


def before(part: bytes) -> bytes:
    """The sample with something put between declaration and root."""
    return CII().replace(b"<rsm:CrossIndustryInvoice", part + b"<rsm:CrossIndustryInvoice", 1)


def root(attributes: bytes) -> bytes:
    """The sample with more attributes at its root."""
    return CII().replace(b"<rsm:CrossIndustryInvoice", b"<rsm:CrossIndustryInvoice " + attributes, 1)


def value(old: str, new: str, xml: bytes | None = None) -> bytes:
    """The sample with another value."""
    text = (CII() if xml is None else xml).decode()
    assert f">{old}<" in text
    return text.replace(f">{old}<", f">{new}<").encode()


def line() -> bytes:
    """The first position of the sample."""
    xml = CII()
    end = xml.find(b"</ram:IncludedSupplyChainTradeLineItem>") + len(b"</ram:IncludedSupplyChainTradeLineItem>")
    return xml[xml.find(b"<ram:IncludedSupplyChainTradeLineItem>") : end]


SHORT = (
    b"<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedLineTradeDelivery><ram:BilledQuantity>1</ram:BilledQuantity>"
    b"</ram:SpecifiedLineTradeDelivery></ram:IncludedSupplyChainTradeLineItem>"
)


def lines(count: int, one: bytes) -> bytes:
    """The sample with so many more positions."""
    return CII().replace(
        b"<ram:ApplicableHeaderTradeAgreement>", one * count + b"<ram:ApplicableHeaderTradeAgreement>", 1
    )


def parts(count: int, *, cyclic: bool) -> bytes:
    """Positions each of which is a part of the one before, the first of the last if they are cyclic."""

    def one(n: int) -> bytes:
        whole = n - 1 if n else count - 1 if cyclic else -1
        head = b"<ram:LineID>p%d</ram:LineID><ram:ParentLineID>p%d</ram:ParentLineID>" % (n, whole)
        return SHORT.replace(
            b"<ram:SpecifiedLineTradeDelivery>",
            b"<ram:AssociatedDocumentLineDocument>"
            + head
            + b"</ram:AssociatedDocumentLineDocument><ram:SpecifiedLineTradeDelivery>",
        )

    return CII().replace(
        b"<ram:ApplicableHeaderTradeAgreement>",
        b"".join(map(one, range(count))) + b"<ram:ApplicableHeaderTradeAgreement>",
        1,
    )


def recoded(encoding: str, named: str) -> bytes:
    """The sample in an encoding, under the name of one."""
    return CII().decode().replace("UTF-8", named).encode(encoding)


NUMBERS = {
    "exponent": "1e9999", "small": "1e-9999", "nan": "NaN", "infinity": "Infinity", "long": "9" * 400,
    "places": "1." + "3" * 400, "negative-zero": "-0", "fullwidth": "\uff11\uff12", "arabic": "١٢", "comma": "1.234,50",
    "hex": "0x10", "underscore": "1_000", "huge": "1" * 1_000_000, "blank": " 25 ", "signs": "--25", "plus": "+25",
}  # fmt: skip
STRINGS = {
    "bidi": "Snom \u202e587D\u202c \u2066x\u2069", "zero-width": "S\u200bn\u200co\u200dm\ufeff D785",
    "combining": "S" + "\u0301" * 100_000, "right-to-left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "private": "\ue000\uf8ff\ufffd\U0010ffff", "controls": "a&#x9;b&#xA;c&#xD;d&#x85;e\u2028f", "long": "x" * 1_000_000,
    "words": "x " * 500_000, "formula": "=cmd|'/c calc'!A1", "script": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "sql": "'; DROP TABLE documents; --", "format": "%s%n{0}{x.__class__}$(id)`id`", "blanks": "\u00a0\u2003\u3000",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 1000,
}  # fmt: skip


def case(name: str, make: object, **how: object) -> Case:
    """A case whose file is called as an XML is."""
    return Case(name, make, called="invoice.xml", **how)  # type: ignore[arg-type]


CASES = (
    case("xml-laughs", laughs),
    case("xml-quadratic", quadratic),
    case("xml-entity-file", partial(declared, b'<!ENTITY a SYSTEM "file:///etc/passwd">')),
    case("xml-entity-call", partial(declared, b'<!ENTITY a SYSTEM "' + CALL + b'a">')),
    case("xml-entity-parameter", partial(declared, b'<!ENTITY % p SYSTEM "' + CALL + b'p.dtd"> %p;', b"x")),
    case("xml-entity-unused", partial(declared, b'<!ENTITY a "x">', b"x")),
    case("xml-dtd-away", partial(before, b'<!DOCTYPE x SYSTEM "' + CALL + b'x.dtd">')),
    case("xml-dtd-behind-comments", partial(before, b"<!-- a -->\n" * 50_000 + b'<!DOCTYPE x SYSTEM "' + CALL + b'x.dtd">')),
    case("xml-dtd-utf16", lambda: declared(b'<!ENTITY a SYSTEM "' + CALL + b'a">').decode().replace("UTF-8", "UTF-16").encode("utf-16")),
    case("xml-dtd-lower", partial(before, b'<!doctype x [<!ENTITY a "x">]>')),
    case("xml-include", partial(inside, b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="' + CALL + b'i"/>'), like=CII),
    case("xml-schema-away", partial(root, b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x ' + CALL + b's.xsd"'), like=CII),
    case("xml-stylesheet-away", partial(before, b'<?xml-stylesheet type="text/xsl" href="' + CALL + b's.xsl"?>'), like=CII),
    case("xml-attribute-long", partial(root, b'x="' + b"a" * 15_000_000 + b'"')),
    case("xml-attributes-many", lambda: root(b" ".join(b'a%d="1"' % n for n in range(200_000)))),
    case("xml-namespaces-many", lambda: root(b" ".join(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(100_000)))),
    case("xml-namespace-long", partial(root, b'xmlns:long="' + b"u" * 9_000_000 + b'"')),
    case("xml-name-long", partial(inside, b"<" + b"n" * 9_000_000 + b"/>")),
    case("xml-deep", partial(inside, b"<ram:a>" * 400_000)),
    case("xml-deep-closed", partial(inside, b"<ram:a>" * 200_000 + b"</ram:a>" * 200_000)),
    case("xml-deep-200", partial(inside, b"<ram:a>" * 200 + b"</ram:a>" * 200)),
    case("xml-text-long", partial(inside, b"<ram:a>" + b"x" * 15_000_000 + b"</ram:a>")),
    case("xml-elements-many", partial(inside, b"<ram:a/>" * 900_000)),
    case("xml-elements-more", partial(inside, b"<ram:a/>" * 1_100_000)),
    case("xml-comments-many", partial(before, b"<!---->" * 900_000), like=CII),
    case("xml-instructions-many", partial(before, b"<?a?>" * 900_000), like=CII),
    case("xml-instructions-open", partial(before, b"<?a" * 900_000)),
    case("xml-comments-open", partial(before, b"<!--" * 900_000)),
    case("xml-sections-many", lambda: value("F2648042", "<![CDATA[x]]>" * 300_000)),
    case("xml-rows-million", partial(inside, b"\n" * 1_000_000), like=CII),
    case("xml-blanks-before", lambda: b" " * 10_000_000 + CII()[CII().find(b"<rsm:"):]),
    case("xml-too-long", lambda: CII() + b" " * 21_000_000),
    case("xml-lines-9000", partial(lines, 9_000, line())),
    case("xml-lines-20000", partial(lines, 20_000, SHORT)),
    case("xml-parts-9000", partial(parts, 9_000, cyclic=False)),
    case("xml-parts-cyclic", partial(parts, 5_000, cyclic=True)),
    case("xml-cut", lambda: CII()[:-500]),
    case("xml-twice", lambda: CII() + CII()[CII().find(b"<rsm:"):]),
    case("xml-other-root", lambda: CII().replace(b"CrossIndustryInvoice", b"CrossIndustryOrder")),
    case("xml-no-namespace", lambda: b"<Invoice><ID>1</ID></Invoice>"),
    case("xml-empty-invoice", lambda: b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>'),
    case("xml-named-utf7", partial(recoded, "utf-7", "UTF-7")),
    case("xml-utf7-dtd", lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE x+AD4-' + CII()),
    case("xml-utf32", partial(recoded, "utf-32", "UTF-32")),
    case("xml-ebcdic", partial(recoded, "cp500", "cp500")),
    case("xml-unknown-encoding", partial(recoded, "utf-8", "x-made-up")),
    case("xml-encoding-long", partial(recoded, "utf-8", "a" * 60_000)),
    case("xml-latin-as-utf8", partial(recoded, "latin-1", "UTF-8")),
    case("xml-overlong", lambda: CII().replace(b">F2648042<", b">\xc0\xbcscript\xc0\xbe<")),
    case("xml-surrogates", lambda: CII().replace(b">F2648042<", b">\xed\xa0\x80<")),
    case("xml-surrogate-reference", lambda: CII().replace(b">F2648042<", b">&#xD800;<")),
    case("xml-nul", lambda: CII().replace(b">F2648042<", b">F\x002648042<")),
    case("xml-nul-reference", lambda: CII().replace(b">F2648042<", b">F&#0;2648042<")),
    case("xml-utf16-odd", lambda: recoded("utf-16", "UTF-16")[:-1]),
    *(case(f"xml-number-{name}", partial(value, "25", text)) for name, text in NUMBERS.items()),
    *(case(f"xml-amount-{name}", partial(value, "538.75", text)) for name, text in NUMBERS.items()),
    *(case(f"xml-date-{name}", partial(value, "20260618", text)) for name, text in {"zero": "00000000", "far": "99991231", "long": "2" * 100_000, "words": "gestern", "no-day": "20260231"}.items()),
    *(case(f"xml-string-{name}", partial(value, "IP-Telefon Snom D735 (ohne Netzteil)", text)) for name, text in STRINGS.items()),
    *(case(f"xml-id-{name}", partial(value, "F2648042", text)) for name, text in STRINGS.items()),
    case("xml-ubl-number-exponent", lambda: UBL().replace(b"<cbc:ID>", b"<cbc:ID>1e9999", 1)),
    case("odd-xml-bom", lambda: codecs.BOM_UTF8 + CII(), like=CII),
    case("odd-xml-utf16", lambda: recoded("utf-16", "UTF-16"), like=CII),
    case("odd-xml-utf16-be", lambda: codecs.BOM_UTF16_BE + recoded("utf-16-be", "UTF-16"), like=CII),
    case("odd-xml-latin", lambda: recoded("latin-1", "ISO-8859-1"), like=CII),
    case("odd-xml-windows", lambda: recoded("cp1252", "windows-1252"), like=CII),
    case("odd-xml-line-ends", lambda: CII().replace(b"\n", b"\r\n"), like=CII),
    case("odd-xml-blanks-before", lambda: b"\n\n  " + CII(), like=CII),
    case("odd-xml-blanks-behind", lambda: CII() + b"\n" * 1000, like=CII),
    case("odd-xml-undeclared", lambda: CII()[CII().find(b"<rsm:"):], like=CII),
    case("odd-xml-one-row", lambda: re.sub(rb">\s+<", b"><", CII()), like=CII),
    case("odd-xml-prefixes", lambda: CII().replace(b"rsm:", b"a:").replace(b"ram:", b"b:").replace(b"xmlns:rsm=", b"xmlns:a=").replace(b"xmlns:ram=", b"xmlns:b="), like=CII),
    case("odd-xml-comments", lambda: CII().replace(b">F2648042<", b"><!-- a -->F2648042<!-- b --><"), like=CII),
    case("odd-xml-references", lambda: CII().replace(b">F2648042<", b">&#70;2648042<"), like=CII),
)  # fmt: skip
