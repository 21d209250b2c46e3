"""Seller and buyer: address blocks, the sender's line above the address window, headings, letterhead and footer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from extractors.addresses import LEGAL_FORM, STREET, place_in, sender_line
from extractors.header import all_labels
from extractors.identifiers import Identifier, iban_identifiers, register_numbers, vat_identifiers
from extractors.rows import Row, Spot
from extractors.vocabulary import Label, labels, named
from model.invoice import Party
from model.page import Box

BLOCK_GAP = 3.3
"""Rows of one address follow each other within this many letter heights."""
ALIGNED = 6.0
"""Rows of one address begin within this many points of each other."""
UNDER = 3.0
"""A value stands under its label within this many letter heights."""
WIDER = 1.3
"""A blank is wider than another by at least this factor."""
LONGEST_ADDRESS = 7
SMALL = 0.88
"""The sender's line is set smaller than the address below it by this factor."""
LARGER = 1.5
"""Letters larger than an address's by this factor are a title above it."""
_STREET_AND_PLACE = re.compile(rf"{STREET.pattern}\W+\d{{4,5}} ?\D+")
"""The end of another address: this one begins below it."""
_TORN = re.compile(r"[·•|●]|\s\.\s|,$")
"""A sender's line that goes on in the next row, if it is no whole address."""


@dataclass(slots=True)
class Address:
    """An address as printed: name, further rows, place, where each stands, and what heads it."""

    name: Spot
    place: Spot
    postal_code: str
    city: str
    box: Box
    street: str | None = None
    heading: frozenset[str] = frozenset()
    sender: tuple[str, Spot, str, str] | None = None
    """Name, place of the line, postal code and city of the sender's line right above."""
    number: Spot | None = None
    """The number by which the other side knows this party."""


@dataclass(slots=True)
class Parties:
    """Seller and buyer with the places of their fields, keyed by the field's name."""

    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    seller_spots: dict[str, Spot] = field(default_factory=dict)
    buyer_spots: dict[str, Spot] = field(default_factory=dict)
    proofs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By "seller.name" and the like: what confirms the value."""


def find_addresses(rows: Sequence[Row]) -> Iterator[Address]:
    """Yield the address blocks on a page: aligned rows that end in postal code and city."""
    for index, row in enumerate(rows):
        for start, end in row.cells():
            spot = row.spot(start, end)
            place = place_in(spot.text)
            if place is None:
                continue
            block = _block(rows, index, spot)
            address = _address(rows, spot, place, block)
            if address is not None:
                yield address


def _block(rows: Sequence[Row], index: int, place: Spot) -> list[tuple[int, Spot]]:
    """The cells above a place that stand in line with it, from top to bottom, the place itself left out."""
    found: list[tuple[int, Spot]] = []
    below = place.box
    for i in range(index - 1, -1, -1):
        if len(found) >= LONGEST_ADDRESS or below.top - rows[i].box.bottom > BLOCK_GAP * place.box.height:
            break
        cell = next((c for c in _cells(rows[i]) if abs(c.box.x0 - place.box.x0) < ALIGNED), None)
        if cell is None:
            continue
        ends_another = _STREET_AND_PLACE.fullmatch(cell.text) and sender_line(cell) is None
        if cell.box.height > LARGER * place.box.height or ends_another:
            break
        if below.top - cell.box.bottom > BLOCK_GAP * place.box.height:
            break
        found.insert(0, (i, cell))
        below = cell.box
    return found


def _cells(row: Row) -> Iterator[Spot]:
    """Yield the cells of a row: cut where a label begins ("Hamburg Datum: …"), kept whole around ": 549910"."""
    named_ends = [label for label in labels(row) if label.spot.text.endswith(":") and label.start]
    heads = {label.start for label in named_ends if _stands_off(row, label)}
    spans = [part for start, end in row.cells() for part in _cut(start, end, heads)]
    while spans:
        start, end = spans.pop(0)
        while spans and row.words[spans[0][0]].text.startswith(":"):
            end = spans.pop(0)[1]
        yield row.spot(start, end)


def _stands_off(row: Row, label: Label) -> bool:
    """Whether a label begins a text of its own: the blank before it is wider than usual, and than the one behind it."""
    before = row.gap(label.start)
    behind = row.gap(label.end) if label.end < len(row.words) else 0.0
    return before > 0.6 * row.height and before > WIDER * behind


def _goes_on(cell: Spot, line: Spot, place: Spot) -> bool:
    """Whether a cell below the sender's line is the rest of it: a small word or two that end a city's name."""
    small = cell.box.height < min(SMALL * place.box.height, line.box.height / SMALL)
    return small and len(cell.words) <= 2 and not LEGAL_FORM.search(cell.text) and not any(map(str.isdigit, cell.text))


def _cut(start: int, end: int, heads: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a span of words between the words at which labels begin."""
    edges = [start, *sorted(i for i in heads if start < i < end), end]
    yield from pairwise(edges)


def _address(rows: Sequence[Row], spot: Spot, place: tuple[str, str], block: list[tuple[int, Spot]]) -> Address | None:
    heading: frozenset[str] = frozenset()
    sender = None
    torn: Spot | None = None
    kept: list[Spot] = []
    for _, cell in block:
        heads = _heading(cell.text)
        line = sender_line(cell if torn is None else Spot(cell.page, (*torn.words, *cell.words)))
        torn = cell if line is None and _TORN.search(cell.text) else None
        if torn is not None:
            continue
        if heads:
            heading, sender, kept = heads, None, []
        elif line is not None:
            sender, kept = line, []
        elif sender is not None and not kept and (not sender[3] or _goes_on(cell, sender[1], spot)):
            sender = (*sender[:3], f"{sender[3]} {cell.text}".strip())
        elif _is_detail(cell):
            continue
        else:
            kept.append(cell)
        if kept and (other := place_in(cell.text)) is not None:  # the end of another address right above
            sender, kept = (kept[0].text, kept[0], *other), []
    if not kept or STREET.fullmatch(kept[0].text):
        return None
    if not heading:
        first = next(i for i, cell in block if cell is kept[0])
        heading = _heading_above(rows, first, kept[0])
    box = Box(min(c.box.x0 for c in kept), kept[0].box.top, max(c.box.x1 for c in kept), spot.box.bottom)
    street = next((c.text for c in reversed(kept[1:]) if any(x.isdigit() for x in c.text)), None)
    number = next((found for _, cell in block if (found := _party_number(cell))), None)
    return Address(company_name(kept, rows), spot, place[0], place[1], box, street, heading, sender, number)


def company_name(block: Sequence[Spot], rows: Sequence[Row]) -> Spot:
    """Find the name in the rows of an address above its place: a company may be named over two rows, or below a brand.

    Persons' salutations go with the name that follows; rows that name a contact or a department are passed over.
    """
    found = [cell for cell in block if not _AIDE.search(cell.text)] or list(block)
    first, *rest = _before_the_street(found)
    if not rest:
        return first
    if _SALUTATION.fullmatch(first.text):
        return Spot(first.page, (*first.words, *rest[0].words))
    if _OPENING.fullmatch(first.text):
        return rest[0]
    if LEGAL_FORM.search(first.text):
        return first
    if LEGAL_FORM.search(rest[0].text):
        alone = _recurs(rest[0].text, rows) and not _recurs(f"{first.text} {rest[0].text}", rows)
        return rest[0] if alone else Spot(first.page, (*first.words, *rest[0].words))
    return first if _recurs(first.text, rows) else next((cell for cell in rest if _recurs(cell.text, rows)), first)


def _before_the_street(block: Sequence[Spot]) -> Sequence[Spot]:
    """The rows up to the first one with a digit, the first row always among them."""
    end = next((i for i, cell in enumerate(block[1:], 1) if any(char.isdigit() for char in cell.text)), len(block))
    return block[:end]


def _recurs(name: str, rows: Sequence[Row]) -> bool:
    """Whether a name of two words or more stands on the page more than once."""
    return " " in name and sum(name in row.text for row in rows) > 1


def _party_number(cell: Spot) -> Spot | None:
    """The words behind a bare "Number:" in an address: by it the other side knows this party."""
    head, colon, value = cell.text.partition(":")
    if not colon or not named(head) & {"party_number", "customer_number"} or not any(map(str.isdigit, value)):
        return None
    words = cell.words[next(i for i, word in enumerate(cell.words) if ":" in word.text) + 1 :]
    return Spot(cell.page, words) if words else None


_SALUTATION = re.compile(r"Herrn?|Frau|Mr\.?|Mrs\.?|Ms\.?|M\.|Mme|Monsieur|Madame|De heer|Mevrouw", re.IGNORECASE)
_OPENING = re.compile(r"(?:An )?(?:die )?(?:Firma|Fa\.)|An|To|À|Aan", re.IGNORECASE)
_AIDE = re.compile(
    r"\b(?:contact|attn|z\. ?h(?:d|\. ?v)\.|c/o|t\.a\.v\.|abteilung|abt\.|dep|dept|department|afdeling|buchhaltung)"
    r"|\bà l'attention|\baccounts payable",
    re.IGNORECASE,
)
"""A row of an address that names a person or a department to turn to."""


def _heading(text: str) -> frozenset[str]:
    return named(text.strip(": ")) & {"seller_heading", "buyer_heading", "delivery_heading"}


def _is_detail(cell: Spot) -> bool:
    """Whether a cell of a block is a labelled detail ("Nummer : 549910") or a contact, not a line of an address."""
    return (
        bool(re.search(r"@|www\.|^(?:tel|fon|phone|fax|gln|mail|e-mail)\b", cell.text, re.IGNORECASE))
        or ":" in cell.text
    )


def _heading_above(rows: Sequence[Row], index: int, name: Spot) -> frozenset[str]:
    """The heading of a block, a little above it: "Käufer:", "Bill to"."""
    for row in reversed(rows[max(0, index - 3) : index]):
        if name.box.top - row.box.bottom > 4 * name.box.height:
            break
        for cell in _cells(row):
            if abs(cell.box.x0 - name.box.x0) < 2 * ALIGNED and _heading(cell.text):
                return _heading(cell.text)
    return frozenset()


def find_sender_lines(rows: Sequence[Row]) -> Iterator[tuple[str, Spot, str, str]]:
    """Yield every line of a page that holds a whole address."""
    for row in rows:
        for cell in _cells(row):
            line = sender_line(cell)
            if line is not None:
                yield line
        line = sender_line(row.spot())
        if line is not None and sum(1 for _ in row.cells()) > 1:
            yield line


def identifiers(pages: Sequence[Sequence[Row]], buyer: Address | None) -> tuple[list[Identifier], list[Identifier]]:
    """Return the VAT identifiers of the seller and of the buyer: by their labels, else by the block they stand in."""
    seller: list[Identifier] = []
    buyers: list[Identifier] = []
    for rows in pages:
        headings = [
            (i, x.spot, x.fields)
            for i, x in all_labels(rows)
            if _heading(x.spot.text) and _stands_alone(x.row, x.start)
        ]
        for index, row in enumerate(rows):
            for found in vat_identifiers(row):
                whose = _owner(row, found, rows[max(0, index - 2) : index], headings, buyer)
                (buyers if whose == "buyer" else seller).append(found)
    return seller, buyers


def _stands_alone(row: Row, start: int) -> bool:
    return any(a == start for a, _ in row.cells())


def _stands_over(label: Box, value: Box) -> bool:
    """Whether a label stands close above a value."""
    close = 0 <= value.top - label.top < UNDER * value.height
    return close and (abs(label.x0 - value.x0) < ALIGNED or min(label.x1, value.x1) - max(label.x0, value.x0) > 0)


def _buyer_s(label: Label) -> bool:
    """Whether a label names the buyer's VAT identifier, in a word or in two: "USt-IdNr. Kunde"."""
    if "buyer_vat_identifier" in label.fields:
        return True
    beside = (x for x in labels(label.row) if x.start == label.end or x.end == label.start)
    start, end = label.row.cell(label.start)
    return "seller_vat_identifier" in label.fields and any(
        "buyer_heading" in x.fields and start <= x.start < end for x in beside
    )


def _owner(
    row: Row,
    found: Identifier,
    above_row: Sequence[Row],
    headings: Sequence[tuple[int, Spot, frozenset[str]]],
    buyer: Address | None,
) -> str:
    before = [label for label in labels(row) if label.end <= found.start + 1]
    if before and _buyer_s(before[-1]):
        return "buyer"
    box = found.spot.box
    over = [label for other in above_row for label in labels(other) if _stands_over(label.spot.box, box)]
    if not before and any(map(_buyer_s, over)):
        return "buyer"
    above = [
        (spot.box.bottom, fields)
        for _, spot, fields in headings
        if spot.box.bottom <= box.top + 2 and abs(spot.box.x0 - row.box.x0) < 60 and box.x0 - spot.box.x0 < 250
    ]
    if above:
        nearest = max(above, key=lambda x: x[0])
        if box.top - nearest[0] < 160:
            return "buyer" if "buyer_heading" in nearest[1] else "seller"
    inside = buyer is not None and row.page is buyer.name.page and buyer.box.top - 4 <= box.top
    if (
        inside
        and buyer is not None
        and box.top - buyer.box.bottom < 3 * box.height
        and abs(box.x0 - buyer.box.x0) < 150
    ):
        return "buyer"
    return "seller"


def ibans(pages: Sequence[Sequence[Row]]) -> list[Identifier]:
    """Return the IBANs of a document without repetitions, those whose check digits are right first."""
    seen: dict[str, Identifier] = {}
    for rows in pages:
        for row, following in zip(rows, [*(r.text for r in rows[1:]), ""], strict=False):
            for found in iban_identifiers(row, following):
                seen.setdefault(found.value, found)
    return sorted(seen.values(), key=lambda found: not found.valid)


def registers(pages: Sequence[Sequence[Row]]) -> list[Identifier]:
    """Return the commercial register numbers of a document."""
    return [found for rows in pages for row in rows for found in register_numbers(row)]
