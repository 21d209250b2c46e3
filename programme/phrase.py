"""An item name taken apart: which words name the thing that is sold, and which only what it is for or comes with."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from programme.catalogue import Catalogue
from programme.spelling import MAKER, MAKERS_NAME, fold, look_alike
from programme.words import Meaning, is_word, listed, meaning

LONGEST = 4
"""Words that a model's name may be printed in: 'M 18 - KLE' are three."""

MOST_KNOWN = 50_000
"""No more item names are remembered with a catalogue."""
MISREAD = 2
"""A misread name is looked for in so many words."""

_TOKEN = re.compile(r"[A-Z0-9]+")
_JOINT = re.compile(r"[\s\-\u2013_.]*")
_MISREADABLE = re.compile(r"[A-Z]{0,2}[0-9OILSB]{2,4}[A-Z]{0,2}")
_MIXED = re.compile(r"(?=[0-9]*[A-Z])(?=[A-Z]*[0-9])[A-Z0-9]{2,16}")
_SIGN = re.compile(r"[][(),:;|+]")
_ABBREVIATED = {"F": ". ", "M": ".", "O": "./", "W": "/"}
"""One-letter words count as 'für', 'mit', 'ohne', 'with' only where one of these signs follows."""


class Zone(Enum):
    """What a word of an item name is about."""

    HEAD = auto()
    """The thing itself."""
    NOTE = auto()
    """A remark in brackets or after a colon, once the thing is named."""
    INCLUDED = auto()
    """What comes with it."""
    EXCLUDED = auto()
    """What does not come with it."""
    RELATED = auto()
    """What it is for or fits."""


class Token(NamedTuple):
    """A folded word with the signs before and after it, and what a walk along the item name made of it.

    `segment` is the part between commas, from 0; `maker` tells whether it is the maker's name, `says` what else it
    means.
    """

    word: str
    before: str
    after: str
    zone: Zone = Zone.HEAD
    segment: int = 0
    maker: bool = False
    says: Meaning = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """Words `start` up to, not including, `stop` that name `models`; `misread`: only if OCR took letters for digits."""

    start: int
    stop: int
    models: tuple[str, ...]
    misread: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """An item name: its words with their zones, and the spans that name models of the catalogue."""

    tokens: tuple[Token, ...]
    spans: tuple[Span, ...]


def parse(name: str, catalogue: Catalogue) -> Phrase:
    """Take an item name apart. A distributor's item names come again and again: they are taken apart once."""
    known: dict[str, Phrase] = catalogue.phrases
    if name not in known:
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[name] = _parse(name, catalogue)
    return known[name]


def _parse(name: str, catalogue: Catalogue) -> Phrase:
    tokens = tuple(_split_maker(_tokens(fold(name))))
    spans = tuple(_spans(tokens, catalogue))
    return Phrase(tuple(_zoned(tokens, spans)), spans)


@lru_cache(maxsize=65536)
def is_maker(word: str) -> bool:
    """Tell whether a folded word is the maker's name, also with one letter misread, lost or too many."""
    if word in MAKER:
        return True
    near = len(word) >= 3 and Levenshtein.distance(look_alike(word.replace("RN", "M")), look_alike("SNOM")) <= 1
    return near and not word.isdigit() and meaning(word) == "unknown"


def follows_maker(tokens: Sequence[Token], position: int) -> bool:
    """Tell whether the maker's name stands before this word, with nothing but words of no model's between.

    A letter before a number is part of another name: 'Snom D 710' is no 710.
    """
    for token in reversed(tokens[:position]):
        if is_maker(token.word):
            return True
        if token.word.isdigit() or len(token.word) == 1 or listed(token.word) not in ("neutral", "device"):
            return False
    return False


def unlisted_model(phrase: Phrase) -> str | None:
    """Return what is written like one of the maker's models and is none of the catalogue: D999, D 78, 785, D7XX."""
    tokens = phrase.tokens
    maker = next((i for i, token in enumerate(tokens) if token.maker), len(tokens))
    shapes = (_shape(tokens, position) for position in range(maker + 1, len(tokens)))
    return next(filter(None, shapes), None)


def _shape(tokens: Sequence[Token], position: int) -> str | None:
    token, after = tokens[position], tokens[position + 1 : position + 2]
    if token.zone is not Zone.HEAD:
        return None
    if token.word.isdigit():
        beside = tokens[position - 1].word in MAKERS_NAME
        return token.word if len(token.word) == 3 or (beside and 2 <= len(token.word) <= 4) else None
    if len(token.word) == 1 and after and after[0].word[0].isdigit() and _JOINT.fullmatch(token.after):
        return token.word + after[0].word
    return token.word if _MIXED.fullmatch(token.word) and meaning(token.word) == "unknown" else None


def _tokens(text: str) -> list[Token]:
    found = list(_TOKEN.finditer(text))
    ends = [0, *(match.end() for match in found)]
    starts = [*(match.start() for match in found), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    return [Token(match.group(), gaps[i], gaps[i + 1]) for i, match in enumerate(found)]


def _split_maker(tokens: Sequence[Token]) -> Iterator[Token]:
    """Part the maker's name from what is glued to it: SNOMD785, PVSNOM370, TELEFONSNOM."""
    for token in tokens:
        if "SNOM" not in token.word:
            yield token
            continue
        before, maker, after = token.word.partition("SNOM")
        parts = [part for part in (before, maker, after) if part]
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            yield Token(part, token.before if place == 0 else "", token.after if last else "")


def _spans(tokens: Sequence[Token], catalogue: Catalogue) -> Iterator[Span]:
    """Yield the spans that name models, from left to right; an alias may be the whole item name."""
    whole = "".join(token.word for token in tokens if token.word not in MAKERS_NAME)
    if len(tokens) > LONGEST and whole in catalogue.by_spelling:
        yield Span(0, len(tokens), (catalogue.by_spelling[whole].model,))
        return
    position = 0
    while position < len(tokens):
        begins = look_alike(tokens[position].word[:2]) in catalogue.beginnings
        lengths = range(LONGEST, 0, -1) if begins else ()
        span = next(filter(None, (_span(tokens, position, n, catalogue) for n in lengths)), None)
        if span is not None:
            yield _torn(span, tokens, catalogue)
        position = span.stop if span else position + 1


def _span(tokens: Sequence[Token], start: int, count: int, catalogue: Catalogue) -> Span | None:
    """Return the model that these words name, if they can be one name and the catalogue has it."""
    part = tokens[start : start + count]
    spelling = "".join([token.word for token in part])
    product = catalogue.by_spelling.get(spelling)
    models = (product.model,) if product else _misread(spelling, count, catalogue)
    if len(models) != 1 or len(part) < count or not _one_name(part):
        return None
    plain = spelling.isdigit() or spelling.isalpha()
    if plain and not (follows_maker(tokens, start) or _continues(tokens, start)):
        return None
    return Span(start, start + count, models, misread=product is None)


def _misread(spelling: str, count: int, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the models that one or two words may name if OCR took letters for digits."""
    if count > MISREAD or not _MISREADABLE.fullmatch(spelling) or spelling.isalpha():
        return ()
    return catalogue.by_look_alike.get(look_alike(spelling), ())


def _torn(span: Span, tokens: Sequence[Token], catalogue: Catalogue) -> Span:
    """Add the model that the name would be if the number after it belonged to it: 'D7 85' may be D785."""
    after = tokens[span.stop : span.stop + 1]
    if not after or not after[0].word.isdigit() or after[0].before.strip():
        return span
    longer = "".join(token.word for token in tokens[span.start : span.stop + 1])
    product = catalogue.by_spelling.get(longer)
    return span if product is None else replace(span, models=(*span.models, product.model))


def _one_name(part: Sequence[Token]) -> bool:
    """Tell whether words can be one model's name: joined by blanks and hyphens, no two numbers side by side."""
    pairs = pairwise(part)
    return all(
        _JOINT.fullmatch(right.before) and not (left.word[-1].isdigit() and right.word[0].isdigit())
        for left, right in pairs
    )


def _continues(tokens: Sequence[Token], position: int) -> bool:
    """Tell whether a number goes on an enumeration that the maker's name began: 'snom 720/760'."""
    while position > 0 and "/" in tokens[position].before:
        position -= 1
        if follows_maker(tokens, position):
            return True
    return False


def _zoned(tokens: Sequence[Token], spans: Sequence[Span]) -> Iterator[Token]:
    """Give each word its zone and segment, from left to right."""
    naming = {position for span in spans for position in range(span.start, span.stop)}
    walk = _Walk()
    for position, token in enumerate(tokens):
        walk = walk.past(token.before).into(token, first=position == 0)
        word, before, after, *_ = token
        yield Token(word, before, after, walk.zone, walk.segment, is_maker(word), meaning(word))
        if walk.zone is Zone.HEAD and position in naming:
            walk = walk._replace(named=True)


@lru_cache(maxsize=65536)
def _zone_after(word: str) -> Zone | None:
    """Return the zone that a word begins, if it is one of relation: "for", "without", "with"."""
    zones = {"relation": Zone.RELATED, "excluding": Zone.EXCLUDED, "including": Zone.INCLUDED}
    return next((zone for name, zone in zones.items() if is_word(word, name)), None)


class _Walk(NamedTuple):
    """Where a walk along an item name stands: the zone, those around open brackets, whether the thing is named."""

    zone: Zone = Zone.HEAD
    around: tuple[Zone, ...] = ()
    segment: int = 0
    named: bool = False

    def past(self, signs: str) -> "_Walk":
        """Go past the signs between two words."""
        walk = self
        for sign in signs if _SIGN.search(signs) else ():
            walk = walk._sign(sign)
        return walk

    def _sign(self, sign: str) -> "_Walk":
        if sign in "([":
            inside = Zone.NOTE if self.named and self.zone is Zone.HEAD else self.zone
            return self._replace(around=(*self.around, self.zone), zone=inside)
        if sign in ")]" and self.around:
            return self._replace(zone=self.around[-1], around=self.around[:-1])
        if sign == ":" and self.named and self.zone is Zone.HEAD:
            return self._replace(zone=Zone.NOTE)
        if sign in ",;|+":
            ends = self.zone is Zone.EXCLUDED or (self.zone is Zone.INCLUDED and not self.named)
            return self._replace(segment=self.segment + 1, zone=self._base() if ends else self.zone)
        return self

    def _base(self) -> Zone:
        return Zone.NOTE if self.around and self.named else Zone.HEAD

    def into(self, token: Token, *, first: bool) -> "_Walk":
        """Go to the next word; words of relation stay in force to the end, for what follows is a list of models."""
        signs = _ABBREVIATED.get(token.word)
        if self.zone is Zone.RELATED or (signs is not None and (first or token.after[:1] not in tuple(signs))):
            return self
        zone = _zone_after(token.word)
        if zone is not None:
            return self._replace(zone=zone)
        ends = self.zone in (Zone.INCLUDED, Zone.EXCLUDED) and not self.named and is_maker(token.word)
        return self._replace(zone=self._base()) if ends else self
