"""Words to rows, by geometry alone; figures and texts on a row with the place where they stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from extractors.numbers import APOSTROPHES, Mark, Number, parse_number
from model.page import Box, Page, Word, union
from model.reading import Evidence

ROW_SHIFT = 0.5
"""A word belongs to a row if its middle lies within this share of the height of the row's own middle."""
TORN = 0.8
"""The widest gap, in letter heights, that OCR leaves behind a decimal mark."""
COVERS = 0.3
"""Two words that share more of the narrower one's width than this are not on one base line ..."""
OVERLAPS = 0.6
"""... but a text that runs on into the next column's, on the very same base line, may share so much."""
SAME_LINE = 0.05
"""Two words stand on the very same base line if their edges differ by less than this share of the height."""
BLANK = 0.9
"""A wider gap between two words, in letter heights, separates cells; a narrower one is a blank within a text."""
THOUSANDS_BLANK = 0.62
"""The widest blank, in letter heights, that can stand between groups of three digits ("1 234,56")."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Words of one page that make up a value: where it stands."""

    page: Page
    words: tuple[Word, ...]

    @property
    def box(self) -> Box:
        """The box around the words, in points."""
        return union(word.box for word in self.words)

    @property
    def text(self) -> str:
        """The words as read, joined by one blank."""
        return " ".join(word.text for word in self.words)

    def doubted(self, most: float) -> Spot:
        """Return the same place, its words believed no more than this."""
        words = (replace(word, confidence=min(word.confidence, most)) for word in self.words)
        return Spot(self.page, tuple(words))

    def evidence(self, proof: Iterable[str] = ()) -> Evidence:
        """Return this place as evidence: the box in shares of the page."""
        box, page = self.box, self.page
        shares = (box.x0 / page.width, box.top / page.height, box.x1 / page.width, box.bottom / page.height)
        return Evidence(
            page=page.number,
            box=tuple(round(min(max(share, 0.0), 1.0), 4) for share in shares),
            text=" ".join(word.first or word.text for word in self.words),
            rung=page.rung,
            confidence=min(word.confidence for word in self.words),
            repaired=any(word.first is not None for word in self.words),
            proof=tuple(proof),
        )


@dataclass(frozen=True, eq=False)
class Row:
    """Words on one base line of a page, from left to right; each row is itself, so that what it holds can be kept."""

    page: Page
    words: tuple[Word, ...]

    @cached_property
    def box(self) -> Box:
        """The box around the row, in points."""
        return union(word.box for word in self.words)

    @cached_property
    def height(self) -> float:
        """The height of the row's letters: the median over its words."""
        heights = sorted(word.box.height for word in self.words)
        return max(heights[len(heights) // 2], 1.0)

    @cached_property
    def text(self) -> str:
        """The words joined by one blank."""
        return " ".join(word.text for word in self.words)

    def spot(self, start: int = 0, end: int | None = None) -> Spot:
        """Return the words from start up to end as a place."""
        return Spot(self.page, self.words[start:end])

    def cells(self) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of the groups of words that stand closer together than a column's gap."""
        return self._cells

    @cached_property
    def _cells(self) -> tuple[tuple[int, int], ...]:
        apart = [i for i in range(1, len(self.words)) if self.gap(i) > BLANK * self.height]
        return tuple(pairwise([0, *apart, len(self.words)]))

    def cell(self, index: int) -> tuple[int, int]:
        """Return (start, end) of the cell in which the word at this index stands."""
        return next((start, end) for start, end in self._cells if start <= index < end)

    def gap(self, index: int) -> float:
        """The blank before the word at this index, in points."""
        return self.words[index].box.x0 - self.words[index - 1].box.x1


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on a row: its value, its place, and the indices of its words on the row."""

    number: Number
    spot: Spot
    start: int
    end: int


@dataclass(slots=True)
class _Group:
    """Words on one level, while a row is gathered: their middles' sum, and the tallest one's height."""

    words: list[Word]
    middles: float
    tallest: float

    @property
    def middle(self) -> float:
        """The mean of the words' middles."""
        return self.middles / len(self.words)

    def takes(self, word: Word) -> bool:
        """Whether a word stands on this level, and above or below none of its words."""
        height = min(word.box.height, self.tallest)
        level = abs(word.box.middle - self.middle) < ROW_SHIFT * height
        return level and not any(_covers(other.box, word.box) for other in self.words)

    def add(self, word: Word) -> None:
        """Take a word in."""
        self.words.append(word)
        self.middles += word.box.middle
        self.tallest = max(self.tallest, word.box.height)


def rows_of(page: Page) -> tuple[Row, ...]:
    """Gather the words of a page to rows, from top to bottom."""
    words = sorted((part for word in page.words for part in _split(word)), key=lambda w: w.box.middle)
    groups: list[_Group] = []
    for word in words:
        level = [group for group in groups[-6:] if group.takes(word)]
        if level:
            min(level, key=lambda group: abs(group.middle - word.box.middle)).add(word)
        else:
            groups.append(_Group([word], word.box.middle, word.box.height))
    groups.sort(key=lambda group: group.middle)
    ordered = (sorted(group.words, key=lambda w: w.box.x0) for group in groups)
    if page.origin == "ocr":
        return tuple(Row(page, tuple(_parted(list(_mended(group))))) for group in ordered)
    return tuple(Row(page, tuple(group)) for group in ordered)


def _parted(words: Sequence[Word]) -> Iterator[Word]:
    """Part a count from the unit that OCR glued to it where they stand alone in their cell: "5kg"."""
    for index, word in enumerate(words):
        found = _COUNTED.fullmatch(word.text)
        before = word.box.x0 - words[index - 1].box.x1 if index else math.inf
        behind = words[index + 1].box.x0 - word.box.x1 if index + 1 < len(words) else math.inf
        if found is None or min(before, behind) <= BLANK * word.box.height:
            yield word
        else:
            yield from _cut(word, found["count"])


_COUNTED = re.compile(r"(?P<count>\d{1,4}(?:[.,]\d{1,3})?)[^\W\d_]{1,4}[.²³]?")


def _mended(words: Sequence[Word]) -> Iterator[Word]:
    """Join what OCR tore apart: "129, 60"."""
    held: Word | None = None
    for word in words:
        if held is not None and _torn(held, word):
            first = None if held.first == word.first else (held.first or held.text) + (word.first or word.text)
            confidence = min(held.confidence, word.confidence)
            held = Word(held.text + word.text, union((held.box, word.box)), confidence, first)
            continue
        if held is not None:
            yield held
        held = word
    if held is not None:
        yield held


def _torn(left: Word, right: Word) -> bool:
    """Whether two words are parts of one figure, date or number: its marks stand as wide as blanks in some faces."""
    if right.box.x0 - left.box.x1 >= TORN * min(left.box.height, right.box.height):
        return False
    return any(one.fullmatch(left.text) and other.fullmatch(right.text) for one, other in _TORN_APART)


_TORN_APART = tuple(
    (re.compile(left), re.compile(right))
    for left, right in (
        (r"[-\d.,]*\d[.,]", r"\d.*|-"),  # "129, 60", "157, -"
        (r".*\d", r"[.,](?:\d[\d.,]*(?:-\d+)*)?"),  # "129 ,60"
        (r"-?\d[\d.,]*[.,]\d", r"\d"),  # "44,1 1"
        (r"-?\d{1,3}", rf"[{APOSTROPHES}]\d{{3}}.*"),  # "10 '656.50"
    )
)


def _covers(one: Box, other: Box) -> bool:
    """Whether two words stand above each other: words on one base line never do."""
    if one.x1 <= other.x0 or other.x1 <= one.x0:
        return False
    near = SAME_LINE * min(one.height, other.height)
    same = abs(one.top - other.top) < near and abs(one.bottom - other.bottom) < near
    return min(one.x1, other.x1) - max(one.x0, other.x0) > (OVERLAPS if same else COVERS) * min(one.width, other.width)


_GLUED = re.compile(
    r"(?P<label>[^\W\d_][\w.\-/ ]*:)(?P<value>[^\s/].*)"  # "Kundennummer:2"
    r"|(?P<count>\d{1,4})(?P<unit>[^\W\d_]{1,6}\.?)"  # "4Stck"
)
_UNITS = frozenset("stk stck stück st pcs pce ea psch pauschal std x lot set".split())


def _split(word: Word) -> Iterator[Word]:
    """Split a word that a reader glued: a label and its value, a count and its unit."""
    found = _GLUED.fullmatch(word.text)
    if found is None or (found["unit"] and found["unit"].casefold().rstrip(".") not in _UNITS):
        yield word
        return
    yield from _cut(word, found["label"] or found["count"])


def _cut(word: Word, first: str) -> Iterator[Word]:
    """Cut a word behind its first letters."""
    box = word.box
    share = box.width * len(first) / len(word.text)
    left, right = Box(box.x0, box.top, box.x0 + share, box.bottom), Box(box.x0 + share, box.top, box.x1, box.bottom)
    yield replace(word, text=first, box=left)
    yield replace(word, text=word.text[len(first) :], box=right)


@lru_cache(maxsize=4096)
def figures(row: Row, mark: Mark) -> tuple[Figure, ...]:
    """Find the numbers on a row, with the signs, blanks and currency words that belong to them."""
    found: list[Figure] = []
    index = 0
    while index < len(row.words):
        begins = _BEGINS.match(row.words[index].text) is not None
        figure = next((f for n in (4, 3, 2, 1) if (f := _figure(row, index, n, mark))), None) if begins else None
        if figure is None:
            index += 1
        else:
            found.append(figure)
            index = figure.end
    return tuple(found)


_BEGINS = re.compile(
    r"[-+\N{EN DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}]|\d|€|\$|£|EUR|USD|GBP|CHF|SFr|Fr", re.IGNORECASE
)
"""A figure begins with a digit, a sign or a currency."""


def joined(row: Row, mark: Mark, every: Sequence[Figure]) -> Iterator[Figure]:
    """Yield what two neighbouring figures may be as one: "4 000" with a blank for thousands, "1 95,98" torn by OCR."""
    for left, right in pairwise(every):
        close = left.end == right.start and row.gap(right.start) < TORN * row.height
        plain = left.number.decimals == 0 and not left.number.percent and left.number.value > 0
        text = "".join(word.text for word in row.words[left.start : right.end])
        thousands = re.fullmatch(r"-?\d{4,6}(?:[.,]\d\d-?)?", text) is not None and right.end - right.start == 1
        if not close or not plain or not (thousands or row.page.origin == "ocr"):
            continue
        number = parse_number(text, mark)
        if number is not None:
            yield Figure(number, row.spot(left.start, right.end), left.start, right.end)


def _figure(row: Row, start: int, length: int, mark: Mark) -> Figure | None:
    words = row.words[start : start + length]
    if len(words) < length:
        return None
    if length > 1 and any(row.gap(start + i) > BLANK * row.height for i in range(1, length)):
        return None
    digits = [word for word in words if any(c.isdigit() for c in word.text)]
    if len(digits) > 1 and not _grouped(row, start, digits):
        return None
    if length > 1 and (not _joins(words[0].text) or not _joins(words[-1].text)):
        return None
    glue = "" if len(digits) > 1 else " "
    text = glue.join(word.text for word in words)
    if row.page.origin == "ocr":
        text = _COLON.sub(mark, text[:-1] if _specked(row, start, text) else text)
    number = parse_number(text, mark)
    return None if number is None else Figure(number, Spot(row.page, words), start, start + length)


_COLON = re.compile(r"(?<=\d):(?=\d\d ?(?:€|EUR))")
"""The mark before the cents as OCR may read it: "85:28 €"."""


def _specked(row: Row, start: int, text: str) -> bool:
    """Whether OCR took a speck behind a number for a mark: "8. Stk", or "8." between other cells, and no more in it."""
    if re.fullmatch(r"\d{1,4}[.,]", text) is None:
        return False
    if any(re.search(r"\d-$", word.text) for word in row.words):
        return False  # it may be the minus of a returned quantity
    cells = row.cells()
    worded = any(a == start and b - a == 2 and row.words[b - 1].text.rstrip(".:").isalpha() for a, b in cells)
    return worded or (start, start + 1) in cells[1:-1]


def _grouped(row: Row, start: int, digits: Sequence[Word]) -> bool:
    """Whether several words with digits are groups of three of one number: "1 234,56"."""
    first, *rest = [word.text for word in digits]
    narrow = all(
        row.gap(start + i) < THOUSANDS_BLANK * row.height for i in range(1, len(digits)) if start + i < len(row.words)
    )
    return (
        narrow
        and re.fullmatch(r"[-\N{MINUS SIGN}]?\d{1,3}", first) is not None
        and all(re.fullmatch(r"\d{3}", text) for text in rest[:-1])
        and re.fullmatch(r"\d{3}[.,](?:\d{2,4}[-\N{MINUS SIGN}.,]?|[-\N{EN DASH}]{1,2})", rest[-1]) is not None
    )


def _joins(text: str) -> bool:
    """Whether a word can be part of a figure of several words: digits, a sign, a currency or a percent sign."""
    return (
        any(c.isdigit() for c in text)
        or re.fullmatch(r"[-+\N{EN DASH}\N{MINUS SIGN}]|%|€|\$|£|EUR|EURO|USD|GBP|CHF", text) is not None
    )
