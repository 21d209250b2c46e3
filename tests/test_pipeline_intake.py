import hashlib
import io
import pickle
import time
from contextlib import suppress
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sample_pages import LETTER, encoded, gray, pdf

from model.contents import Unreadable
from pipeline.intake import MAX_BYTES, inspect

CII = b"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
  <rsm:ExchangedDocument><ram:ID>RG-1</ram:ID></rsm:ExchangedDocument></rsm:CrossIndustryInvoice>"""
ENTITY = CII.replace(
    b"<rsm:CrossIndustryInvoice ",
    b'<!DOCTYPE x [<!ENTITY leak SYSTEM "file:///etc/passwd">]>\n<rsm:CrossIndustryInvoice ',
    1,
).replace(b"RG-1", b"&leak;")
PDF = pdf(LETTER, LETTER)
PAGE = gray(LETTER, dpi=50)
JPEG, PNG, WEBP = (encoded(PAGE, kind) for kind in ("JPEG", "PNG", "WEBP"))
HEIC = Path(__file__).with_name("data").joinpath("pictures", "photo.heic").read_bytes()
TIFF = encoded(PAGE, "TIFF", save_all=True, append_images=[Image.fromarray(PAGE)])


def protected(password: str) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as document:
        document.save(target, encryption=pikepdf.Encryption(owner="owner", user=password))
    return target.getvalue()


def code(data: bytes, name: str = "invoice.pdf") -> str:
    with pytest.raises(Unreadable) as caught:
        inspect(data, name)
    assert caught.value.message.endswith(".")
    assert len(caught.value.message.split()) > 3
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "media_type", "pages"),
    [
        (PDF, "application/pdf", 2),
        (b"\xef\xbb\xbf\n%PDF junk before" + PDF, "application/pdf", 2),
        (JPEG, "image/jpeg", 1),
        (PNG, "image/png", 1),
        (TIFF, "image/tiff", 2),
        (WEBP, "image/webp", 1),
        (HEIC, "image/heic", 1),
        (CII, "application/xml", 1),
        (b"\xef\xbb\xbf" + CII, "application/xml", 1),
        (CII.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "application/xml", 1),
    ],
)
def test_content_tells_the_type_whatever_the_name(data: bytes, media_type: str, pages: int) -> None:
    seen = inspect(data, "holiday.txt")
    assert (seen.media_type, seen.page_count, seen.size) == (media_type, pages, len(data))
    assert seen.digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("empty", b""),
        ("empty", b"\n\n  \x00"),
        ("unsupported_type", b"Dear sir, please find attached nothing."),
        ("unsupported_type", b"PK\x03\x04 a zip archive"),
        ("unsupported_type", b"<!DOCTYPE html><html><body>Invoice</body></html>"),
        ("unsupported_type", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"),
        ("damaged", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
        ("damaged", HEIC[: len(HEIC) // 2]),
        ("too_large", b"%PDF-1.7" + bytes(MAX_BYTES)),
        ("damaged", PDF[: len(PDF) // 2]),
        ("damaged", PDF[:-200]),
        ("damaged", b"%PDF-1.7\n%%EOF"),
        ("damaged", JPEG[: len(JPEG) // 2]),
        ("damaged", TIFF[: len(TIFF) // 2]),
        ("damaged", encoded(PAGE[:1, :1])),
        ("bad_xml", b"<Invoice><cbc:ID>1</Invoice>"),
        ("bad_xml", b"<note>no invoice</note>"),
        ("bad_xml", ENTITY),
    ],
)
def test_what_cannot_be_processed_has_its_code_and_a_sentence(expected: str, data: bytes) -> None:
    assert code(data) == expected


def test_a_protected_pdf_needs_its_password_only_to_be_opened() -> None:
    assert code(protected("secret")) == "encrypted"
    assert inspect(protected(""), "a.pdf").page_count == 2


def test_two_thousand_pages_are_refused_at_once() -> None:
    target = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(2000):
            document.add_blank_page()
        document.save(target)
    before = time.process_time()
    assert code(target.getvalue()) == "too_many_pages"
    assert time.process_time() - before < 2


def test_the_name_is_quoted_where_it_promises_something_else() -> None:
    with pytest.raises(Unreadable, match=r"although its name ends in \.pdf"):
        inspect(b"Dear sir", "Rechnung.PDF")


WHOLE = (PDF, JPEG, PNG, TIFF, WEBP, CII, ENTITY)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A file cut off, with bytes changed, or with a true beginning and nothing behind it."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) + draw(st.binary(max_size=20))


@given(st.one_of(st.binary(max_size=200), broken()))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with suppress(Unreadable):
        assert inspect(data, "any.pdf").page_count >= 1


def test_a_refusal_comes_whole_from_another_process() -> None:
    told = pickle.loads(pickle.dumps(Unreadable("damaged", "The file is no PDF.")))  # noqa: S301 (our own)
    assert (told.code, told.message, str(told)) == ("damaged", "The file is no PDF.", "The file is no PDF.")
