"""Company names: when two are the same, and when one cannot be a misreading of the other."""

import re
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from programme.spelling import words

FORMS = frozenset(
    {
        *("GMBH", "MBH", "AG", "SE", "KG", "KGAA", "OHG", "UG", "GBR", "EK", "EKFM", "EG", "EV", "CO"),
        *("HAFTUNGSBESCHRANKT", "LTD", "LLC", "INC", "BV", "NV", "SA", "SAS", "SARL", "SRL", "SPA"),
    }
)
"""Words of a legal form in folded spelling."""
_LONG_FORMS = {
    "gesellschaft mit beschränkter haftung": "GmbH",
    "gesellschaft m.b.h.": "GmbH",
    "aktiengesellschaft": "AG",
    "kommanditgesellschaft": "KG",
    "eingetragener kaufmann": "e.K.",
    "eingetragene kauffrau": "e.K.",
}
_LONG = re.compile("|".join(map(re.escape, _LONG_FORMS)), re.IGNORECASE)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_FILLERS = frozenset({"UND", "AND", "ET"})
LETTERS_PER_SLIP = 4
"""A reader gets about one letter in so many wrong on the worst pages; more is another word."""
GLUED_SLIPS = 2
"""So many letters may differ where words were split or glued, blanks aside."""


def same_company(one: str, other: str) -> bool:
    """Tell whether two names are one company's, but for case, umlauts, punctuation and the spelling of the legal form.

    A legal form that only one of them states is no difference; two different ones are.
    """
    left, right = _split(one), _split(other)
    if left[1] and right[1] and left[1] != right[1]:
        return False
    return bool(_spellings(one) & _spellings(other))


def clearly_different(one: str, other: str) -> bool:
    """Tell whether neither name can be the other one misread, shortened or with an addition."""
    left, right = _split(one)[0], _split(other)[0]
    if not left or not right or _within(left, right) or _within(right, left):
        return False
    if len(left) == len(right):
        return not all(map(_slip, left, right))
    return Levenshtein.distance("".join(left), "".join(right)) > GLUED_SLIPS


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return all(any(_slip(word, there) for there in whole) for word in part)


def _slip(one: str, other: str) -> bool:
    return Levenshtein.distance(one, other) <= max(1, min(len(one), len(other)) // LETTERS_PER_SLIP)


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Split a name into its own words and those of its legal form."""
    every = _join_letters(words(_LONG.sub(lambda found: _LONG_FORMS[found[0].lower()], name)))
    own = tuple(word for word in every if word not in FORMS and word not in _FILLERS)
    return own, frozenset(word for word in every if word in FORMS)


@lru_cache(maxsize=4096)
def _spellings(name: str) -> frozenset[str]:
    """Return the name's own words glued together, with umlauts as one letter and as two; none for no words."""
    both = ("".join(_split(name)[0]), "".join(_split(name.translate(_UMLAUTS))[0]))
    return frozenset(spelling for spelling in both if spelling)


def _join_letters(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Join single letters in a row, so that 'e. K.' and 'G.m.b.H.' are one word."""
    runs: list[str] = []
    open_run = False
    for part in parts:
        single = len(part) == 1 and part.isalpha()
        if single and open_run:
            runs[-1] += part
        else:
            runs.append(part)
        open_run = single
    return tuple(runs)
