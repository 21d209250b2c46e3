"""Addresses in words: postal codes with cities, legal forms, streets, and lines that hold a whole address."""

from __future__ import annotations

import re

from extractors.rows import Spot
from extractors.vocabulary import named

LONGEST_LINE = 5
"""The postal code stands no further than this behind the name on one line."""
_COUNTRY = r"(?:[A-Z]{1,2}[- ])?"
_PLACES = (
    re.compile(rf"^{_COUNTRY}(?P<code>\d{{4}} ?[A-Z]{{2}})[ ,]+(?P<city>[^\W\d].*)$"),  # 1025 RX Amsterdam
    re.compile(
        rf"^{_COUNTRY}(?P<code>\d{{4,6}})(?:[ ,.]+|(?=[A-ZÄÖÜ][a-zäöüß]))(?P<city>[^\W\d][^\d]*)$"
    ),  # 20359 Hamburg
    re.compile(
        r"^(?:(?:GB|UK|IE)[- ])?(?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d ?[A-Z]{2}|[A-Z]\d\d [A-Z\d]{4})"
        r"[ ,]+(?P<city>[^\W\d].*)$"
    ),  # M1 1AA Manchester
    re.compile(r"^(?P<city>[^\W\d][^\d,]*?),? (?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d ?[A-Z]{2})$"),  # London SW1A 1AA
    re.compile(r"^(?P<city>[^\W\d][^\d,]*), (?:[A-Z]{2},? )?(?P<code>\d{5})(?:-\d{4})?(?:,.*)?$"),  # Seattle, WA 98109
)
_YEAR = re.compile(r"20\d\d")
"""Before words in small letters no postal code but the end of a date: "July 5, 2026 without deduction"."""
_ZERO = re.compile(r"\b0(?=[a-zäöüß]{2})")
"""At the beginning of a word a misread O."""
LEGAL_FORM = re.compile(
    r"(?<![\w.])(?:GmbH(?: & Co\.? ?KG(?:aA)?)?|AG(?: & Co\.? KG)?|KG|OHG|UG|SE|e\.? ?K(?:fm|fr)?\.?|eG|e\.V\.|GbR|KGaA"
    r"|a\. ?G\.|VVaG"
    r"|Ltd\.?|Limited|LLC|LLP|PLC|plc|Inc\.?|Corp\.?|B\.?V\.?|N\.?V\.?|V\.?O\.?F\.?|S\.?A\.?R\.?L\.?|S\.?A\.?S?\.?|SASU|EURL"
    r"|S\.?r\.?l\.?|S\.?p\.?A\.?|A/S|ApS|AB|Oy|S\.?L\.?|Sp\. z o\.o\.|GesmbH|Ges\.m\.b\.H\.)(?![\w])"
)
STREET = re.compile(r"[^\W\d][^\d]*\d{1,4} ?[a-zA-Z]?(?:[-/]\d{1,4})?")
_SEPARATOR = re.compile(
    r"\s+[·•|*\N{EN DASH}\N{BULLET OPERATOR}\N{BLACK CIRCLE}\N{BLACK SMALL SQUARE}.-]\s+|\s*[|·•●]\s*"
)


def place_in(text: str) -> tuple[str, str] | None:
    """Read a row of postal code and city: (postal code, city). A city does not begin with a zero but with an O."""
    spelled = _ZERO.sub("O", text.strip(" ,"))
    for pattern in _PLACES:
        found = pattern.match(spelled)
        if found is not None and not (_YEAR.fullmatch(found["code"]) and found["city"][:1].islower()):
            city = re.sub(r",? \(?[A-Z]{2}\)?$|, .*$", "", found["city"].strip()).strip(" ,-")
            return found["code"], city
    return None


def sender_line(cell: Spot) -> tuple[str, Spot, str, str] | None:
    """Read a line that holds a whole address, "Name · Street 1 · 12345 City": (name, its place, postal code, city)."""
    if not any(map(str.isdigit, cell.text)) or named(cell.text.partition(":")[0]) & {"delivery_heading"}:
        return None
    text = _GLUED_CODE.sub(" · ", cell.text)
    whole = _RUN_ON.match(text) or _LINE.match(text)
    if whole is not None:
        return whole["name"].strip(" -"), cell, whole["code"], whole["city"] or ""
    parts = [part.strip(" ,") for part in _SEPARATOR.split(text) if part.strip(" ,")]
    if len(parts) >= 3 and not any(place_in(part) for part in parts[1:]):
        foreign = re.fullmatch(r"(?=\S*\d)(\S+) (\D+)", parts[-1])
        if foreign is not None and not LEGAL_FORM.search(parts[-1]):
            return parts[0], cell, foreign[1], foreign[2]
    if len(parts) < 2:
        parts = [part.strip() for part in re.split(r",\s+| - ", text) if part.strip()]
    for index, part in enumerate(parts[1:], 1):
        place = place_in(part)
        if place is None and index >= 2 and re.fullmatch(r"\d{5}", part):
            place = part, ""  # the city stands on the next row
        if place is not None and index <= LONGEST_LINE and not (index == 1 and any(c.isdigit() for c in parts[0])):
            return parts[0], cell, place[0], place[1]
    return None


_GLUED_CODE = re.compile(r"(?<=\d)[.,](?=\d{5} |\d{4} [A-Z]{2} )")
"""Between a house number and a postal code, where OCR loses the blank."""
_CODE = r"(?P<code>\d{5}|\d{4} ?[A-Z]{2})"
_REST = (
    rf"(?:\s*[·•|,.*]+\s*|\s+[\-\N{{EN DASH}}]?\s*|\s*[\-\N{{EN DASH}}]\s+){_CODE}(?:\s*(?P<city>[^\W\d].{{1,40}}))?$"
)
_STREET_OF_LINE = r"(?P<street>[^\W\d][^·•|\d]*[a-zäöüß.][^·•|\d]{0,30}\d{1,4} ?[a-z]?)"
_LINE = re.compile(
    rf"^(?P<name>[^\d·•|,]{{3,60}}?)(?:\s*[·•|,.*]+|\s+[\-\N{{EN DASH}}]|\s*[\-\N{{EN DASH}}]\s)\s*"
    rf"{_STREET_OF_LINE}{_REST}"
)
"""Name, street and place on one line, the separators as an OCR reader leaves them."""
_RUN_ON = re.compile(
    rf"^(?P<name>[^\d·•|,]{{0,60}}?{LEGAL_FORM.pattern})\W+"
    rf"(?P<street>[^\W\d][^·•|\d]*\d{{1,4}} ?[a-z]?|\d{{1,4}},? [^\W\d][^·•|]{{2,40}}?){_REST}"
)
"""The same where the name ends at its legal form: its first separator may be lost, and marks in it are none."""
