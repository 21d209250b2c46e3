"""Serial numbers and MAC addresses in the lists that invoices print below their positions."""

from __future__ import annotations

import re

from extractors.rows import Row

_SERIAL = re.compile(r"(?=[A-Z0-9:\-]*\d)[A-Z0-9][A-Z0-9:\-]{5,}")
_MAC = re.compile(r"(?:[0-9A-F]{2}[:\-]?){5}[0-9A-F]{2}")
_GLUED = re.compile(r"[:,]?(000413[0-9A-F]{6})(?=\W|000413|$)")
"""A MAC address of the maker (its prefix in the IEEE registry), where a list lost the mark before it."""


def is_mac(text: str) -> bool:
    """Whether a text is a MAC address."""
    return _MAC.fullmatch(text) is not None


def listed(text: str) -> list[str]:
    """Return the serial numbers or MAC addresses in a list, or none if anything else stands there."""
    parts = _parts(text, r"[,;./\s]+")
    return parts if all(map(_is_one, parts)) else []


def announced(text: str) -> list[str]:
    """Return the serial numbers in a list that a label announces: what is none of them is passed over."""
    return [part for part in (part.replace(".", "") for part in _parts(text, r"[,;/\s]+")) if _is_one(part)]


def in_cells(row: Row) -> list[str]:
    """Return the serial numbers of a row that holds little else, each in its cell; OCR may have torn some apart."""
    cells = [row.spot(start, end).text for start, end in row.cells()]
    found = [listed(text) or listed(text.replace(" ", "")) for text in cells]
    return [serial for serials in found for serial in serials] if 2 * sum(map(bool, found)) >= len(cells) else []


def _parts(text: str, marks: str) -> list[str]:
    return [part for part in re.split(marks, _GLUED.sub(r" \1", text.upper())) if part]


def _is_one(part: str) -> bool:
    return is_mac(part) or _SERIAL.fullmatch(part) is not None
