"""Several pictures as the pages of one document."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_pages import INVOICE, LETTER, encoded, gray

from extractors import bundle, images
from model.contents import Unreadable
from pipeline.climb import climb
from pipeline.intake import inspect, sniff
from pipeline.read import picture

PAGE = gray(LETTER, dpi=40)
JPEG, PNG = encoded(PAGE, "JPEG"), encoded(PAGE)
TIFF = encoded(PAGE, "TIFF", save_all=True, append_images=[Image.fromarray(PAGE.T)])
HEIC = Path(__file__).with_name("data").joinpath("pictures", "photo.heic").read_bytes()


def joined(*pages: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    bundle.write(target, ((media_type, (data[:7], data[7:])) for media_type, data in pages))
    return target.getvalue()


def test_pages_are_counted_and_found_in_order() -> None:
    data = joined(("image/png", PNG), ("image/tiff", TIFF), ("image/heic", HEIC), ("image/jpeg", JPEG))
    assert sniff(data[:1024]) == bundle.MEDIA_TYPE
    assert inspect(data, "photo.jpg").page_count == 5
    sizes = [picture(data, bundle.MEDIA_TYPE, number).gray.shape for number in (1, 2, 3, 5)]
    assert sizes[1] == picture(TIFF, "image/tiff", 1).gray.shape
    assert np.array_equal(bundle.frame(data, 3).gray, images.frame(TIFF, 2).gray)
    assert np.array_equal(bundle.frame(data, 5).gray, images.frame(JPEG, 1).gray)
    with pytest.raises(Unreadable):
        bundle.frame(data, 6)


def test_the_same_pages_are_the_same_bytes_on_every_day_and_system() -> None:
    data = joined(("image/png", b"one"), ("image/jpeg", b"two"))
    assert data == joined(("image/png", b"one"), ("image/jpeg", b"two"))
    assert data != joined(("image/jpeg", b"two"), ("image/png", b"one"))
    assert hashlib.sha256(data).hexdigest()[:16] == "f7584545377a125a"


def test_any_program_for_archives_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(joined(("image/png", PNG), ("image/jpeg", JPEG)))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["mimetype", "page-001.png", "page-002.jpg"]
        assert opened.read("page-002.jpg") == JPEG


def _spoilt() -> dict[str, bytes]:
    whole = joined(("image/png", PNG), ("image/jpeg", JPEG))
    target = io.BytesIO(whole)
    with zipfile.ZipFile(target, "a") as added:
        added.writestr("more.txt", "hidden")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as made:
        made.writestr(zipfile.ZipInfo("mimetype"), bundle.MEDIA_TYPE)
        made.writestr("page-001.png", PNG, zipfile.ZIP_DEFLATED)
    return {
        "cut off": whole[:-30],
        "something behind it": whole + b"x",
        "something before the end": target.getvalue(),
        "compressed": packed.getvalue(),
        "no page": joined(),
        "too many": joined(*[("image/png", b"x")] * (bundle.MAX_PARTS + 1)),
        "a page that is no picture": joined(("image/png", PNG), ("image/jpeg", b"%PDF-1.7")),
        "a page that is cut off": joined(("image/png", PNG), ("image/jpeg", JPEG[:-900])),
        "another byte in a page": whole.replace(JPEG[100:120], bytes(20)),
    }


@pytest.mark.parametrize("how", _spoilt())
def test_what_was_not_written_here_is_damaged(how: str) -> None:
    data = _spoilt()[how]
    assert sniff(data) == bundle.MEDIA_TYPE
    with pytest.raises(Unreadable) as caught:
        inspect(data, "pages.zip")
    assert caught.value.code == "damaged"


def test_another_archive_is_none() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("page-001.png", PNG)
    assert sniff(made.getvalue()) is None


def test_two_photographed_pages_are_one_invoice() -> None:
    top = [text for text in INVOICE if text[1] < 230]
    rest = [(x, y - 180, text) for x, y, text in INVOICE if y > 230]
    data = joined(*(("image/jpeg", encoded(gray(part, 150), "JPEG")) for part in (top, rest)))
    reading = climb(data, bundle.MEDIA_TYPE)
    assert reading.page_count == 2
    assert reading.invoice is not None
    assert reading.invoice.number == "RG-2026-77"
    assert [line.item_name for line in reading.invoice.lines] == ["snom D735", "snom D785"]
    assert [reading.evidence[f"lines.{line}.net_amount"].page for line in (0, 1)] == [1, 2]
