"""The words of item names, from words.toml: what each says about the thing that a line sells."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from programme.spelling import words

SHORTEST_MISSPELT = 6
"""Shorter words are too much alike to be told apart with a letter wrong."""
LONG_WORD = 10
"""From this length on, two letters may be wrong."""
Meaning = Literal["accessory", "device", "neutral", "other_maker", "unknown"]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_MEASURE = re.compile(r"[0-9]+(MAH|CM|MM|M|W|V|GB|MB|GBIT|MBIT|ER|X|PORT|STK)?")


@cache
def vocabulary() -> dict[str, frozenset[str]]:
    """Return the folded words by the lists of words.toml, with umlauts also as people write them without.

    OCR takes a small l for a capital I and the other way round ("inkI.", "VolP"): those spellings are listed too.
    """
    lists = tomllib.loads(resources.files("programme").joinpath("words.toml").read_text(encoding="utf-8"))
    return {name: frozenset(spelt for word in each for spelt in _spellings(word)) for name, each in lists.items()}


def _spellings(word: str) -> tuple[str, ...]:
    plain, written = "".join(words(word)), "".join(words(word.translate(_UMLAUTS)))
    return plain, written, plain.replace("L", "I"), plain.replace("I", "L")


@cache
def _ending(name: str) -> re.Pattern[str]:
    """Match a word that ends like one of a list, in singular or plural."""
    ends = "|".join(sorted(map(re.escape, vocabulary()[name]), key=len, reverse=True))
    return re.compile(f"(?:{ends})(?:S|N|E|EN|ER|ES)?$")


@lru_cache(maxsize=65536)
def meaning(word: str) -> Meaning:
    """Tell what a folded word says; an accessory's word outweighs a device's: a Telefonhörer is no telephone.

    A word of no list that one of them resembles but for a letter, or two of a long word, says what that one says.
    """
    return listed(word) if listed(word) != "unknown" else _misspelt(word)


@lru_cache(maxsize=65536)
def listed(word: str) -> Meaning:
    """Tell what a folded word says by the lists alone, letter by letter."""
    known = vocabulary()
    if word in known["other_makers"]:
        return "other_maker"
    if word in known["device_words"]:
        return "device"
    if word in known["accessory_words"] or word.startswith(tuple(known["accessory_beginnings"])):
        return "accessory"
    if _ending("accessory_endings").search(word):
        return "accessory"
    if _ending("device_endings").search(word):
        return "device"
    neutral = word in known["neutral"] or len(word) == 1 or _MEASURE.fullmatch(word)
    return "neutral" if neutral else "unknown"


def _misspelt(word: str) -> Meaning:
    """Return the meaning of the listed words that are spelt most like this one or its end, if they agree on one."""
    if len(word) < SHORTEST_MISSPELT or sum(map(str.isdigit, word)) > 1:
        return "unknown"
    slips = 1 if len(word) < LONG_WORD else 2
    near = process.extract(word, _spelling_list(), scorer=Levenshtein.distance, score_cutoff=slips, limit=None)
    least = min((distance for _, distance, _ in near), default=0)
    meanings = {listed(known) for known, distance, _ in near if distance == least}
    meanings = meanings or {
        listed(end) for end in _compound_ends() if Levenshtein.distance(word[-len(end) :], end) <= 1
    }
    return meanings.pop() if len(meanings) == 1 else "unknown"


@cache
def _compound_ends() -> tuple[str, ...]:
    lists = ("accessory_endings", "device_endings")
    return tuple(sorted({word for name in lists for word in vocabulary()[name] if len(word) >= SHORTEST_MISSPELT}))


@cache
def _spelling_list() -> tuple[str, ...]:
    lists = ("accessory_endings", "accessory_words", "device_endings", "device_words", "neutral", "other_makers")
    return tuple(sorted({word for name in lists for word in vocabulary()[name] if len(word) >= SHORTEST_MISSPELT}))


def is_word(word: str, name: str) -> bool:
    """Tell whether a folded word stands in the list of that name."""
    return word in vocabulary()[name]


@lru_cache(maxsize=65536)
def names_pack(word: str) -> bool:
    """Tell whether a folded word names several things sold as one: Bundle, Sparset."""
    return bool(_ending("pack_endings").search(word))
