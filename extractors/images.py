"""The door to Pillow and OpenCV: picture files to gray pages, and what is done to the pixels of a page.

A gray picture is uint8, rows by columns. A quadrangle is float32, its four corners clockwise from the top left, in
pixels from the top left. A matrix is a 3 x 3 homography between the pixels of two pictures.
"""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.contents import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model.page import Box

cv2.setNumThreads(1)
pi_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = None  # Pillow only warns; the limit below refuses, before a pixel is decoded

Gray = NDArray[np.uint8]
Quad = NDArray[np.float32]
Matrix = NDArray[np.float64]
Result = TypeVar("Result")

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF")
MAX_PIXELS = 100_000_000
"""More pixels on one page are refused; A3 at 600 dpi has 70 million."""
MIN_SIDE = 32
"""Pictures with fewer pixels along a side are refused: a line of text and its margin need more."""
MAX_FRAMES = 200
"""More pages in one file are refused."""
STRIP = 512
"""Rows of a picture that are brought to gray at a time."""
MAX_SIDE = 3000
"""Larger pictures are brought down to this longer side, A4 at 250 dpi; no reader gains anything beyond."""
PAGE_SIDE = 842.0
"""The longer side in points of a picture without a believable resolution: A4."""
BELIEVABLE = (280.0, 1300.0)
"""Longer sides in points between which a stated resolution is believed: A6 to A3 with a margin."""
MAX_ASPECT = 2.5
"""Pixels so many times higher than wide, or the other way round, are believed: a coarse fax has 2.08."""
SPECKLE = 60
"""Gray levels by which a pixel stands out from all around it, to count as a speck."""
SPECKLED = 0.01
"""From this share of specks on a picture is smoothed. Bad faxes have .02 to .03, other pages below .012."""
SHADOW = 0.8
"""Paper darker than this share of the page's brightest lies in shadow ..."""
SHADED = 0.1
"""... and so does a page of which this share does."""
MARKED_SCALE, MARKED_CONTRAST, MARKED = 0.125, 16, 0.03
"""How small a page is seen to tell an empty one, how much darker than the paper a mark is (0..255), and their share."""
_FIRM = np.rint((np.arange(256) / 255) ** 2 * 255).astype(np.uint8)
CONTRAST = 20
"""Gray levels by which a mark is darker than its surroundings, at the least."""
NEAR = 0.25
"""Ink nearer than this share of a line's height belongs to one mark: the digits of a number do."""
LONELY = 1.3
"""Ink in and around a mark, as a multiple of its own, above which it is part of something larger."""
MAX_MARKS = 40
"""More lonely marks than this are dirt."""
_SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that exchange width and height."""


class Seen(NamedTuple):
    """A word as an OCR reader saw it: the text, its box in pixels from the top left, and a confidence from 0 to 1."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a gray picture with square pixels, and its width and height in points."""

    gray: Gray
    width: float
    height: float


def count(data: bytes) -> int:
    """Return the number of pages of a JPEG, PNG, TIFF, WebP or HEIC file.

    Raises Unreadable `damaged`, `too_many_pages` or `too_many_pixels`; every page is decoded to know that it is whole.
    """
    return _guarded(lambda: sum(1 for index in _indices(data) if _decoded(data, index)))


def frames(data: bytes) -> int:
    """Return the number of pages of a picture file, without decoding any. Raises Unreadable as `count` does."""
    return _guarded(lambda: len(_indices(data)))


def frame(data: bytes, number: int) -> Picture:
    """Return page `number` (from 1) of a picture file, turned as the file says, with square pixels."""
    return _guarded(lambda: _frame(*_decoded(data, _indices(data)[number - 1])))


def _guarded(work: Callable[[], Result]) -> Result:
    """Run what decodes foreign bytes: whatever goes wrong in a decoder means that the file is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable("damaged", "The picture is damaged or incomplete and cannot be opened.") from error


def _indices(data: bytes) -> tuple[int, ...]:
    """Return the frames that are pages: of a TIFF all but thumbnails, of other formats the first."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.format != "TIFF":
        _checked(image)
        return (0,)
    found = []
    for index in range(MAX_FRAMES + 1):
        try:
            image.seek(index)
        except EOFError:
            break
        _checked(image)
        if not _thumbnail(image):
            found.append(index)
    if len(found) > MAX_FRAMES:
        raise Unreadable("too_many_pages", f"The file has more than {MAX_FRAMES} pages.")
    return tuple(found)


def _checked(image: Image.Image) -> None:
    if min(image.size) < MIN_SIDE:
        size = f"{image.width} x {image.height} pixels"
        raise Unreadable("damaged", f"The picture has only {size}; nothing can be read in it.")
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        size = f"{image.width} x {image.height} pixels"
        raise Unreadable(
            "too_many_pixels", f"A page of {size} is too large; {MAX_PIXELS // 10**6} million can be read."
        )


def _thumbnail(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(254, 0) & 1)


def _decoded(data: bytes, index: int) -> tuple[Image.Image, tuple[float, float] | None]:
    """Decode one frame upright; beside it the dots per inch along its width and height, if they are stated."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    image.seek(index)
    stated = image.info.get("dpi") or image.info.get("resolution")
    turned = image.getexif().get(0x0112, 1) in _SIDEWAYS
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if stated is None:
        return image, None
    across, down = (float(value) for value in stated)
    return image, (down, across) if turned else (across, down)


def _frame(image: Image.Image, dpi: tuple[float, float] | None) -> Picture:
    gray = _gray(image)
    across, down = dpi if dpi and _believable_aspect(*dpi) else (1.0, 1.0)
    width, height = gray.shape[1] / across, gray.shape[0] / down
    points = 72.0 * max(width, height)
    scale = 72.0 if dpi and BELIEVABLE[0] <= points <= BELIEVABLE[1] else PAGE_SIDE / max(width, height)
    best = min(max(across, down), MAX_SIDE / max(width, height))
    size = max(1, round(width * best)), max(1, round(height * best))
    return Picture(_resized(gray, size), width * scale, height * scale)


def _believable_aspect(across: float, down: float) -> bool:
    return (
        min(across, down) > 0 and math.isfinite(across + down) and max(across, down) <= MAX_ASPECT * min(across, down)
    )


def _gray(image: Image.Image) -> Gray:
    """Bring any mode to gray, some rows at a time, for what it takes on the way is many times as large."""
    width, height = image.size
    darkest, brightest = np.asarray(image.getextrema() if image.mode in {"I", "F"} else (0, 0), dtype=np.float64)
    strips = (image.crop((0, top, width, min(top + STRIP, height))) for top in range(0, height, STRIP))
    return np.concatenate([_gray_strip(strip, float(darkest), float(brightest)) for strip in strips])


def _gray_strip(image: Image.Image, darkest: float, brightest: float) -> Gray:
    """Bring rows to gray: deep pictures by their upper bits or the range of the whole, transparent ones on white."""
    if image.mode.startswith("I;16"):
        return _bytes(np.asarray(image, dtype=np.uint16) >> 8)
    if image.mode in {"I", "F"}:
        span = max(brightest - darkest, 1.0)
        return _bytes((np.asarray(image, dtype=np.float64) - darkest) * (255.0 / span))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, coloured).convert("L"), dtype=np.uint8)
    if image.mode not in {"1", "L", "RGB"}:
        image = image.convert("RGB")
    return np.asarray(image.convert("L"), dtype=np.uint8)


def _resized(gray: Gray, size: tuple[int, int]) -> Gray:
    """Bring a picture to (width, height) in pixels."""
    if size == (gray.shape[1], gray.shape[0]):
        return gray
    shrinks = size[0] * size[1] < gray.size
    return _bytes(cv2.resize(gray, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))


def scaled(gray: Gray, factor: float) -> Gray:
    """Return a picture with `factor` times as many pixels along each side."""
    return _resized(gray, (max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))))


def cut(gray: Gray, quad: Quad) -> Gray:
    """Cut out a quadrangle as an upright rectangle of its own size."""
    width = max(1, round(float(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3])))))
    height = max(1, round(float(max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1])))))
    return _bytes(
        cv2.warpPerspective(
            gray, squared(quad, width, height), (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    )


def clipped(gray: Gray, box: Box, scale: float, beside: float, above: float) -> Gray:
    """Cut out a box in points, at `scale` pixels a point, with so many points of its surroundings; it may be empty."""
    rows = slice(max(0, int((box.top - above) * scale)), int((box.bottom + above) * scale) + 1)
    columns = slice(max(0, int((box.x0 - beside) * scale)), int((box.x1 + beside) * scale) + 1)
    return gray[rows, columns]


def squared(quad: Quad, width: float, height: float) -> Matrix:
    """Return the matrix that brings a quadrangle to the rectangle of this width and height at the origin."""
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    return np.asarray(cv2.getPerspectiveTransform(quad.astype(np.float32), target), dtype=np.float64)


def warped(gray: Gray, matrix: Matrix, width: int, height: int) -> Gray:
    """Return the picture of this width and height that the matrix makes; what was outside becomes white."""
    return _bytes(
        cv2.warpPerspective(
            gray, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255.0
        )
    )


def slopes(gray: Gray) -> NDArray[np.float32]:
    """Return how much brighter the picture becomes from left to right, smoothed: gray levels per pixel."""
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.5)
    return np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), dtype=np.float32)


def despeckled(gray: Gray) -> Gray:
    """Return the picture without the salt and pepper of a bad fax, or as it is where there is none to speak of."""
    smooth = smoothed(gray)
    return smooth if float((cv2.absdiff(gray, smooth) > SPECKLE).mean()) > SPECKLED else gray


def smoothed(gray: Gray) -> Gray:
    """Return the picture without specks of a pixel or two."""
    return _bytes(cv2.medianBlur(gray, 3))


def evened(gray: Gray) -> Gray:
    """Return the picture as if lit evenly: each pixel relative to the paper around it, which becomes white."""
    around = cv2.resize(_paper(gray), (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR)
    return _bytes(cv2.divide(gray, around, scale=255))


def shaded(gray: Gray) -> bool:
    """Whether much of the page lies in shadow: on photographs, not where a scanner lit it.

    Of 79 scanned and faxed pages none has more than .04 in shadow, of photographs half have .47 and more.
    """
    paper = _paper(gray)
    return float((paper < SHADOW * np.percentile(paper, 95)).mean()) > SHADED


def relit(gray: Gray) -> Gray:
    """Return the picture as if lit evenly, with its ink made firm: what is printed faintly in a shadow becomes text."""
    return _bytes(cv2.LUT(evened(gray), _FIRM))


def _paper(gray: Gray) -> Gray:
    """Return how bright the paper is, without the ink, at a quarter of the size."""
    small = scaled(gray, 0.25)
    return _bytes(cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 21))


def marked(gray: Gray) -> bool:
    """Whether a page shows more than an empty sheet, a stamp or a speck, legible or not.

    Seen so small that noise evens out, .08 to .20 of destroyed pages is darker than the paper around it, and no more
    than .01 of empty ones with a stamp.
    """
    small = scaled(gray, MARKED_SCALE)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    return float((paper.astype(np.int16) - small > MARKED_CONTRAST).mean()) > MARKED


def inked(gray: Gray, reach: float) -> Gray:
    """Return 255 where the picture is darker than its surroundings within about `reach` pixels, else 0."""
    return _bytes(
        cv2.adaptiveThreshold(
            gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 2 * max(1, int(reach)) + 1, CONTRAST
        )
    )


def blobs(dark: Gray) -> NDArray[np.int32]:
    """Return a row of x, y, width, height and area in pixels for each connected piece of ink."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    return np.asarray(stats[1:], dtype=np.int32)


def marks(gray: Gray, quads: Sequence[Quad], height: float) -> tuple[Quad, ...]:
    """Return a quadrangle around each lonely letter or short number that lies in none of the quadrangles.

    `height` is that of a usual line's quadrangle. Detectors of text lines overlook single digits, and a quantity often
    is one: on 102 pages they missed 7 of 721, and all of these came back.
    """
    dark = inked(smoothed(gray), height)
    taken = np.zeros_like(gray)
    for quad in quads:
        cv2.fillConvexPoly(taken, np.rint(quad).astype(np.int32), 255)
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * int(NEAR * height / 2) + 1, 1))
    stats = blobs(_bytes(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, near)))
    wide, high, area = (stats[:, at] / height for at in (2, 3, 4))
    likely = (high > 0.35) & (high < 1) & (wide > 0.12 * high) & (wide < 3 * high) & (area > 0.2 * wide * high * height)
    found = []
    for x, y, w, h, _ in stats[likely].tolist():
        margin = round(0.25 * height)
        around = np.s_[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin]
        ink = np.count_nonzero(dark[y : y + h, x : x + w])
        if not taken[y : y + h, x : x + w].any() and np.count_nonzero(dark[around]) < LONELY * ink:
            left, top, right, bottom = x - margin, y - margin, x + w + margin, y + h + margin
            found.append(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32))
    return tuple(found[:MAX_MARKS])


def _bytes(picture: object) -> Gray:
    return np.asarray(picture, dtype=np.uint8)
