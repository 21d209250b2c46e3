"""Numbers and dates as invoices print them, in German, English, French and Dutch forms."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mark = Literal[",", "."]
"""The decimal mark of a document."""

MAX_DIGITS = 15
"""Longer runs of digits are identifiers, not amounts."""

_SIGN = "-\N{EN DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}"
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}\N{PRIME}\N{ACUTE ACCENT}"
"""Marks between thousands, as printed and as OCR reads them."""
_CURRENCY = {"€": "EUR", "$": "USD", "£": "GBP", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "CHF": "CHF", "EURO": "EUR"}
_CURRENCY_WORD = r"(?:€|\$|£|EUR|EURO|USD|GBP|CHF|SFr\.?|Fr\.)"
_NUMBER = re.compile(
    rf"(?P<front>[{_SIGN}+]?)\s*(?P<before>{_CURRENCY_WORD})?\s*(?P<inner>[{_SIGN}+]?)\s*"
    rf"(?P<digits>\d[\d.,{APOSTROPHES}]*)(?P<dash>[{_SIGN}]{{0,2}})\s*"
    rf"(?P<unit>%|{_CURRENCY_WORD})?(?P<back>[{_SIGN}]?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed: its value, its printed decimals, and the sign beside it."""

    value: Decimal
    decimals: int
    percent: bool = False
    currency: str | None = None


def parse_number(text: str, mark: Mark = ",") -> Number | None:
    """Read a printed number, or return None; `mark` decides where one mark before three digits is ambiguous."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    digits, dash = found["digits"], found["dash"]
    if dash and not digits.endswith((",", ".")):  # a minus behind the number
        negative_dash, digits_part = True, digits
    else:  # "12,-", "1,384.-"
        negative_dash, digits_part = False, f"{digits}00" if dash else digits
    plain = _plain(digits_part, mark)
    if plain is None:
        return None
    signs = (found["front"], found["inner"], found["back"])
    negative = negative_dash or any(sign and sign in _SIGN for sign in signs)
    whole, _, fraction = plain.partition(".")
    value = Decimal(plain)
    unit = found["unit"] or found["before"] or ""
    return Number(
        -value if negative and value else value,
        2 if dash and not negative_dash else len(fraction),
        unit == "%",
        _CURRENCY.get(unit.upper()) if whole else None,
    )


def _plain(digits: str, mark: Mark) -> str | None:
    """Turn '1.234,56' into '1234.56'; None for what is no number ('1.2.3', a long identifier, '12,')."""
    digits = "".join(c for c in digits if c not in APOSTROPHES)
    if _ENDED.search(digits):
        digits = digits[:-1]
    if sum(c.isdigit() for c in digits) > MAX_DIGITS or digits.endswith((",", ".")):
        return None
    parts = re.split(r"[.,]", digits)
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return digits
    head, last = parts[:-1], parts[-1]
    groups_fit = all(len(p) == 3 for p in head[1:]) and 1 <= len(head[0]) <= 3
    if len(set(marks)) == 2:
        return _joined(head, last) if groups_fit and marks[-1] not in marks[:-1] else None
    if len(marks) > 1:
        return _repeated_mark(head, last) if groups_fit else None
    if len(last) == 3 and marks[0] != mark and groups_fit and head[0] != "0":
        return "".join(parts)
    return _joined(head, last)


_ENDED = re.compile(r"[.,]\d\d[.,]$")
"""Behind two decimals a mark ends a sentence, or is a speck."""


def _repeated_mark(head: list[str], last: str) -> str | None:
    """One mark, several times: thousands, or a decimal mark that was misread ("1.610.30")."""
    if len(last) == 3:
        return "".join(head) + last
    return _joined(head, last) if len(last) == 2 else None


def _joined(head: list[str], last: str) -> str:
    return "".join(head) + "." + last


def decimal_mark(texts: Iterable[str]) -> Mark:
    """Find the decimal mark of a document: the one that stands before two last digits most often."""
    commas = points = 0
    for text in texts:
        commas += bool(re.search(r"\d,(?:\d\d(?!\d)|-)", text)) and not re.search(r"\.\d\d$", text)
        dated = re.search(r"\d\d?\.\d\d?\.\d\d|,\d\d$", text)
        points += bool(re.search(r"\d\.(?:\d\d(?![\d.])|-)", text)) and not dated
    return "." if points > commas else ","


_MONTHS = (
    ("januar", "january", "janvier", "januari", "jan", "janv", "jän", "jänner"),
    ("februar", "february", "février", "februari", "feb", "févr", "fév", "fevrier"),
    ("märz", "march", "mars", "maart", "mär", "mrz", "mar", "mrt", "maerz"),
    ("april", "avril", "apr", "avr"),
    ("mai", "may", "mei"),
    ("juni", "june", "juin", "jun"),
    ("juli", "july", "juillet", "jul", "juil"),
    ("august", "août", "augustus", "aug", "aout"),
    ("september", "septembre", "sep", "sept"),
    ("oktober", "october", "octobre", "okt", "oct"),
    ("november", "novembre", "nov"),
    ("dezember", "december", "décembre", "dez", "dec", "déc", "decembre"),
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}

_WORD = r"[^\W\d_]{3,10}"
_DATES = (
    (re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?!\d)"), False),
    (re.compile(r"(?<!\d)(?P<y>20\d\d)[./](?P<m>\d\d?)[./](?P<d>\d\d?)(?!\d)"), False),
    (re.compile(r"(?<![\d.])(?P<d>\d\d?)\s?\.\s?(?P<m>\d\d?)\s?\.\s?(?P<y>\d{4}|\d\d)(?!\d)"), False),
    (re.compile(r"(?<!\d)(?P<d>\d\d?)(?P<s>[/-])(?P<m>\d\d?)(?P=s)(?P<y>\d{4}|\d\d)(?!\d)"), True),
    (
        re.compile(rf"(?<!\d)(?P<d>\d\d?)\s?(?:\.|st|nd|rd|th|er)?[\s-]*(?P<w>{_WORD})\.?,?[\s-]*(?P<y>\d{{4}})(?!\d)"),
        False,
    ),
    (re.compile(rf"(?P<w>{_WORD})\.?\s+(?P<d>\d\d?)(?:st|nd|rd|th)?\s*,?\s*(?P<y>\d{{4}})(?!\d)"), False),
)


def find_date(text: str, *, month_first: bool = False) -> tuple[dt.date, str] | None:
    """Find the first date in a text: (date, the text of it). `month_first` reads 09/18/2017 the American way."""
    hits = []
    for pattern, ambiguous in _DATES:
        for found in pattern.finditer(text):
            date = _date(found, swap=ambiguous and month_first)
            if date is not None:
                hits.append((found.start(), date, found.group()))
                break
    if not hits:
        return None
    _, date, printed = min(hits, key=lambda hit: hit[0])
    return date, printed


def dates_in(text: str) -> Iterator[dt.date]:
    """Yield every date in a text, one that can be read both ways (03/04/2026) as either."""
    for pattern, ambiguous in _DATES:
        for found in pattern.finditer(text):
            read = (_date(found, swap=swap) for swap in {False, ambiguous})
            yield from (date for date in read if date is not None)


def _date(found: re.Match[str], *, swap: bool) -> dt.date | None:
    parts = found.groupdict()
    if parts.get("w"):
        name = parts["w"].casefold()
        month = MONTHS.get(name) or MONTHS.get(re.sub(r"(.)\1", r"\1", name))  # OCR reads a letter twice
        if month is None:
            return None
    else:
        month = int(parts["m"])
    day, year = int(parts["d"]), int(parts["y"])
    year += 2000 if year < 100 else 0
    if (swap and day <= 12) or (month > 12 >= day):
        day, month = month, day
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    return date if 1990 <= year <= 2100 else None
