"""The door to structured invoices: the XML attached to a PDF (pikepdf), and XML parsed safely (lxml)."""

import codecs
import io
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

import pikepdf
from lxml import etree

from extractors import cii, ubl
from extractors.node import Node
from model.contents import Unreadable
from model.invoice import Invoice

MAX_BYTES = 20_000_000
"""An XML, bare or unpacked from a PDF, above this is not read: `too_large`."""
MAX_MARKS = 1_000_000
"""So many "<" or "=" an XML may hold: they bound its elements and attributes, and so the memory they take."""
MAX_DEPTH = 100
"""Elements nested deeper than this are no invoice: `too_large`."""
MAX_ATTACHMENTS = 1_000
"""So many attachments of a PDF are looked at ..."""
MAX_CANDIDATES = 10
"""... and so many of those that are e-invoices unpacked."""
MAX_LZW = 65_536
"""LZW grows up to 2,500-fold and qpdf has no limit for it: a longer packed stream is left alone."""
SNIFFED = 65_536
"""The root element begins within so many bytes, or the file is no e-invoice."""
CHUNK = 2_048
"""So many bytes at a time are parsed until the root element shows."""
RELATIONSHIPS = ("/Alternative", "/Data", "/Source")
"""How an e-invoice is attached (Factur-X 1.0, 6.2.2), the first one preferred."""


class Standard(NamedTuple):
    """A kind of e-invoice: the beginning of its namespace, its root, its reader, and what the reader calls elements."""

    namespace: str
    root: str
    read: Callable[[Node], Invoice]
    names: Mapping[str, str]


STANDARDS = (
    Standard("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:", "CrossIndustryInvoice", cii.read, cii.NAMES),
    Standard("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "Invoice", ubl.read, {}),
    Standard("urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2", "CreditNote", ubl.read, {}),
    Standard("urn:ferd:CrossIndustryDocument:", "CrossIndustryDocument", cii.read, cii.NAMES),
)
"""Those in force stand before ZUGFeRD 1."""
NAMESPACES = ("urn:un:unece:uncefact:data:", "urn:oasis:names:specification:ubl:schema:xsd:", "urn:ferd:")
"""Elements of other namespaces are no part of an invoice and not looked at."""
FILES = frozenset({"AttachmentBinaryObject", "EmbeddedDocumentBinaryObject"})
"""Files inside the XML, megabytes of base64: left out."""
ENCODINGS = frozenset({"iso-8859-1", "iso-8859-15", "windows-1252"})
"""What may be declared beside UTF-8 and UTF-16; a declared UTF-16 in single bytes is a slip of the producer's."""
UNICODE = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "utf-16"})

TOO_DEEP = "The XML is nested too deeply or has too long a text."

_PROLOG = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_SAFE = {"encoding": "utf-8", "resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}

logging.getLogger("pikepdf").setLevel(logging.CRITICAL)  # it reports every oddity of a file; what matters is raised

# qpdf unpacks streams of its own accord, also while it opens a file; these limits hold for the whole process.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=2 * MAX_BYTES,
    png_max_memory=2 * MAX_BYTES,
    tiff_max_memory=2 * MAX_BYTES,
    run_length_max_memory=2 * MAX_BYTES,
)


def find(pdf: bytes) -> bytes | None:
    """Return the e-invoice attached to a PDF, known by its content whatever its name and place, or None.

    Of several, the one in the relationship that RELATIONSHIPS puts first, then of the standard that STANDARDS puts
    first, then the longest. Raises Unreadable `encrypted` (a PDF that opens without a password is read), `damaged`, or
    `too_large` where an e-invoice is longer than MAX_BYTES; other attachments may be of any size.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf), inherit_page_attributes=False) as document:
            best = min(islice(_candidates(document), MAX_CANDIDATES), key=lambda found: found[0], default=None)
    except pikepdf.PasswordError as error:
        raise Unreadable("encrypted", "The PDF is protected by a password.") from error
    except pikepdf.PikepdfError as error:
        raise Unreadable("damaged", "The file is no PDF that can be opened.") from error
    return best[1] if best else None


def read(xml: bytes) -> Invoice:
    """Read an e-invoice: ZUGFeRD 1 and 2, Factur-X, XRechnung; CII or UBL, invoice or credit note.

    Raises Unreadable `too_large` (bytes, elements, depth, lines) or `bad_xml` (not well-formed, a DTD, no e-invoice).
    No entity, include or schema is ever fetched or expanded. A single value that cannot be read is None.
    """
    if len(xml) > MAX_BYTES:
        raise Unreadable("too_large", f"The XML is larger than {MAX_BYTES // 10**6} MB.")
    data = _utf8(xml)
    if data.startswith(b"<!DOCTYPE", _prolog(data)):
        raise Unreadable("bad_xml", "The XML has a document type definition; an e-invoice has none.")
    if max(data.count(b"<"), data.count(b"=")) > MAX_MARKS:
        raise Unreadable("too_large", "The XML has more elements than an invoice.")
    root = _parse(data)
    rank = _standard(root.tag)
    if rank is None:
        raise Unreadable("bad_xml", "The XML is no e-invoice in CII or UBL.")
    return STANDARDS[rank].read(_tree(root, STANDARDS[rank].names))


def _standard(tag: str) -> int | None:
    """Return the place in STANDARDS of a root element's qualified name."""
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    matches = (i for i, known in enumerate(STANDARDS) if namespace.startswith(known.namespace) and name == known.root)
    return next(matches, None)


def _utf8(xml: bytes, errors: str = "strict") -> bytes:
    """Bring an XML to UTF-8, without a byte order mark, from the encodings that are met."""
    encoding = _encoding(xml)
    if encoding == "utf-8":
        return xml.removeprefix(codecs.BOM_UTF8).lstrip()
    try:
        return xml.decode(encoding, errors).lstrip().encode()
    except UnicodeDecodeError as error:
        raise Unreadable("bad_xml", f"The XML is not in the encoding {encoding} that it claims.") from error


def _encoding(xml: bytes) -> str:
    if xml.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if xml.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if xml.startswith(b"<\0") else "utf-16-be"
    declared = _DECLARED.match(xml.lstrip()[:SNIFFED])
    name = declared[1].decode().lower() if declared else "utf-8"
    if name in UNICODE:
        return "utf-8"
    if name not in ENCODINGS:
        raise Unreadable("bad_xml", f"The XML is in the encoding {name}, which is not read.")
    return name


def _prolog(data: bytes) -> int:
    """Return where the prolog of blanks, comments and instructions ends: at the root element or a DTD."""
    found = _PROLOG.match(data)
    return found.end() if found else 0


def _parse(data: bytes) -> Any:
    try:
        return etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, **_SAFE))
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise Unreadable("too_large", TOO_DEEP) from error
        raise Unreadable("bad_xml", f"The XML is not well-formed (line {error.lineno}).") from error


def _tree(root: Any, names: Mapping[str, str]) -> Node:
    """Turn parsed elements into plain nodes, named without namespace and as the reader calls them."""
    known: dict[str, str | None] = {}

    def name(tag: str) -> str | None:
        if tag not in known:
            namespace, _, local = tag.removeprefix("{").rpartition("}")
            own = namespace.startswith(NAMESPACES) and local not in FILES
            known[tag] = names.get(local, local) if own else None
        return known[tag]

    def node(element: Any, called: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise Unreadable("too_large", TOO_DEEP)
        children = [node(child, own, depth + 1) for child in element if (own := name(child.tag)) is not None]
        return Node(called, element.text or "", element.attrib, children)

    return node(root, name(root.tag) or "", 1)


def _candidates(document: pikepdf.Pdf) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """Yield the e-invoices among the attachments, each with what to rank it by, the best the least."""
    seen: set[tuple[int, int]] = set()
    for attached in islice(_attached(document), MAX_ATTACHMENTS):
        for stream in _streams(attached):
            if stream.objgen in seen:
                continue
            seen.add(stream.objgen)
            head = _unpacked(stream, SNIFFED)
            rank = _sniff(head)
            if rank is not None:
                content = _unpacked(stream, MAX_BYTES + 1) or head
                if len(content) > MAX_BYTES:
                    raise Unreadable("too_large", f"The e-invoice in the PDF is larger than {MAX_BYTES // 10**6} MB.")
                yield (_relationship(attached), rank, -len(content)), content


def _attached(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield the file specifications: of the name tree, associated with the document or a page, pinned to a page."""
    root = document.Root
    yield from _name_tree(_get(root, "/Names", "/EmbeddedFiles"))
    yield from items(_get(root, "/AF"))
    with suppress(pikepdf.PikepdfError):
        for page in document.pages:
            yield from items(_get(page.obj, "/AF"))
            pinned = (_get(note, "/FS") for note in items(_get(page.obj, "/Annots")))
            yield from (file for file in pinned if file is not None)


def _name_tree(root: Any) -> Iterator[Any]:
    """Yield the values of a name tree, also where names are missing or a branch leads back to itself."""
    waiting = [root]
    seen: set[tuple[int, int]] = set()
    while waiting:
        branch = waiting.pop()
        if isinstance(branch, pikepdf.Object) and branch.objgen not in seen:
            seen.update({branch.objgen} if branch.is_indirect else ())
            yield from items(_get(branch, "/Names"))
            waiting.extend(reversed(items(_get(branch, "/Kids"))))


def _get(value: Any, *keys: str) -> Any:
    """Return what stands below a dictionary's keys, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, pikepdf.Dictionary) else None
    return value


def items(value: Any) -> list[Any]:
    """Return the items of an array, or the one value that stands in its place; none for None."""
    if isinstance(value, pikepdf.Array):
        return list(value)
    return [] if value is None else [value]


def _streams(attached: Any) -> list[pikepdf.Stream]:
    """Return the files of a file specification: one, under up to five keys."""
    files = _get(attached, "/EF")
    found = (_get(files, key) for key in ("/F", "/UF", "/DOS", "/Mac", "/Unix"))
    return [stream for stream in found if isinstance(stream, pikepdf.Stream)]


def _relationship(attached: Any) -> int:
    stated = str(_get(attached, "/AFRelationship"))
    return RELATIONSHIPS.index(stated) if stated in RELATIONSHIPS else len(RELATIONSHIPS)


def _unpacked(stream: pikepdf.Stream, most: int) -> bytes:
    """Return at most so many bytes from the beginning of a file, as far as they can be unpacked safely."""
    filters = [str(name) for name in items(stream.get("/Filter"))]
    with suppress(pikepdf.PikepdfError):
        raw = stream.read_raw_bytes()
        if not filters:
            return raw[:most]
        if filters == ["/FlateDecode"] and "/DecodeParms" not in stream:
            with suppress(zlib.error):
                return zlib.decompressobj().decompress(raw, most)
        if "/LZWDecode" not in filters or len(raw) <= MAX_LZW:
            return stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)[:most]
    return b""


def _sniff(head: bytes) -> int | None:
    """Return the place in STANDARDS of an XML by its root element, or None; the rest of it may be broken."""
    with suppress(Unreadable):
        data = _utf8(head, "ignore")
        parser = etree.XMLPullParser(events=("start",), **_SAFE)
        for start in range(0, len(data) if data.startswith(b"<") else 0, CHUNK):
            with suppress(etree.XMLSyntaxError):
                parser.feed(data[start : start + CHUNK])
            for _, element in parser.read_events():
                return _standard(element.tag)
    return None
