"""Cells read again: what the first OCR reader saw weakly, or what check digits deny, by a second reader, enlarged.

Arithmetic restores what OCR lost, and just as readily what a forger changed. So a figure is only read again where the
first reader was unsure of it, and an identifier where its own check digits say that it was misread; what the second
reader of the same pixels sees is a proposal, which the whole proof has to accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz

from extractors import tesseract
from extractors.identifiers import Identifier, iban_identifiers, vat_identifiers
from extractors.images import Gray, Picture, clipped, scaled
from extractors.numbers import find_date, parse_number
from extractors.rows import Row
from extractors.vocabulary import compact, labels, page_rows
from model.page import Page, Word, union
from model.reading import SURE, Reading

MOST = 16
"""No more cells of a document are read again."""
HEIGHT = 64
"""Cells are brought to this height in pixels."""
BESIDE, ABOVE = 0.05, -0.1
"""What is cut out beside a cell and above and below it, as shares of its height: a box is higher than its letters, and
Tesseract stumbles over what else a cut-out shows. Of 159 words on photographs, faxes and poor scans it reads .97 so,
and .22 with .3 of their height around them."""
BORDER = 24
"""Pixels of paper around a cut-out: Tesseract overlooks what touches the edge."""
ALIKE = 60.0
"""The least RapidFuzz ratio between an identifier as first read and as read again."""
TWO_READERS = "two readers agree"
"""The check that confirms what no arithmetic does and the first reader was unsure of."""
_WORDS = re.compile(r"number|issue_date|seller\.name|type_code|lines\.\d+\.item_name")
FIGURES = re.compile(r"lines\.\d+\.(?:quantity|net_price|net_amount)|totals\.(?:net|vat|gross)")
DIGITS = "0123456789.,-"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_DOUBLED = re.compile(r"([.,])[.,]+")
"""One mark, smeared, that Tesseract takes for two."""
_FIGURE = re.compile(r"[-\d.,]+")
_AMOUNT = re.compile(r"\D{0,2}[\d.,]*\d[.,]\d\d\D{0,2}")
_VAT_FIELDS = frozenset({"seller_vat_identifier", "buyer_vat_identifier"})
_IBAN = re.compile(r"IBAN\W*", re.IGNORECASE)
_LONGEST_VAT, _LONGEST_IBAN = 5, 9
"""How many words an identifier may fall into."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words of a page, and what the second reader sees in their place."""

    number: int
    words: tuple[Word, ...]
    text: str


Pictures = Callable[[int], Picture]
"""Page number (from 1) to the page as OCR saw it."""


def figures_again(reading: Reading, pages: Sequence[Page], pictures: Pictures) -> tuple[Proposal, ...]:
    """Read the unproven figures again of which the first reader was unsure; those that it reads otherwise.

    Unsure is also what has the shape of an amount and is none: ".4.966.50".
    """
    found: list[Proposal] = []
    for page, word in [*_weak(reading, pages), *_unread(pages)][:MOST]:
        raw = tesseract.cell(cut_out(page, (word,), pictures(page.number).gray), DIGITS)
        text = _DOUBLED.sub(r"\1", raw)
        seen, said = parse_number(text), parse_number(word.text)
        if seen is not None and (said is None or seen.value != said.value):
            found.append(Proposal(page.number, (word,), text))
    return tuple(found)


def identifiers_again(pages: Sequence[Page], pictures: Pictures) -> tuple[Proposal, ...]:
    """Read the VAT identifiers and IBANs again whose check digits are wrong; those that it reads right."""
    found: list[Proposal] = []
    for page, words in list(_denied(pages))[:MOST]:
        said = "".join(word.text for word in words)
        text = tesseract.cell(cut_out(page, words, pictures(page.number).gray), LETTERS)
        seen = next((x for x in _identifiers(Row(page, (Word(text, union(w.box for w in words)),))) if x.valid), None)
        if seen is not None and fuzz.ratio(said, seen.value) >= ALIKE:
            found.append(Proposal(page.number, words, seen.value))
    return tuple(found)


def confirmed(reading: Reading, pages: Sequence[Page], seen: Sequence[Page], pictures: Pictures) -> tuple[str, ...]:
    """Return the field paths, of those that no arithmetic proves, whose doubtful words the other reader sees alike.

    What Tesseract was unsure of is sought on the pages as another reader has `seen` them.
    """
    found: list[str] = []
    others = {page.number: page for page in seen if page.origin == "ocr" and page.rung != tesseract.RUNG}
    for path, page, words in list(_doubtful(reading, pages))[:MOST]:
        if page.rung == tesseract.RUNG:
            alike = all(_stands_on(others.get(page.number), word) for word in words)
        else:
            gray = pictures(page.number).gray
            again = {word: tesseract.cell(cut_out(page, (word,), gray)) for word in words}
            alike = all(compact(text) == compact(word.text) for word, text in again.items())
            alike = alike or (path == "issue_date" and _same_date(reading.evidence[path].words(page), again))
        if alike:
            found.append(path)
    return tuple(found)


def _same_date(words: Iterable[Word], again: Mapping[Word, str]) -> bool:
    """Whether a date is the same with some of its words read again: "06 Jjul 2026"."""
    every = list(words)
    first, second = (
        find_date(" ".join(texts)) for texts in ([w.text for w in every], [again.get(w, w.text) for w in every])
    )
    return first is not None and second is not None and first[0] == second[0]


def _stands_on(page: Page | None, word: Word) -> bool:
    """Whether a page says the same at a word's place."""
    there = (other for other in page.words if word.box.meets(other.box)) if page is not None else ()
    return any(compact(other.text) == compact(word.text) for other in there)


def _doubtful(reading: Reading, pages: Sequence[Page]) -> Iterator[tuple[str, Page, tuple[Word, ...]]]:
    """Yield the fields that an OCR reader was not sure of, with their doubtful words: of a name those with digits."""
    by_number = {page.number: page for page in pages if page.origin == "ocr"}
    for path, found in reading.evidence.items():
        page = by_number.get(found.page)
        if page is None or reading.sure(path) or page.rung != found.rung or not _WORDS.fullmatch(path):
            continue
        weak = [word for word in found.words(page) if word.confidence < SURE]
        telling = tuple(word for word in weak if any(c.isdigit() for c in word.text) or "item_name" not in path)
        if telling:
            yield path, page, telling


def replaced(pages: Sequence[Page], proposals: Sequence[Proposal]) -> tuple[Page, ...]:
    """Return the pages with the proposed words in place of those first read."""
    return tuple(_replaced(page, [x for x in proposals if x.number == page.number]) for page in pages)


def _replaced(page: Page, proposals: Sequence[Proposal]) -> Page:
    gone = {id(word) for proposal in proposals for word in proposal.words}
    kept = [word for word in page.words if id(word) not in gone]
    return replace(page, words=(*kept, *map(_word, proposals))) if proposals else page


def _word(proposal: Proposal) -> Word:
    box = union(word.box for word in proposal.words)
    said = " ".join(word.text for word in proposal.words)
    return Word(proposal.text, box, min(word.confidence for word in proposal.words), said)


def cut_out(page: Page, words: Sequence[Word], gray: Gray) -> Gray:
    """Return the picture of some words, enlarged, with paper around it."""
    box = union(word.box for word in words)
    cut = clipped(gray, box, gray.shape[1] / page.width, BESIDE * box.height, ABOVE * box.height)
    if not cut.size:
        return np.full((HEIGHT, HEIGHT), 255, np.uint8)
    large = scaled(cut, HEIGHT / cut.shape[0])
    return np.pad(large, BORDER, constant_values=int(np.percentile(large, 90)))


def _weak(reading: Reading, pages: Sequence[Page]) -> Iterator[tuple[Page, Word]]:
    """Yield the words of unproven figures that an OCR reader was not sure of."""
    by_number = {page.number: page for page in pages if page.origin == "ocr"}
    taken: set[int] = set()
    for path, found in reading.evidence.items():
        page = by_number.get(found.page)
        if page is None or found.box is None or found.proof or not FIGURES.fullmatch(path):
            continue
        for word in found.words(page):
            if word.confidence < SURE and id(word) not in taken and _FIGURE.fullmatch(word.text):
                taken.add(id(word))
                yield page, word


def _unread(pages: Sequence[Page]) -> Iterator[tuple[Page, Word]]:
    """Yield the words of OCR pages that have two decimals and are no number and no date."""
    every = ((page, word) for page in pages if page.origin == "ocr" for word in page.words)
    for page, word in every:
        if _AMOUNT.fullmatch(word.text) and parse_number(word.text) is None and find_date(word.text) is None:
            yield page, word


def _denied(pages: Sequence[Page]) -> Iterator[tuple[Page, tuple[Word, ...]]]:
    """Yield what stands where an identifier should and is none: behind its label, or of its shape."""
    for page in pages:
        for row in page_rows(page) if page.origin == "ocr" else ():
            found = list(_identifiers(row))
            valid = {i for x in found if x.valid for i in range(x.start, x.start + len(x.spot.words))}
            shaped = [(x.start, x.start + len(x.spot.words)) for x in found if not x.valid]
            places = [place for place in _places(row) if valid.isdisjoint(range(*place))]
            if not places:
                places = [place for place in shaped if valid.isdisjoint(range(*place))]
            owned = (_own(page, row.words[start:end]) for start, end in places)
            yield from ((page, words) for words in owned if words)


def _places(row: Row) -> Iterator[tuple[int, int]]:
    """Yield where identifiers have to stand: behind their labels."""
    starts = [(x.end, _LONGEST_VAT) for x in labels(row) if x.fields & _VAT_FIELDS]
    starts += [(i + 1, _LONGEST_IBAN) for i, word in enumerate(row.words) if _IBAN.fullmatch(word.text)]
    for start, longest in starts:
        ends = [label.start for label in labels(row) if label.start >= start]
        ends += [i for i in range(start + 1, len(row.words)) if row.gap(i) > 2 * row.height]
        end = min([*ends, start + longest, len(row.words)])
        if any(c.isdigit() for word in row.words[start:end] for c in word.text):
            yield start, end


def _identifiers(row: Row) -> Iterator[Identifier]:
    yield from vat_identifiers(row)
    yield from iban_identifiers(row)


def _own(page: Page, words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of the page that a row's words are, or are parts of."""
    box = union(word.box for word in words)
    inside = (w for w in page.words if box.x0 <= w.box.centre <= box.x1 and box.top <= w.box.middle <= box.bottom)
    return tuple(sorted(inside, key=lambda word: word.box.x0))
