"""Geometry of a page: boxes, words, pages. Slotted classes, for there are thousands on a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Origin = Literal["text", "ocr"]

LONGEST_WORD = 200
"""Characters of a word; what is longer is none, and is cut, so that no pattern meets more without a blank."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points (1/72 inch), origin at the top left of the upright page."""

    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in points."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in points."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The vertical middle, in points from the top."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """The horizontal middle, in points from the left."""
        return (self.x0 + self.x1) / 2

    def meets(self, other: Box) -> bool:
        """Whether two boxes stand on one level and share half of the narrower one's width."""
        shared = min(self.x1, other.x1) - max(self.x0, other.x0)
        return other.top <= self.middle <= other.bottom and shared > 0.5 * min(self.width, other.width)


def union(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around all of the boxes (at least one)."""
    every = tuple(boxes)
    return Box(
        min(b.x0 for b in every),
        min(b.top for b in every),
        max(b.x1 for b in every),
        max(b.bottom for b in every),
    )


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a reader saw it. `confidence` runs from 0 to 1 and is 1.0 for a text layer.

    `first` is what the first reader saw, where a second one that sees something else is believed.
    """

    text: str
    box: Box
    confidence: float = 1.0
    first: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page turned upright, with its words.

    `number` counts from 1; width and height are in points; an image without a believable resolution counts as 842
    points on its longer side. `origin` says whether the words are a text layer or OCR, `rung` which reader saw them.
    `pictured` tells that a picture fills most of the page: a text layer is then somebody's OCR, or stamped on a scan.
    `marked` tells that an OCR page shows more than an empty sheet, whether or not it could be read.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    origin: Origin
    rung: str
    pictured: bool = False
    marked: bool = False

    def holds(self, word: Word) -> bool:
        """Whether any of a word lies on the page: what a cropped page cuts off, its file still holds."""
        box = word.box
        return box.x1 > 0 and box.x0 < self.width and box.bottom > 0 and box.top < self.height
