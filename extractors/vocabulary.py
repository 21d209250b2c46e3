"""The words by which invoices name their fields, in German, English, French and Dutch: data, matched tolerantly.

The terms stand in vocabulary.json: `fields` by EN 16931 term, `composed` as words that name a field two by two ("Total"
and "before tax"), `titles` by class of document, and `stems` with which the words for charges and allowances begin or
end ("Frachtanteil", "Treuerabatt"), and `remarks` with the words that open one below a position.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise, product, takewhile

from rapidfuzz import fuzz, process

from extractors.numbers import MONTHS
from extractors.rows import Row, Spot, rows_of
from model.page import Box, Page, Word

SHORT_STEM = 4
"""Shorter stems only begin words: "port" does not end "Support"."""
LABEL_BLANK = 0.98
"""The widest blank within a label, in letter heights."""
COMPOSED_BLANK = 0.6
"""The widest blank between two words that name a field together, and between the words of a misread label."""
LONGEST = 5
"""No label has more words than this."""
FUZZY_FROM = 7
"""Shorter labels must match to the letter: one misread letter makes another word of them."""
LOOKS_FROM = 4
"""Nor must it be shorter to match by the looks of its letters."""
SHORTEST_GLUED = 4
"""A shorter label is not looked for in front of a value that OCR glued to it."""
COMPOSED = (
    ("sum", "net", frozenset({"total_net", "tax_base", "line_net_amount"})),
    ("sum", "gross", frozenset({"total_gross", "line_gross_amount"})),
    ("sum", "vat", frozenset({"total_vat", "line_vat_amount"})),
    ("price", "gross", frozenset({"gross_price"})),
    ("price", "listed", frozenset({"gross_price"})),
    ("price", "net", frozenset({"net_price"})),
    ("price", "discounted", frozenset({"net_price"})),
)
"""What a word of the first kind names together with one of the second."""
ALIKE = 87.0
"""The least RapidFuzz ratio at which a misread label still counts."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label on a row: the fields that it may name, and its words from start up to end."""

    fields: frozenset[str]
    row: Row
    start: int
    end: int

    @property
    def spot(self) -> Spot:
        """Where the label stands."""
        return self.row.spot(self.start, self.end)


def compact(text: str) -> str:
    """Bring a label to the form in which labels are compared: letters, digits and # alone, without case or accents."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if c.isalnum() or c == "#")


@cache
def _data() -> dict[str, dict[str, dict[str, list[str]]]]:
    loaded: dict[str, dict[str, dict[str, list[str]]]] = json.loads(
        files("extractors").joinpath("vocabulary.json").read_text("utf-8")
    )
    return loaded


@cache
def _terms(kind: str) -> dict[str, frozenset[str]]:
    """Return, for "fields" or "titles", the names that each compact term stands for."""
    terms: dict[str, set[str]] = {}
    for name, languages in _data()[kind].items():
        for spelled in (term for texts in languages.values() for term in texts):
            terms.setdefault(compact(spelled), set()).add(name)
    return {term: frozenset(names) for term, names in terms.items()}


@cache
def _long_terms(kind: str) -> tuple[str, ...]:
    return tuple(term for term in _terms(kind) if len(term) >= FUZZY_FROM)


@cache
def _composed() -> dict[str, frozenset[str]]:
    """Return the fields that two words name together, in either order: "Total net", "brutto gesamt"."""
    words = _data()["composed"]
    terms: dict[str, frozenset[str]] = {}
    for one, other, fields in COMPOSED:
        for language in words[one]:
            for pair in product(map(compact, words[one][language]), map(compact, words[other][language])):
                terms["".join(pair)] = terms["".join(reversed(pair))] = fields
    return terms


def _looks(text: str) -> str:
    """Return a compact text with letters that look alike as one of them: OCR reads "Anzahl" as "AnzahI"."""
    return text.translate(_ALIKE)


_ALIKE = str.maketrans("i1j", "lll")


@cache
def _by_looks(kind: str) -> dict[str, frozenset[str]]:
    """Return the names that each term stands for, by its looks."""
    terms: dict[str, frozenset[str]] = {}
    for term, names in _terms(kind).items():
        terms[_looks(term)] = terms.get(_looks(term), frozenset()) | names
    return terms


@lru_cache(maxsize=65536)
def _named(text: str, kind: str, *, fuzzy: bool) -> frozenset[str]:
    exact = _terms(kind).get(text) or (_composed().get(text) if kind == "fields" else None)
    if exact is not None:
        return exact
    if fuzzy and len(text) >= LOOKS_FROM and (looks := _by_looks(kind).get(_looks(text))):
        return looks
    if not fuzzy or len(text) < FUZZY_FROM or sum(c.isalpha() for c in text) < len(text) - 2:
        return frozenset()
    best = process.extractOne(text, _long_terms(kind), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return _terms(kind)[best[0]] if best else frozenset()


_MERCHANT = re.compile(r"e\.\s?[Kk](?:fm|fr)?\b")
"""Behind the name of a registered merchant: "e.K." is no purchase price, which "EK" is."""
_PER_UNIT = re.compile(r"(?:€|EUR)\s?/\s?[^\W\d_]+\.?$")


@lru_cache(maxsize=65536)
def named(text: str, *, fuzzy: bool = False) -> frozenset[str]:
    """Return the fields that this text is a label of; "€/Einheit" names a price by its signs."""
    if _PER_UNIT.match(text):
        return frozenset({"net_price"})
    if _MERCHANT.match(text):
        return frozenset()
    return _named(compact(text), "fields", fuzzy=fuzzy)


@lru_cache(maxsize=4096)
def stemmed(text: str) -> str | None:
    """Return the field whose stem one of the words holds: "allowance", "not_a_device_line" (a charge), or None."""
    words = [compact(word) for word in text.split()]
    for name in ("allowance", "not_a_device_line"):
        stems = {compact(stem) for texts in _data()["stems"][name].values() for stem in texts}
        if any(
            word.startswith(stem) or (len(stem) > SHORT_STEM and word.endswith(stem))
            for word in words
            for stem in stems
        ):
            return name
    return None


@lru_cache(maxsize=8192)
def opens_remark(text: str) -> bool:
    """Whether a text begins with words that open a remark, and says more: "Origin VN, weight 0.85 kg"."""
    words = text.split()
    opening = {compact(term) for terms in _data()["remarks"]["opening"].values() for term in terms}
    return any(compact("".join(words[:count])) in opening for count in range(1, min(4, len(words))))


@lru_cache(maxsize=4096)
def begins_label(text: str, fields: frozenset[str]) -> bool:
    """Whether a text of some length is a label of one of these fields, or the beginning of one."""
    bare = compact(text)
    if len(bare) < FUZZY_FROM:
        return False
    return any(term.startswith(bare) and names & fields for term, names in _terms("fields").items())


def titled(text: str, *, fuzzy: bool = False) -> frozenset[str]:
    """Return the classes of document that this text is a title of."""
    return _named(compact(text), "titles", fuzzy=fuzzy)


@lru_cache(maxsize=16)
def page_rows(page: Page) -> tuple[Row, ...]:
    """Gather the words of a page to rows; labels and values that OCR glued are parted, a text layer has its blanks."""
    if page.origin == "text":
        return rows_of(page)
    return rows_of(replace(page, words=tuple(part for word in page.words for part in unglued(word))))


def unglued(word: Word) -> tuple[Word, ...]:
    """Part what OCR glued: "K-22514,Bestell-Nr.", and a label and its value: "RechnungRG-2026-7", "MwSt.7,00"."""
    comma = _COMMA.search(word.text)
    if comma is not None:
        first, rest = _cut(word, comma.end())
        return *unglued(first), *unglued(rest)
    text = word.text
    for index in range(len(text) - 1, SHORTEST_GLUED - 1, -1):
        if (text[index].isdigit() or text[index].isupper()) and named(text[:index]) and _has_digit(text[index:]):
            return _cut(word, index)
    return (word,)


_COMMA = re.compile(r"(?<=\w\w)[,;](?=[^\W\d_]{2})")


def _cut(word: Word, index: int) -> tuple[Word, Word]:
    middle = word.box.x0 + word.box.width * index / len(word.text)
    left = Box(word.box.x0, word.box.top, middle, word.box.bottom)
    right = Box(middle, word.box.top, word.box.x1, word.box.bottom)
    return replace(word, text=word.text[:index], box=left), replace(word, text=word.text[index:], box=right)


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


@lru_cache(maxsize=8192)
def labels(row: Row) -> tuple[Label, ...]:
    """Return the labels on a row from left to right, each as long as can be; misread ones only between the others."""
    exact = tuple(_found(row, 0, len(row.words), fuzzy=False))
    return exact if row.page.origin == "text" else tuple(_with_misread(row, exact))


RUNNING = 4
"""So many words in one cell are running text, whose labels may be broken over two rows."""


def broken_labels(rows: Sequence[Row], wanted: AbstractSet[str]) -> Iterator[tuple[int, Label]]:
    """Yield the labels that begin at the end of a line of running text and end on the next: "Inv." above "No. 4711".

    Each has the index of the second row, on which its end stands; `wanted` are the fields that it may be for.
    """
    for index, (row, following) in enumerate(pairwise(rows), 1):
        start, end = list(row.cells())[-1]
        wraps = end - start >= RUNNING and abs(row.words[start].box.x0 - following.box.x0) < row.height
        for ahead, behind in ((2, 2), (2, 1), (1, 2), (1, 1)) if wraps else ():
            parts = (*row.words[end - ahead : end], *following.words[:behind])
            fields = named("".join(word.text for word in parts)) if len(parts) == ahead + behind else frozenset()
            if fields & wanted:
                yield index, Label(fields, following, 0, behind)
                break


def _with_misread(row: Row, exact: tuple[Label, ...]) -> Iterator[Label]:
    position = 0
    for label in exact:
        if label.start < position:
            continue
        yield from _found(row, position, label.start, fuzzy=True)
        longer = _longer(label)
        yield longer
        position = longer.end
    yield from _found(row, position, len(row.words), fuzzy=True)


_MISREAD = re.compile(r"[^\W\d_]{3,}[.:]?")
"""What may be a misread word of a label: "RG" and "Nr" would both be alike."""


def _may_be_misread(text: str) -> bool:
    return _MISREAD.fullmatch(text) is not None and text.casefold() not in MONTHS


def _longer(label: Label) -> Label:
    """Return the longer label that a word behind this one makes when it was misread: "Amount duc"."""
    row, start = label.row, label.start
    behind = takewhile(lambda i: _may_be_misread(row.words[i].text), range(label.end, start + _reach(row, start)))
    lengths = range(label.end - start + len(list(behind)), label.end - start, -1)
    return next((x for n in lengths if (x := _label(row, start, n, fuzzy=True))), label)


def _found(row: Row, start: int, end: int, *, fuzzy: bool) -> Iterator[Label]:
    index = start
    while index < end:
        longest = min(_reach(row, index), end - index)
        label = next((x for n in range(longest, 0, -1) if (x := _label(row, index, n, fuzzy=fuzzy))), None)
        if label is None:
            index += 1
        else:
            yield label
            index = label.end


def _reach(row: Row, start: int) -> int:
    """How many words from here on can be one label: none from a mark, and none over a wide gap or behind a colon."""
    if not any(c.isalnum() or c == "#" for c in row.words[start].text):
        return 0
    end = start + 1
    most = min(start + LONGEST, len(row.words))
    while end < most and not row.words[end - 1].text.endswith(":") and row.gap(end) <= LABEL_BLANK * row.height:
        end += 1
    return end - start


def _label(row: Row, start: int, length: int, *, fuzzy: bool) -> Label | None:
    end = start + length
    text = "".join(word.text for word in row.words[start:end])
    names = named(text, fuzzy=fuzzy)
    if names and length > 1 and compact(text) not in _terms("fields"):
        # two headings side by side, "Betrag" and "MwSt.", are no name for one thing
        names = names if all(row.gap(i) < COMPOSED_BLANK * row.height for i in range(start + 1, end)) else frozenset()
    return Label(names, row, start, end) if names else None
