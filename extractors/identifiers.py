"""Identifiers on a page: VAT identifiers, IBANs, GTINs and register numbers, with their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum import ean as gtin
from stdnum import iban as ibans
from stdnum.eu import vat as vats

from extractors.rows import Row, Spot

_VAT = re.compile(
    r"(?<![A-Z0-9])(?:"
    r"DE ?(?:\d ?){8}\d|ATU ?\d{8}|NL ?(?:\d[ .]?){9}[. ]?B ?\d\d|FR ?[A-Z0-9]{2} ?(?:\d ?){8}\d"
    r"|BE ?[01]?\d{3}[ .]?\d{3}[ .]?\d{3}|LU ?\d{8}|IT ?\d{11}|ES ?[A-Z0-9]\d{7}[A-Z0-9]|PL ?(?:\d ?){9}\d"
    r"|DK ?(?:\d ?){7}\d|SE ?\d{12}|CZ ?\d{8,10}|IE ?\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|GB ?(?:\d ?){8}\d"
    r"|CHE[ -]?\d{3}[ .]?\d{3}[ .]?\d{3}|FI ?\d{8}|PT ?\d{9}|HU ?\d{8}|SK ?\d{10}|SI ?\d{8}|HR ?\d{11}|RO ?\d{2,10}"
    r")(?![A-Z0-9])"
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]){0,30}")
_LABEL = re.compile(r"IBAN\W*$", re.IGNORECASE)
"""What is no valid IBAN is believed to be one only behind this label ..."""
SHORTEST_IBAN = 15
"""... and, where it is too short, only in a text layer, of which nothing can have been overlooked."""
_REGISTER = re.compile(
    r"\b(?P<kind>HR ?[AB])(?:[- ]?(?:Nr\.?|Nummer))?\s*:?(?:\s+[^\W\d]+){0,2}\s*(?P<number>\d[\d ]{1,8}\d)\b"
)
_IBAN_LENGTH = {
    "DE": 22,
    "AT": 20,
    "NL": 18,
    "FR": 27,
    "BE": 16,
    "LU": 20,
    "CH": 21,
    "GB": 22,
    "IT": 27,
    "ES": 24,
    "PL": 28,
    "DK": 18,
    "IE": 22,
    "CZ": 24,
    "SE": 24,
    "FI": 18,
    "PT": 25,
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier without blanks, where it stands, where on its row's text it begins, and whether it checks."""

    value: str
    spot: Spot
    start: int
    valid: bool


def vat_identifiers(row: Row) -> Iterator[Identifier]:
    """Yield the VAT identifiers on a row (BT-31, BT-48)."""
    for found in _VAT.finditer(row.text):
        value = re.sub(r"[ .\-]", "", found.group())
        spot, start = _spot(row, found.start(), found.end())
        yield Identifier(value, spot, start, vats.is_valid(value))


def iban_identifiers(row: Row, following: str = "") -> Iterator[Identifier]:
    """Yield the IBANs on a row (BT-84); one that breaks off at the row's end goes on in the text of the next row."""
    for found in _IBAN.finditer(row.text):
        value = found.group().replace(" ", "")
        length = _IBAN_LENGTH.get(value[:2])
        if length is None:
            continue
        labelled = _LABEL.search(row.text[: found.start()]) is not None
        if len(value) < length and found.end() == len(row.text):
            whole = value + following.replace(" ", "")[: length - len(value)]
            value = whole if ibans.is_valid(whole) else value
        valid = ibans.is_valid(value[:length])
        printed_so = row.page.origin == "text" and len(value) >= SHORTEST_IBAN
        if not valid and not (labelled and (len(value) >= length or printed_so)):
            continue
        spot, start = _spot(row, found.start(), found.start() + _end(found.group(), length))
        value = value[:length]
        yield Identifier(value, spot, start, valid)


def register_numbers(row: Row) -> Iterator[Identifier]:
    """Yield the German commercial register numbers on a row (BT-30): "HRB 104711"."""
    for found in _REGISTER.finditer(row.text):
        spot, start = _spot(row, found.start(), found.end())
        value = f"{found['kind'].replace(' ', '')} {found['number'].replace(' ', '')}"
        yield Identifier(value, spot, start, valid=True)


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN with a right check digit (BT-157)."""
    return bool(gtin.is_valid(text))


def _end(text: str, letters: int) -> int:
    """The length of the part of a text that holds this many letters, blanks not counted."""
    seen = 0
    for index, char in enumerate(text):
        seen += char != " "
        if seen == letters:
            return index + 1
    return len(text)


def _spot(row: Row, start: int, end: int) -> tuple[Spot, int]:
    """Turn a span of the row's text into the words that it touches, and the index of the first."""
    position, first, last = 0, None, 0
    for index, word in enumerate(row.words):
        if position < end and position + len(word.text) > start:
            first = index if first is None else first
            last = index
        position += len(word.text) + 1
    begin = first or 0
    return row.spot(begin, last + 1), begin
