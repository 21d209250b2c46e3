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
_DIGIT = r"[\dOoQDIlSBZG]"
_GERMAN = "D ?[E1IlFB8]{1,2} ?"
"""What faxes make of the country's code."""
_VAT_ALIKE = re.compile(rf"(?<![A-Za-z]){_GERMAN}(?P<digits>(?:{_DIGIT}[ .,]{{0,2}}){{8}}{_DIGIT})(?![A-Za-z0-9])")
_IBAN_ALIKE = re.compile(rf"(?<![A-Za-z]){_GERMAN}(?P<digits>(?:{_DIGIT}[ .,]{{0,2}}){{19}}{_DIGIT})(?![A-Za-z0-9])")
LOOK_ALIKES = str.maketrans("OoQDIlSBZG", "0000115826")
"""Letters that OCR reads for the digits they look like."""
_REGISTER = re.compile(
    r"\b(?P<kind>HR ?[AB])(?:[- ]?(?:Nr\.?|Nummer))?\s*:?(?:\s+[^\W\d]+){0,2}\s*"
    r"(?P<number>\d{1,3}(?: \d{2,3}){1,2}|\d{2,9})\b"
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
    """Yield the VAT identifiers on a row (BT-31, BT-48); what is part of an IBAN is none."""
    accounts = [found.span() for found in _IBAN.finditer(row.text) if ibans.is_valid(_bare(found.group()))]
    hits = [(found.start(), found.end(), _bare(found.group())) for found in _VAT.finditer(row.text)]
    hits += [hit for hit in _alike(row, _VAT_ALIKE) if vats.is_valid(hit[2])]
    taken: set[str] = set()
    for start, end, value in hits:
        if value in taken or any(a <= start < b for a, b in accounts):
            continue
        taken.add(value)
        spot, first = _spot(row, start, end)
        yield Identifier(value, spot, first, vats.is_valid(value))


def iban_identifiers(row: Row, following: str = "") -> Iterator[Identifier]:
    """Yield the IBANs on a row (BT-84); one that breaks off at the row's end goes on in the text of the next row."""
    found = list(_ibans(row, following))
    yield from found
    known = {identifier.value for identifier in found if identifier.valid}
    for start, end, value in _alike(row, _IBAN_ALIKE):
        if value not in known and ibans.is_valid(value):
            spot, first = _spot(row, start, end)
            yield Identifier(value, spot, first, valid=True)


def _ibans(row: Row, following: str) -> Iterator[Identifier]:
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
        yield Identifier(value[:length], spot, start, valid)


def _bare(text: str) -> str:
    return re.sub(r"[ .\-]", "", text)


def _alike(row: Row, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    """Yield what OCR made of an identifier: blanks and points within it, letters for the digits that look like them.

    Start and end on the row's text, and the identifier with digits where only digits can be; whoever asks must see
    that its check digits are right.
    """
    if row.page.origin == "ocr":
        for found in pattern.finditer(row.text):
            digits = "".join(char for char in found["digits"] if char.isalnum())
            yield found.start(), found.end(), "DE" + digits.translate(LOOK_ALIKES)


def register_numbers(row: Row) -> Iterator[Identifier]:
    """Yield the German commercial register numbers on a row (BT-30): "HRB 104711"."""
    for found in _REGISTER.finditer(row.text):
        spot, start = _spot(row, found.start(), found.end())
        value = f"{found['kind'].replace(' ', '')} {found['number'].replace(' ', '')}"
        yield Identifier(value, spot, start, valid=True)


def is_vat_identifier(text: str) -> bool:
    """Whether a text is a VAT identifier with right check digits."""
    return bool(vats.is_valid(text))


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
