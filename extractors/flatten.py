"""Lay a page straight: turned onto its feet, freed from the perspective of a photo, deskewed. Geometry only.

The lines of text that a reader found show how a page lies; the sheet of a photo is found by its four edges, each the
straight line outside all text along which the picture becomes brighter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from extractors.images import PAGE_SIDE, Gray, Matrix, Picture, Quad, scaled, slopes, squared, warped

if TYPE_CHECKING:
    from collections.abc import Sequence

Lines = tuple[Quad, ...]

LONG = 4.0
"""Only lines so many times longer than high tell a direction."""
STRAIGHT = 0.1
"""Skew in degrees below which a page is left as it is."""
MAX_SKEW = 20.0
"""Skew in degrees above which the lines tell nothing about the page."""
LOOK = 480
"""Longer side in pixels of the small picture in which the sheet's edges are sought."""
STEP = 3
"""Pixels of the small picture between two edges that are tried."""
LEAN = 0.25
"""How far an edge may lean, as a share of the picture's side."""
SLOPE = 2.5
"""Gray levels per pixel by which a picture becomes brighter across the edge of a sheet, at the least."""
SUPPORT = 0.6
"""Share of the picture's side along which an edge must show."""


def flattened(picture: Picture, lines: Lines) -> tuple[Picture, Lines]:
    """Return the page with its lines running from left to right (or upside down), and the lines moved along.

    A sheet that was freed from its surroundings counts as 842 points on its longer side, for the resolution of a photo
    says nothing about it.
    """
    if _sideways(lines):
        picture, lines = _turned(picture, lines)
    height, width = picture.gray.shape
    sheet = _sheet(picture.gray, lines)
    matrix: Matrix = np.eye(3)
    if sheet is not None:
        matrix, width, height = _framed(sheet)
    angle = skew(tuple(moved(line, matrix) for line in lines))
    if abs(angle) > STRAIGHT:
        matrix = _rotation(-angle, width, height) @ matrix
    elif sheet is None:
        return picture, lines
    flat = warped(picture.gray, matrix, width, height)
    points = PAGE_SIDE / max(width, height) if sheet is not None else picture.width / width
    return Picture(flat, width * points, height * points), tuple(moved(line, matrix) for line in lines)


def turned_over(picture: Picture, lines: Lines) -> tuple[Picture, Lines]:
    """Turn a page by 180 degrees."""
    height, width = picture.gray.shape
    corner = np.array([width, height], dtype=np.float32)
    turned = tuple(np.roll(corner - line, 2, axis=0) for line in reversed(lines))
    return Picture(np.ascontiguousarray(picture.gray[::-1, ::-1]), picture.width, picture.height), turned


def length(quad: Quad) -> float:
    """Return the length of a quadrangle's upper side, in pixels."""
    return float(np.linalg.norm(quad[1] - quad[0]))


def rise(quad: Quad) -> float:
    """Return the length of a quadrangle's left side, in pixels."""
    return float(np.linalg.norm(quad[3] - quad[0]))


def moved(quad: Quad, matrix: Matrix) -> Quad:
    """Return a quadrangle where the matrix brings it, as a parallelogram: text on a flat page is not foreshortened."""
    corners = np.column_stack([quad, np.ones(4)]) @ matrix.T
    first, second, third, fourth = corners[:, :2] / corners[:, 2:]
    left, right = (first + fourth) / 2, (second + third) / 2
    up = (first - fourth + second - third) / 4
    return np.array([left + up, right + up, right - up, left - up], dtype=np.float32)


def skew(lines: Sequence[Quad]) -> float:
    """Return the degrees by which the lines fall to the right: the median over their length; 0 if they do not tell."""
    long = [line for line in lines if length(line) > LONG * rise(line)]
    if not long:
        return 0.0
    runs = np.array([line[1] + line[2] - line[0] - line[3] for line in long])
    angles = np.degrees(np.arctan2(runs[:, 1], runs[:, 0]))
    order = np.argsort(angles)
    weights = np.cumsum(np.hypot(runs[order, 0], runs[order, 1]) ** 2)
    angle = float(angles[order][np.searchsorted(weights, weights[-1] / 2)])
    return angle if abs(angle) <= MAX_SKEW else 0.0


def _sideways(lines: Lines) -> bool:
    """Whether most of the text runs up or down the page."""
    tall = sum(rise(line) for line in lines if rise(line) > 1.5 * length(line))
    wide = sum(length(line) for line in lines if length(line) > 1.5 * rise(line))
    return tall > wide


def _turned(picture: Picture, lines: Lines) -> tuple[Picture, Lines]:
    """Turn a page clockwise by 90 degrees."""
    rows = picture.gray.shape[0]
    turned = tuple(np.roll(np.column_stack([rows - line[:, 1], line[:, 0]]), 1, axis=0) for line in lines)
    return Picture(np.ascontiguousarray(np.rot90(picture.gray, -1)), picture.height, picture.width), turned


def _rotation(degrees: float, width: int, height: int) -> Matrix:
    """Return the matrix that turns a picture about its middle, clockwise for positive degrees."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = width / 2, height / 2
    return np.array(
        [[cosine, -sine, x - cosine * x + sine * y], [sine, cosine, y - sine * x - cosine * y], [0.0, 0.0, 1.0]]
    )


def _framed(sheet: Quad) -> tuple[Matrix, int, int]:
    """Return the matrix that brings a sheet to a rectangle, and that rectangle's width and height in pixels."""
    width = round((length(sheet) + float(np.linalg.norm(sheet[2] - sheet[3]))) / 2)
    height = round((rise(sheet) + float(np.linalg.norm(sheet[2] - sheet[1]))) / 2)
    return squared(sheet, width, height), width, height


def _sheet(gray: Gray, lines: Lines) -> Quad | None:
    """Return the corners of the sheet on its table, or None where not all four edges show."""
    if not lines:
        return None
    factor = LOOK / max(gray.shape)
    small = scaled(gray, factor)
    height, width = small.shape
    text = np.concatenate(lines) * factor
    across, down = slopes(small), slopes(np.ascontiguousarray(small.T)).T
    sides = (
        _edge(across, text),
        _edge(down.T, text[:, ::-1]),
        _edge(-across[:, ::-1], np.array([width, 0]) + text * [-1, 1]),
        _edge(-down[::-1].T, np.array([height, 0]) + text[:, ::-1] * [-1, 1]),
    )
    if any(side is None for side in sides):
        return None
    (l0, l1), (t0, t1), (r0, r1), (b0, b1) = (side for side in sides if side is not None)
    left, right = ((l0, 0.0), (l1, height)), ((width - r0, 0.0), (width - r1, height))
    top, bottom = ((0.0, t0), (width, t1)), ((0.0, height - b0), (width, height - b1))
    corners = [_crossing(*pair) for pair in ((left, top), (right, top), (right, bottom), (left, bottom))]
    sheet: Quad = (np.array(corners) / factor).astype(np.float32)
    return sheet


Point = tuple[float, float]


def _crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point:
    """Return the point where two lines, each through two points, meet."""
    first, second = (np.cross((*line[0], 1.0), (*line[1], 1.0)) for line in (one, other))
    x, y, scale = np.cross(first, second)
    return float(x / scale), float(y / scale)


def _edge(slope: NDArray[np.float32], text: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return the left edge of the sheet as its x in the first and in the last row, or None.

    Of the lines left of all text it is the one with the most rows in which the picture becomes brighter, the innermost
    of equals: the grain of a table lies outside.
    """
    rows, columns = slope.shape
    steep = slope > SLOPE
    steep[:, 1:-1] = steep[:, 1:-1] | steep[:, :-2] | steep[:, 2:]
    reach = min(float(text[:, 0].max()), columns / 2)
    starts = np.arange(-LEAN * columns / 2, reach + LEAN * columns / 2, STEP)
    first, last = (grid.ravel() for grid in np.meshgrid(starts, starts, indexing="ij"))
    share = text[:, 1] / rows
    inside = np.abs(first - last) < LEAN * rows
    bound = np.min(text[:, 0] - first[inside, None] * (1 - share) - last[inside, None] * share, axis=1)
    first, last = first[inside][bound > 0], last[inside][bound > 0]
    if len(first) == 0:
        return None
    heights = np.arange(0, rows, 2)
    xs = np.rint(first[:, None] + (last - first)[:, None] * (heights / rows)).astype(int)
    valid = (xs >= 0) & (xs < columns)
    hits = steep[heights, np.clip(xs, 0, columns - 1)] & valid
    support = hits.mean(axis=1)
    best = int(np.argmax(support + (first + last) * 1e-6))
    if support[best] < SUPPORT:
        return None
    return float(first[best]), float(last[best])
