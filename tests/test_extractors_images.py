import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter, ImageFileDirectory_v2
from sample_pages import encoded, gray

from extractors import images
from model.contents import Unreadable

WEDGE = np.tile(np.linspace(0, 255, 120).astype(np.uint8), (80, 1))
"""80 rows, 120 columns: black on the left, white on the right."""


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def test_orientation_of_the_camera_is_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right side of the stored picture
    taken = images.frame(saved(Image.fromarray(WEDGE), "JPEG", exif=exif), 1)
    assert taken.gray.shape == (120, 80)
    assert taken.gray[5].mean() < 30
    assert taken.gray[-5].mean() > 220


def test_a_telephones_heic_is_the_photograph_that_it_was_made_from() -> None:
    here = Path(__file__).parent
    taken = images.frame(here.joinpath("data", "pictures", "photo.heic").read_bytes(), 1)
    made_from = images.frame(here.parent.joinpath("fixtures", "photo-approved", "invoice.jpg").read_bytes(), 1)
    assert taken.gray.shape == made_from.gray.shape
    assert np.abs(taken.gray.astype(int) - made_from.gray).mean() < 6


@pytest.mark.parametrize(("letters", "marked"), [(240, False), (150, True)], ids=["empty", "washed away to gray bars"])
def test_an_illegible_page_is_told_from_an_empty_one(letters: int, marked: object) -> None:
    noise = np.random.default_rng(7).normal(0, 12, (1170, 827))
    sheet = np.full((1170, 827), 240.0)
    for top in range(100, 1000, 14):
        sheet[top : top + 8, 80:700] = letters
    assert images.marked(np.clip(sheet + noise, 0, 255).astype(np.uint8)) is marked


def test_a_turned_tiff_keeps_its_proportions() -> None:
    tags = ImageFileDirectory_v2()
    tags[0x0112] = 6
    taken = images.frame(saved(Image.fromarray(WEDGE), "TIFF", tiffinfo=tags, dpi=(20, 10)), 1)
    assert taken.gray.shape == (120, 160)
    assert taken.height / taken.width == pytest.approx(120 / 160, rel=0.02)


@pytest.mark.parametrize("resolution", [(204, 98), (204, 196)])
def test_fax_pixels_become_square_and_the_page_a4(resolution: tuple[int, int]) -> None:
    rows = round(11.69 * resolution[1])
    fax = Image.new("1", (1728, rows), 1)
    taken = images.frame(saved(fax, "TIFF", dpi=resolution, compression="group4"), 1)
    assert taken.gray.shape == (pytest.approx(11.69 * 204, abs=2), 1728)
    assert taken.width == pytest.approx(610, abs=1)
    assert taken.height == pytest.approx(842, abs=1)


@pytest.mark.parametrize(
    ("stated", "points"), [((200, 200), 432.0), ((72, 72), 1200.0), ((10, 10), 842.0), ((0, 0), 842.0)]
)
def test_only_a_believable_resolution_gives_the_size(stated: tuple[int, int], points: float) -> None:
    taken = images.frame(saved(Image.new("L", (1200, 800), 255), "TIFF", dpi=stated), 1)
    assert taken.width == pytest.approx(points)
    assert taken.height == pytest.approx(points * 2 / 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_becomes_gray(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(WEDGE.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(WEDGE).convert("RGB" if mode == "CMYK" else mode).convert(mode)
    taken = images.frame(saved(image, "TIFF" if mode == "CMYK" else "PNG"), 1)
    assert taken.gray[:, :10].mean() < 40
    assert taken.gray[:, -10:].mean() > 215


def test_transparent_ground_is_white() -> None:
    taken = images.frame(saved(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"), 1)
    assert taken.gray.min() == 255


def test_all_pages_of_a_tiff_but_not_its_thumbnail() -> None:
    first, second, small = (Image.new("L", (100, 100), value) for value in (10, 200, 90))
    reduced = ImageFileDirectory_v2()
    reduced[254] = 1
    target = io.BytesIO()
    with AppendingTiffWriter(target) as writer:
        for image, tags in ((first, {}), (small, reduced), (second, {})):
            image.save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    data = target.getvalue()
    assert images.count(data) == 2
    assert [int(images.frame(data, number).gray[0, 0]) for number in (1, 2)] == [10, 200]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_file_cut_off_is_damaged(kind: str) -> None:
    whole = encoded(gray(dpi=60), kind)
    assert images.count(whole) == 1
    with pytest.raises(Unreadable) as caught:
        images.count(whole[: len(whole) // 2])
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(("size", "code"), [((1, 1), "damaged"), ((10_001, 10_000), "too_many_pixels")])
def test_pictures_too_small_or_too_large_are_refused_before_they_are_decoded(size: tuple[int, int], code: str) -> None:
    data = saved(Image.new("1", size), "PNG")
    with pytest.raises(Unreadable) as caught:
        images.count(data)
    assert caught.value.code == code


def test_a_tiff_with_too_many_pages_is_refused() -> None:
    sheet = Image.new("1", (32, 32))
    with pytest.raises(Unreadable) as caught:
        images.count(saved(sheet, "TIFF", save_all=True, append_images=[sheet] * images.MAX_FRAMES))
    assert caught.value.code == "too_many_pages"


def test_only_speckled_pictures_are_smoothed() -> None:
    clean = gray(dpi=100)
    noise = np.random.default_rng(1).random(clean.shape)
    speckled = np.where(noise < 0.03, 0, clean).astype(np.uint8)
    assert images.despeckled(clean) is clean
    assert (images.despeckled(speckled) < 128).mean() < 1.5 * (clean < 128).mean() < 0.5 * (speckled < 128).mean()


def test_uneven_light_is_evened_out() -> None:
    page = gray(dpi=100)
    light = np.linspace(0.3, 1, page.shape[1])
    even = images.evened((page * light).astype(np.uint8))
    paper = even[page > 250]
    assert np.percentile(paper, 5) > 240
    assert np.median(even[page < 30]) < 60


def test_a_lonely_digit_is_a_mark_and_a_word_is_none() -> None:
    page = gray([(100, 100, "7"), (200, 100, "Menge")], dpi=150)
    (mark,) = images.marks(page, (), height=30)
    assert mark[:, 0].min() < 100 * 150 / 72 < mark[:, 0].max() < 115 * 150 / 72
    assert images.marks(page, (mark,), height=30) == ()
