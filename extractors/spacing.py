"""Lines that OCR read, cut into words: at blanks, at wide gaps, or by the even steps of a page's face."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from extractors.images import Gray, Quad, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

WORD_GAP = 0.3
"""Ink further apart than this share of the line box's height belongs to two words, whether or not a blank was read.

Measured on six scans: 95 % of the gaps between words lie above .16 and 95 % of those inside below .13; what lay above
.3 without a blank was a lost blank in 14 of 16 cases.
"""
LEAST_GAP = 0.2
"""Narrower ones do not even where blanks were read that are no wider."""
UNIT_GAP = 0.22
"""The same between a digit and a letter ("20Stk"), where a lost blank is more likely than anything else."""
EQUAL_FROM = 16
"""Lines of so many letters, digits left out, tell whether a page's face sets all equally far apart ..."""
EQUAL = 0.14
"""... where they are off their places by no more than this share of the step on average ..."""
LEAST = 8
"""Fewer letters tell nothing of their pitch: the recogniser's grid is too coarse."""
NARROWEST = 0.25
"""A narrower pitch, in heights of the line, is near to a column of the grid (a sixth): all stands on its places."""
OTHER = 0.22
"""A pitch that differs from the page's by more than this (natural logarithm) is a chance fit to the coarse grid."""
MOST_LINES = 0.6
"""... on this share of the lines."""
BAND = (0.2, 0.85)
"""The part of a line box, from its top, in which ink counts: rules and neighbouring lines lie outside."""
RULE = 0.8
"""A row of pixels of which this share is dark is a rule, not letters."""
THROUGH = 0.95
"""A column of pixels dark over this share of the line box's height is a rule between two cells."""

Gap = tuple[float, float]
"""Where a stretch without ink begins and ends, in pixels of a line's picture."""


class Line(NamedTuple):
    """A line as read: its place in the page, its picture, its text without blanks and where words begin.

    `centres` (pixels of the picture) and `confidences` stand for one letter each.
    """

    quad: Quad
    picture: Gray
    text: str
    begins: frozenset[int]
    centres: tuple[float, ...]
    confidences: tuple[float, ...]


def words_of(line: Line, pitch: float | None = None) -> Iterator[Seen]:
    """Cut a line into words at blanks and wide gaps, or by the `pitch` of a page whose letters are equally spaced.

    Each word ends where its ink ends.
    """
    height, width = line.picture.shape
    ink = _ink(line.picture)
    centres = line.centres
    gaps = [_gap(ink, left, right) for left, right in pairwise(centres)]
    placed = None if pitch is None else _by_pitch(line, pitch)
    begins = _begins(line, gaps, pitch) if placed is None else placed.begins
    starts = [0, *begins]
    for start, end in zip(starts, [*starts[1:], len(line.text)], strict=True):
        left = gaps[start - 1][1] if start else max(0.0, centres[start] - height / 2)
        right = gaps[end - 1][0] if end < len(line.text) else min(float(width), centres[end - 1] + height / 2)
        spots = np.flatnonzero(ink[int(left) : int(np.ceil(right))])
        x0, x1 = (int(left) + spots[0], int(left) + spots[-1] + 1) if len(spots) else (left, right)
        yield _placed(line, start, end, float(x0), float(x1))


class _Placed(NamedTuple):
    """Letters on places equally far apart: the step as a share of the line's height, and where words begin.

    They begin behind a place that is left free. In such a face the marks of "25.04.2018" stand between gaps as wide as
    blanks, and are read as if they were words.
    """

    pitch: float
    begins: list[int]


def _by_pitch(line: Line, pitch: float | None = None) -> _Placed | None:
    """Put the letters of a line on places equally far apart, near to the page's `pitch`; None if they do not fit."""
    if len(line.centres) < LEAST:
        return None
    height = line.picture.shape[0]
    offsets = np.asarray(line.centres) - line.centres[0]
    pitches = float(np.median(np.diff(offsets))) * np.arange(0.8, 1.25, 0.005)
    pitches = pitches[pitches > NARROWEST * height]
    if pitch is not None:
        pitches = pitches[np.abs(np.log(pitches / (pitch * height))) < OTHER]
    if not len(pitches):
        return None
    places = offsets[None, :] / pitches[:, None]
    apart = np.abs(places - np.rint(places)).mean(axis=1)
    best = int(np.argmin(apart))
    steps = np.diff(np.rint(places[best]))
    if apart[best] > EQUAL or steps.min() < 1:
        return None
    return _Placed(float(pitches[best]) / height, [at for at, step in enumerate(steps, 1) if step >= 2])


def page_pitch(lines: Sequence[Line]) -> float | None:
    """The pitch of most lines, if most that tell are set in a face whose letters stand equally far apart."""
    worded = [_by_pitch(line) for line in lines if sum(map(str.isalpha, line.text)) >= EQUAL_FROM]
    found = [placed.pitch for placed in worded if placed is not None]
    usual = float(np.median(found)) if found else 0.0
    alike = sum(1 for pitch in found if abs(np.log(pitch / usual)) < OTHER / 2)
    return usual if found and alike >= MOST_LINES * len(worded) else None


def _begins(line: Line, gaps: Sequence[Gap], pitch: float | None) -> list[int]:
    """Where words begin: at the blanks that were read, and at gaps as wide as those or wider than any inside a word."""
    wide = [(end - start) / line.picture.shape[0] for start, end in gaps]
    read = [at for at in line.begins if 0 < at < len(line.text)]
    usual = float(np.median([wide[at - 1] for at in read])) if len(read) > 1 else WORD_GAP
    least = min(max(usual, LEAST_GAP), WORD_GAP) if pitch is None else pitch
    unit = UNIT_GAP if pitch is None else pitch
    units = (at for at in range(1, len(line.text)) if line.text[at - 1].isdigit() and line.text[at].isalpha())
    lost = {at for at, gap in enumerate(wide, 1) if gap > least}
    return sorted({*read, *lost, *(at for at in units if wide[at - 1] > unit)})


def _ink(picture: Gray) -> NDArray[np.bool_]:
    """Return for each column of a line's picture whether it holds ink; light letters on dark ground count too."""
    height = picture.shape[0]
    low, ground, high = np.percentile(picture, (2, 50, 98))
    dark = np.abs(picture - ground) > max(high - ground, ground - low) / 2
    letters = dark[int(BAND[0] * height) : max(1, int(np.ceil(BAND[1] * height)))]
    letters = letters[letters.mean(axis=1) < RULE]
    return np.asarray(letters.any(axis=0) & (dark.mean(axis=0) < THROUGH))


def _gap(ink: NDArray[np.bool_], left: float, right: float) -> Gap:
    """Return the widest stretch without ink between the centres of two letters, their middle if there is none."""
    first = int(left)
    edges = np.flatnonzero(np.concatenate([[True], ink[first : int(np.ceil(right)) + 1], [True]]))
    at = int(np.argmax(np.diff(edges)))
    start, end = first + edges[at], first + edges[at + 1] - 1
    return (float(start), float(end)) if end > start else ((left + right) / 2, (left + right) / 2)


def _placed(line: Line, start: int, end: int, x0: float, x1: float) -> Seen:
    """Return letters `start` to `end` of a line as a word in the page, from x0 to x1 of the line's picture."""
    width = line.picture.shape[1]
    upper, lower = line.quad[:2], line.quad[[3, 2]]
    left, right = (
        (upper[0] + lower[0]) / 2 + (upper[1] - upper[0] + lower[1] - lower[0]) / 2 * (x / width) for x in (x0, x1)
    )
    middle = (x0 + x1) / 2 / width
    top, bottom = (float(side[0][1] + (side[1][1] - side[0][1]) * middle) for side in (upper, lower))
    sure = _surely(line.text[start:end], line.confidences[start:end])
    return Seen(line.text[start:end], float(left[0]), top, float(right[0]), bottom, sure)


def _surely(text: str, confidences: Sequence[float]) -> float:
    """How surely a word was read: as its weakest letter, the marks behind it left out."""
    return min(confidences[: len(text.rstrip(".,;:"))] or confidences)
