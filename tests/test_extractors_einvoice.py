import io
import time
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from extractors import einvoice
from model.contents import Unreadable

REAL = Path(__file__).parent / "data" / "einvoice"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
ZUGFERD_1 = "urn:ferd:CrossIndustryDocument:invoice:1p0"


def ubl(number: str) -> bytes:
    """Write the smallest UBL invoice: its number."""
    return f'<Invoice xmlns="{UBL}Invoice-2"><ID xmlns="{UBL}CommonBasicComponents-2">{number}</ID></Invoice>'.encode()


def refusal(function: Callable[[bytes], object], data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        function(data)
    return refused.value.code


# Real files


@pytest.mark.parametrize("case", ["minimal", "rabatte"])
def test_one_case_in_two_syntaxes_is_one_invoice(case: str) -> None:
    cii = einvoice.read((REAL / f"{case}-cii.xml").read_bytes())
    assert cii.number
    assert cii == einvoice.read((REAL / f"{case}-ubl.xml").read_bytes())


def test_a_real_invoice_with_allowances() -> None:
    invoice = einvoice.read((REAL / "rabatte-cii.xml").read_bytes())
    assert (invoice.type_code, invoice.number, str(invoice.issue_date)) == ("380", "471102", "2018-06-05")
    assert (invoice.seller.name, invoice.seller.vat_identifier) == ("Lieferant GmbH", "DE123456789")
    assert (invoice.buyer.name, invoice.buyer.customer_number) == ("Kunden AG Mitte", "GE2020211")
    assert [str(line.net_amount) for line in invoice.lines] == ["10.00", "27.50", "109.80", "55.40"]
    assert sum(line.net_amount or 0 for line in invoice.lines) + Decimal("-8.93") == Decimal("193.77")
    assert (str(invoice.totals.charges), str(invoice.totals.net)) == ("-8.93", "193.77")
    assert [(str(row.rate), str(row.amount)) for row in invoice.totals.breakdown] == [("7", "9.06"), ("19", "12.24")]


def test_sub_lines_count_once() -> None:
    invoice = einvoice.read((REAL / "sub-lines-ubl.xml").read_bytes())
    assert [line.identifier for line in invoice.lines][:4] == ["1 1 1", "1 1 2", "1 1 3", "1 2 1"]
    assert sum(line.net_amount or 0 for line in invoice.lines) == invoice.totals.net == Decimal("12536.84")


def test_a_real_credit_note() -> None:
    invoice = einvoice.read((REAL / "credit-note-ubl.xml").read_bytes())
    assert (invoice.type_code, invoice.number, invoice.totals.gross) == ("381", "018304 / 28865", Decimal("100.11"))


@pytest.mark.parametrize(
    ("file", "number", "lines"),
    [
        ("factur-x.pdf", "RE-20171118/506", 3),
        ("zugferd-1.pdf", "RE-20170509/505", 3),
        ("minimum.pdf", "471102", 0),
    ],
)
def test_the_invoice_in_a_real_pdf(file: str, number: str, lines: int) -> None:
    invoice = einvoice.read(einvoice.find((REAL / file).read_bytes()) or b"")
    assert (invoice.number, len(invoice.lines)) == (number, lines)


def test_of_two_standards_the_one_in_force_is_taken() -> None:
    found = einvoice.find((REAL / "two-invoices.pdf").read_bytes())
    assert found is not None
    assert b"CrossIndustryInvoice" in found


# Attachments


class Pdf:
    """A PDF of one page to attach things to."""

    def __init__(self) -> None:
        self.pdf = pikepdf.new()
        self.pdf.add_blank_page()
        self.root = self.pdf.Root

    def spec(self, content: bytes, key: str = "/F", relationship: str | None = None) -> pikepdf.Object:
        """Make a file specification, without a name."""
        stream = Stream(self.pdf, content)
        spec = Dictionary({"/Type": Name.Filespec, "/EF": Dictionary({key: stream})})
        if relationship:
            spec.AFRelationship = Name(relationship)
        return self.pdf.make_indirect(spec)

    def tree(self, tree: pikepdf.Object) -> None:
        """Hang a name tree of embedded files into the catalogue."""
        self.root.Names = Dictionary(EmbeddedFiles=tree)

    def bytes(self, encryption: pikepdf.Encryption | None = None) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        self.pdf.save(out, encryption=encryption or False)
        return out.getvalue()


def test_the_name_of_an_attachment_does_not_matter() -> None:
    file = Pdf()
    file.tree(Dictionary(Names=Array([String("notes.txt"), file.spec(ubl("R-1"))])))
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_a_name_tree_may_branch_and_leave_names_out() -> None:
    file = Pdf()
    leaf = Dictionary(Names=Array([file.spec(b"a note"), String("b"), file.spec(ubl("R-1"), "/UF")]))
    file.tree(Dictionary(Kids=Array([Dictionary(Kids=Array([Dictionary(), file.pdf.make_indirect(leaf)]))])))
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_a_name_tree_may_lead_back_to_itself() -> None:
    file = Pdf()
    tree = file.pdf.make_indirect(Dictionary())
    tree.Kids = Array([tree, Dictionary(Names=Array([String("a"), file.spec(ubl("R-1"))]))])
    file.tree(tree)
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_an_associated_file_without_a_name_tree() -> None:
    file = Pdf()
    file.root.AF = Array([file.spec(ubl("R-1"))])
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_a_file_pinned_to_a_page() -> None:
    file = Pdf()
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=file.spec(ubl("R-1")))
    file.pdf.pages[0].Annots = Array([note])
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_of_two_invoices_the_alternative_to_the_page_is_taken_then_the_longer() -> None:
    file = Pdf()
    specs = [
        file.spec(ubl("SOURCE-OF-ALL-1"), relationship="/Source"),
        file.spec(ubl("A-1"), relationship="/Alternative"),
        file.spec(ubl("A-22"), relationship="/Alternative"),
        file.spec(ubl("UNRELATED-12345")),
    ]
    file.root.AF = Array(specs)
    assert einvoice.find(file.bytes()) == ubl("A-22")


def test_other_attachments_are_none() -> None:
    file = Pdf()
    others = [
        b"",
        b"%PDF-1.7",
        b"<html/>",
        b'<?xml version="1.0"?><Invoice>no namespace</Invoice>',
        b"<Invoice",
        b"\xff",
    ]
    file.root.AF = Array([file.spec(content) for content in others])
    assert einvoice.find(file.bytes()) is None


def test_a_broken_invoice_is_found_too() -> None:
    broken = ubl("R-1")[:-20]
    file = Pdf()
    file.root.AF = Array([file.spec(broken)])
    assert einvoice.find(file.bytes()) == broken
    assert refusal(einvoice.read, broken) == "bad_xml"


@pytest.mark.parametrize(
    "filters", [[], [Name.FlateDecode], [Name.ASCIIHexDecode], [Name.ASCIIHexDecode, Name.FlateDecode]]
)
def test_however_an_attachment_is_packed(filters: list[Name]) -> None:
    packed = zlib.compress(ubl("R-1")) if Name.FlateDecode in filters else ubl("R-1")
    packed = packed.hex().encode() + b">" if Name.ASCIIHexDecode in filters else packed
    file = Pdf()
    spec = file.spec(b"")
    spec.EF.F.write(packed, filter=Array(filters))
    file.root.AF = Array([spec])
    assert einvoice.find(file.bytes()) == ubl("R-1")


def test_a_bomb_is_refused_if_it_is_an_invoice_and_left_alone_if_not() -> None:
    def packed(content: bytes) -> bytes:
        file = Pdf()
        file.root.AF = Array([file.spec(content + b" " * 60_000_000)])
        return file.bytes()

    assert refusal(einvoice.find, packed(ubl("R-1"))) == "too_large"
    assert einvoice.find(packed(b"a drawing")) is None


def test_a_pdf_without_attachments_has_no_invoice() -> None:
    assert einvoice.find(Pdf().bytes()) is None


@pytest.mark.parametrize("data", [b"", b"Rechnung 4711", b"%PDF-1.7\n"])
def test_what_is_no_pdf_is_damaged(data: bytes) -> None:
    assert refusal(einvoice.find, data) == "damaged"


def test_a_pdf_that_asks_for_a_password_is_encrypted() -> None:
    assert refusal(einvoice.find, Pdf().bytes(pikepdf.Encryption(owner="o", user="u"))) == "encrypted"


def test_a_pdf_that_only_forbids_changes_is_read() -> None:
    file = Pdf()
    file.root.AF = Array([file.spec(ubl("R-1"))])
    assert einvoice.find(file.bytes(pikepdf.Encryption(owner="o", user=""))) == ubl("R-1")


# Hostile XML


def test_an_external_entity_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("4711")
    xml = f'<?xml version="1.0"?><!-- x --><!DOCTYPE Invoice [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    assert refusal(einvoice.read, xml + ubl("&x;")) == "bad_xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_billion_laughs_are_refused_at_once(encoding: str) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<!DOCTYPE Invoice [<!ENTITY a0 "ha">{entities}]>{ubl("&a11;").decode()}'
    start = time.process_time()
    assert refusal(einvoice.read, xml.encode(encoding)) == "bad_xml"
    assert time.process_time() - start < 0.1


def test_an_include_is_ignored(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("4711")
    include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    assert einvoice.read(ubl(include)).number is None


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "bad_xml"),
        (b"no xml", "bad_xml"),
        (b"<html/>", "bad_xml"),
        (ubl("R-1") + b"x", "bad_xml"),
        (ubl("&unknown;"), "bad_xml"),
        (b"<Invoice>no namespace</Invoice>", "bad_xml"),
        (b'<?xml version="1.0" encoding="utf-7"?>' + ubl("R-1"), "bad_xml"),
        (ubl("R-1").replace(b"R-1", b"\xff"), "bad_xml"),
        (b"\xff\xfe<\0" + b"\x00\xd8", "bad_xml"),
        (ubl("<a>" * 300 + "</a>" * 300), "too_large"),
        (ubl("<a>" * einvoice.MAX_DEPTH + "</a>" * einvoice.MAX_DEPTH), "too_large"),
        (ubl("<a/>" * einvoice.MAX_MARKS), "too_large"),
        (ubl(" " * einvoice.MAX_BYTES), "too_large"),
    ],
)
def test_what_is_no_invoice_is_refused(xml: bytes, code: str) -> None:
    assert refusal(einvoice.read, xml) == code


@pytest.mark.parametrize(
    "xml",
    [
        ubl("Müller-1"),
        b"\xef\xbb\xbf" + ubl("Müller-1"),
        b"\n " + ubl("Müller-1"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + ubl("Müller-1"),
        ubl("Müller-1").decode().encode("utf-16"),
        ubl("Müller-1").decode().encode("utf-16-be"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + ubl("Müller-1").decode().encode("latin-1"),
        b"<?xml version='1.0' encoding='windows-1252' standalone='yes' ?>" + ubl("Müller-1").decode().encode("cp1252"),
    ],
)
def test_encodings(xml: bytes) -> None:
    assert einvoice.read(xml).number == "Müller-1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_an_attachment_in_another_encoding_is_known(encoding: str) -> None:
    xml = ubl("R-1").decode().encode(encoding)
    file = Pdf()
    file.root.AF = Array([file.spec(xml)])
    assert einvoice.find(file.bytes()) == xml


@pytest.mark.parametrize(
    "root", [f'<CrossIndustryInvoice xmlns="{CII}"/>', f'<CrossIndustryDocument xmlns="{ZUGFERD_1}"/>']
)
def test_an_empty_invoice_is_an_invoice_without_values(root: str) -> None:
    invoice = einvoice.read(root.encode())
    assert (invoice.number, invoice.seller.name, invoice.lines, invoice.totals.charges) == (None, None, (), None)
