"""Pages as an operator sees them: the picture of each, with the places of the values over it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from model.reading import Reading
from portal.pictures import Pictures, drawn
from store.documents import Document
from store.images import PageImage

Kind = Literal["read", "proven", "doubt", "clash"]
KINDS: tuple[Kind, ...] = ("read", "proven", "doubt", "clash")
MARGIN = 45
"""Pixels of page above and below a place that is cut out."""
FOOT = 0.12
"""The share of a page that is its foot."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page in the pixels of its picture; `kind` tells what speaks for it, `path` is its value's."""

    path: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with what stands on it."""

    number: int
    picture: PageImage
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A strip of a page, from `top` on and so high, with the places on it that it is cut out for."""

    page: int
    picture: PageImage
    top: float
    height: float
    boxes: tuple[Box, ...]


def sheets(pictures: Pictures, document: Document, read: Reading | None, clashing: Collection[str]) -> Iterator[Sheet]:
    """Yield the pages of a document that can be shown; the values at the paths `clashing` are contradicted."""
    if read is None:
        return
    for number, picture in drawn(pictures, document, range(1, read.page_count + 1)):
        found = [path for path, one in read.evidence.items() if one.page == number and one.box is not None]
        boxes = [box(path, read, picture, clashing) for path in found]
        # What is wrong is drawn last, above the others.
        yield Sheet(number, picture, tuple(sorted(boxes, key=lambda one: KINDS.index(one.kind))))


def box(path: str, read: Reading, picture: PageImage, clashing: Collection[str]) -> Box:
    """Return the place of a value on the picture of its page."""
    x0, top, x1, bottom = read.evidence[path].box or (0, 0, 0, 0)
    across, down = picture.width, picture.height
    sure: Kind = "proven" if read.proven(path) else "read" if read.sure(path) else "doubt"
    kind: Kind = "clash" if path in clashing else sure
    shares = (x0 * across, top * down, (x1 - x0) * across, (bottom - top) * down)
    return Box(path, kind, *(round(one, 1) for one in shares))


def cuts(paths: Collection[str], read: Reading, shown: Collection[Sheet], clashing: Collection[str]) -> Iterator[Cut]:
    """Yield what shows the places of some values: one strip for those that stand close together on a page."""
    for sheet in shown:
        there = [
            box(path, read, sheet.picture, clashing)
            for path in paths
            if (found := read.evidence.get(path)) is not None and found.page == sheet.number and found.box is not None
        ]
        for group in _close(sorted(there, key=lambda one: one.y)):
            top = max(group[0].y - MARGIN, 0)
            bottom = min(max(one.y + one.height for one in group) + MARGIN, sheet.picture.height)
            yield Cut(sheet.number, sheet.picture, round(top, 1), round(bottom - top, 1), tuple(group))


def foot(sheet: Sheet) -> Cut:
    """Return the foot of a page, where sellers print their identifiers."""
    height = round(sheet.picture.height * FOOT, 1)
    return Cut(sheet.number, sheet.picture, sheet.picture.height - height, height, ())


def _close(boxes: list[Box]) -> Iterator[list[Box]]:
    group: list[Box] = []
    for one in boxes:
        if group and one.y - (group[-1].y + group[-1].height) > 2 * MARGIN:
            yield group
            group = []
        group.append(one)
    if group:
        yield group
