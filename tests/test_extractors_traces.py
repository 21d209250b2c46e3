"""Hints that a PDF was edited, from what it says of itself."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from sample_pages import INVOICE, pdf

from extractors import pdfium
from extractors.traces import traces
from pipeline.climb import climb


def signed_pdf(grown: int = 0) -> bytes:
    """Return a PDF whose signature covers all of it but so many bytes."""
    covered = 0
    for _ in range(3):
        target = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf(INVOICE))) as file:
            signature = Dictionary(
                Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"),
                ByteRange=Array([0, 100, 200, covered]), Contents=String(b"\0" * 16),
            )  # fmt: skip
            entry = file.make_indirect(
                Dictionary(FT=Name.Sig, T=String("Signature"), V=file.make_indirect(signature), Kids=Array([]))
            )
            file.Root.AcroForm = Dictionary(Fields=Array([entry]), SigFlags=3)
            file.save(target, static_id=True)
        data = target.getvalue()
        covered = len(data) - grown - 200
    return data


@pytest.mark.parametrize(
    ("metadata", "hints"),
    [
        ({"Creator": "Draw", "Producer": "LibreOffice 5.2"}, ["Creator: Draw"]),
        ({"Creator": "SAP NetWeaver", "Producer": "Sejda 3.2 (sejda.com)"}, ["Producer: Sejda 3.2 (sejda.com)"]),
        ({"Creator": "Drawboard Invoicing", "Producer": "iText 5.5"}, []),
        ({}, []),
    ],
)
def test_a_program_that_changes_pages_is_a_hint(metadata: dict[str, str], hints: list[str]) -> None:
    assert list(traces(metadata, (), 1000)) == hints


def test_what_was_added_after_signing_is_a_hint() -> None:
    assert list(traces({}, (600,), 1000)) == ["saved again after signing: 400 bytes"]
    assert list(traces({}, (600, 1000), 1000)) == []


@pytest.mark.parametrize("grown", [0, 500])
def test_a_signature_tells_how_much_of_the_file_it_covers(grown: int) -> None:
    data = signed_pdf(grown)
    assert pdfium.signed(data) == (len(data) - grown,)
    reading = climb(data, "application/pdf")
    assert (reading.hints, reading.findings) == ((f"saved again after signing: {grown} bytes",) if grown else (), ())
