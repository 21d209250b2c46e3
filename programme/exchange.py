"""The registry's exchange format: partners as JSON, or one in each row of a CSV file, in and out alike.

In CSV the columns are the keys of the JSON, and a cell of a key that holds a list or an object is JSON again. A cell
that a spreadsheet would take for a formula has an apostrophe before it, which is taken away when it is read.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from model.case import Partner
from programme.files import parse_json
from programme.rows import PartnerRow

COLUMNS = tuple(PartnerRow.model_fields)
_NESTED = frozenset({"customer_numbers", "tiers", "certifications", "former", "listed"})
"""Columns whose cells are JSON."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
VALID_YEARS = 2
"""A training counts for 24 months from its completion."""


def partner_of(row: PartnerRow) -> Partner:
    """Return the partner that a faultless row states; a certificate without an end ends after 24 months."""
    stated = row.stated()
    certificates = tuple(
        {"valid_to": months_after(one["valid_from"])} | one for one in stated.pop("certifications", ())
    )
    return Partner.model_validate(
        stated | {"certifications": certificates, "earlier": stated.pop("former", ()), "former": ()}
    )


def months_after(day: dt.date) -> dt.date:
    """Return the day 24 months later, which still counts (BGB §§ 187 (1), 188 (2) and (3))."""
    year = min(day.year + VALID_YEARS, dt.MAXYEAR)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def as_row(partner: Partner) -> dict[str, Any]:
    """Return a partner as its row of partners.json, without what is empty."""
    found = partner.model_dump(mode="json")
    found["former"] = found.pop("earlier")
    return {key: value for key in COLUMNS if (value := _without_empty(found[key])) or key == "tiers"}


def as_csv(partners: Iterable[Partner]) -> str:
    """Return partners as CSV with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for partner in partners:
        writer.writerow({key: _cell(key, value) for key, value in as_row(partner).items()})
    return text.getvalue()


def parse_csv(data: bytes) -> list[dict[str, Any]]:
    """Return the rows of a CSV file as those of partners.json. Errors: ValueError."""
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    try:
        return [dict(_values(row, number)) for number, row in enumerate(reader, start=1)]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(one) for one in value]
    if isinstance(value, dict):
        return {key: one for key, each in value.items() if (one := _without_empty(each)) not in (None, "", {}, [])}
    return value


def _cell(key: str, value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if key in _NESTED else safe(value)


def _values(row: dict[str | None, Any], number: int) -> Iterator[tuple[str, Any]]:
    """Yield the cells that hold something, as values by key."""
    if None in row:
        raise ValueError(f"row {number} has more cells than the heading")
    for key, cell in row.items():
        if key and cell:
            yield key, parse_json(cell.encode()) if key in _NESTED else _plain(cell)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
