import io

import pikepdf
import pytest
from hostile.case import bomb, page, stream

from extractors.weight import MAX_OBJECTS, check
from model.contents import Unreadable
from pipeline.intake import inspect

FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources 9 0 R"
PACKED = b"/Filter /FlateDecode"


def code(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        check(data)
    return caught.value.code


def picture(width: int, height: int) -> bytes:
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 " + PACKED
    return stream(bomb(width * height), head % (width, height))


def test_what_is_small_only_as_long_as_it_is_packed_is_refused() -> None:
    assert code(page(stream(bomb(60_000_000, 0x20), PACKED))) == "too_large"
    assert code(page(more={n: stream(bomb(40_000_000), PACKED) for n in range(6, 12)})) == "too_large"
    check(page(stream(bomb(30_000_000, 0x20), PACKED)))


def test_pictures_may_hold_as_many_pixels_as_their_pages() -> None:
    assert code(page(more={6: picture(11_000, 10_000)})) == "too_many_pixels"
    assert code(page(more={6: picture(8000, 8000), 7: picture(8000, 8000)})) == "too_many_pixels"
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    two = {2: b"<< /Type /Pages /Kids [3 0 R 8 0 R] /Count 2 >>", 8: leaf}
    check(page(more={6: picture(8000, 8000), 7: picture(8000, 8000), **two}))
    check(page(more={6: picture(9000, 9000)}))


def test_what_draws_itself_is_refused_and_resources_may_be_shared() -> None:
    shared = {9: b"<< /XObject << /A 6 0 R /B 7 0 R >> >>", 7: stream(b"0 0 1 1 re f", FORM)}
    entries = b"/Resources 9 0 R"
    assert code(page(stream(b"/A Do"), entries=entries, more={6: stream(b"/A Do", FORM), **shared})) == "too_large"
    check(page(stream(b"/A Do /B Do"), entries=entries, more={6: stream(b"/B Do", FORM), **shared}))


def test_more_parts_than_a_document_has_are_refused_before_they_are_read() -> None:
    assert code(page() + b"1 0 obj " * (MAX_OBJECTS + 1)) == "too_large"


def test_files_that_cannot_be_opened_are_left_to_others() -> None:
    check(b"%PDF-1.7 nothing")
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(page())) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    check(locked.getvalue())


@pytest.mark.parametrize(
    ("box", "expected"),
    [(b"[0 0 5000 5000]", "too_many_pixels"), (b"[0 0 595 1]", "damaged"), (b"[0 0 0.01 842]", "damaged")],
)
def test_a_page_has_a_size_that_can_be_drawn(box: bytes, expected: str) -> None:
    with pytest.raises(Unreadable) as caught:
        inspect(page(box=box), "a.pdf")
    assert caught.value.code == expected


def test_zeros_behind_the_end_are_no_matter() -> None:
    assert inspect(page() + bytes(100_000), "a.pdf").page_count == 1
