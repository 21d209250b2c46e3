"""Findings in words: one German and one English sentence for each code and variant, filled with the compared values.

The values come from the document and are hostile text: they are put in once, never interpreted, cleaned of characters
that do not print or that turn the direction of writing, and cut short. Escaping for HTML is left to the template that
shows them.
"""

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Literal

from model.finding import Finding
from model.money import cents

Language = Literal["de", "en"]
Sentences = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By code, variant ("plain": the usual one, without values) and language."""

PLAIN = "plain"
LONGEST_VALUE = 80
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MARKS = {"de": str.maketrans(",.", ".,"), "en": str.maketrans("", "")}


@cache
def sentences() -> Sentences:
    """Return all sentences, as they stand in sentences.toml beside this module."""
    return tomllib.loads(files("validators").joinpath("sentences.toml").read_text(encoding="utf-8"))


def sentence(finding: Finding, language: Language) -> str:
    """Say in one sentence what was found, with the values that were compared.

    An unknown code, an unknown variant and a missing value raise nothing: the code's plain sentence is said instead.
    """
    known = sentences().get(finding.code) or sentences()["unknown"]
    template = known.get(finding.variant or PLAIN, known[PLAIN])[language]
    if {place[1] for place in _PLACE.finditer(template)} - finding.values.keys():
        template = known[PLAIN][language]
    return filled(template, finding.values, language)


def filled(template: str, values: Mapping[str, str], language: Language) -> str:
    """Put values, all of them there, into a sentence with places like {name}, {day:day} and {amount:money}."""
    return _PLACE.sub(lambda place: _shown(values[place[1]], place[2], language), template)


def clean(value: str) -> str:
    """Return a value fit to stand in a sentence: one line, printing characters only, at most LONGEST_VALUE of them."""
    # Cutting first bounds the work on a value of megabytes; what is cut away later only makes it shorter.
    spaced = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in value[: 4 * LONGEST_VALUE])
    text = " ".join("".join(c for c in spaced if not unicodedata.category(c).startswith("C")).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _shown(value: str, kind: str | None, language: Language) -> str:
    if kind == "day":
        return _day(value, language)
    if kind == "money":
        return _money(value, language)
    return clean(value)


def _day(value: str, language: Language) -> str:
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return clean(value)
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _money(value: str, language: Language) -> str:
    try:
        return f"{cents(Decimal(value)):,}".translate(_MARKS[language])
    except InvalidOperation:
        return clean(value)
