from functools import cache

import cv2
import numpy as np
import pytest
from sample_pages import LETTER, Gray, gray, picture

from extractors import flatten, images, rapid
from extractors.images import Picture

PAGE = picture(dpi=120)


def laid_flat(pixels: Gray) -> Picture:
    """Lay a picture flat by its own lines, as pipeline.read does."""
    height, width = pixels.shape
    taken = Picture(pixels, 842 * width / max(pixels.shape), 842 * height / max(pixels.shape))
    flat, lines = flatten.flattened(taken, rapid.lines(pixels))
    return flatten.turned_over(flat, lines)[0] if rapid.upside_down(flat.gray, lines) else flat


def where(page: Picture) -> dict[str, tuple[float, float]]:
    """Left edge and middle of each word, in points."""
    scale = page.width / page.gray.shape[1]
    found = rapid.words(page.gray, rapid.lines(page.gray))
    return {word.text: (word.x0 * scale, (word.top + word.bottom) / 2 * scale) for word in found}


@cache
def as_drawn() -> dict[str, tuple[float, float]]:
    return where(PAGE)


def drift(page: Picture) -> float:
    """How far, in points, amounts and labels lie from where they lie on the page as drawn."""
    drawn, seen = as_drawn(), where(page)
    keys = ("Müller", "RG-2026-10482", "Menge", "1.158,99", "23,40", "Zahlbar")
    return max(abs(a - b) for key in keys for a, b in zip(drawn[key], seen[key], strict=True))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_pages_are_turned_upright(quarters: int) -> None:
    flat = laid_flat(np.ascontiguousarray(np.rot90(PAGE.gray, quarters)))
    assert flat.gray.shape == PAGE.gray.shape
    assert drift(flat) < 3


@pytest.mark.parametrize("degrees", [-10, -3, 0.5, 6])
def test_skew_is_removed(degrees: float) -> None:
    height, width = PAGE.gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    flat = laid_flat(np.asarray(cv2.warpAffine(PAGE.gray, turn, (width, height), borderValue=255.0), dtype=np.uint8))
    assert abs(flatten.skew(rapid.lines(flat.gray))) < 0.2
    assert drift(flat) < 4


def test_a_straight_page_is_left_as_it_is() -> None:
    assert flatten.flattened(PAGE, rapid.lines(PAGE.gray))[0] is PAGE


def photographed(table: int) -> Gray:
    """A sheet on a table, taken from below its middle: farther away at the top."""
    corners = np.array([[160, 70], [905, 110], [990, 1360], [70, 1320]], dtype=np.float32)
    sheet = PAGE.gray.shape[1], PAGE.gray.shape[0]
    matrix = np.asarray(np.linalg.inv(images.squared(corners, *sheet)), dtype=np.float64)
    grain = np.random.default_rng(7).normal(table, 6, (1440, 1065)).clip(0, 255).astype(np.uint8)
    shown = images.warped(np.full_like(PAGE.gray, 1), matrix, 1065, 1440) == 1
    return np.where(shown, images.warped(PAGE.gray, matrix, 1065, 1440), grain).astype(np.uint8)


@pytest.mark.parametrize("table", [40, 190])
def test_the_sheet_of_a_photo_is_found_and_its_perspective_undone(table: int) -> None:
    flat = laid_flat(photographed(table))
    assert max(flat.width, flat.height) == pytest.approx(842)
    seen, drawn = where(flat), as_drawn()
    stretch = flat.width / PAGE.width
    for key in ("Müller", "Menge", "1.158,99", "23,40"):
        assert seen[key][0] == pytest.approx(drawn[key][0] * stretch, abs=6)
    assert seen["Bezeichnung"][0] == pytest.approx(seen["Snom"][0], abs=2)
    assert seen["Bezeichnung"][1] == pytest.approx(seen["Menge"][1], abs=2)


def test_a_page_without_text_is_left_as_it_is() -> None:
    blank = Picture(gray([], dpi=100), 595, 842)
    assert flatten.flattened(blank, ()) == (blank, ())


def test_lines_move_with_the_page() -> None:
    sideways = Picture(np.ascontiguousarray(np.rot90(PAGE.gray, 1)), 842, 595)
    flat, moved = flatten.flattened(sideways, rapid.lines(sideways.gray))
    texts = " ".join(word.text for word in rapid.words(flat.gray, moved))
    assert all(text in texts for _, _, text in LETTER if len(text) > 8)
