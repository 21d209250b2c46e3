"""What the readers of CII and UBL share: a plain tree of names and texts, and the values that invoices write in it."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from model.contents import Unreadable
from model.invoice import InvoiceLine
from model.money import ZERO
from model.page import LONGEST_WORD

MAX_LINES = 10_000
"""More positions than this are not read: `too_large`."""
MAX_TEXT = 4_000
"""A longer text (a name into which a whole description went) is cut here, in characters."""
MAX_AMOUNT = Decimal(10) ** 12
"""A number of this size or more is none that an invoice holds; it is read as absent."""
PRICE_STEP = Decimal("1E-10")
"""A price per unit that does not come out even (1 for 3 pieces) is rounded to this."""

TYPE_CODES = frozenset({"380", "381", "384", "326", "389", "875", "876", "877"})
FACTORED_INVOICE = "393"
CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "396", "420", "458", "532"})
"""The codes of UNTDID 1001 that EN 16931 counts as credit notes, besides 381."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T0-9Z+-].*)?", re.DOTALL)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}")
_SERIAL = re.compile(
    r"serial|serien[\s-]*(?:nummer|nr|no)|serienummer|s[ée]rie[\s-]*(?:nr|no)\b|de s[ée]rie|\bs/n\b|^\s*sn\s*$|\bmac\b",
    re.IGNORECASE,
)
_MAKERS_NUMBER = re.compile(
    r"\bmpn\b|(?:hersteller|manufacturer|fabrikant|fabricant).*(?:nummer|nr|no|num|part|r[ée]f|id)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[,;|\s]+")
_SHORTEST_SERIAL = 5


class Node(NamedTuple):
    """An element: its local name, the text before its first child, its attributes and its children in order."""

    name: str
    text: str
    attributes: Mapping[str, str]
    children: "Sequence[Node]"

    def all(self, *path: str) -> "Iterator[Node]":
        """Yield the descendants that stand at the path of names below this node, in document order."""
        name, *rest = path
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(*rest)
                else:
                    yield child

    def first(self, *path: str) -> "Node":
        """Return the first node at the path, or an empty one."""
        return next(self.all(*path), NOTHING)

    def value(self, *path: str) -> str | None:
        """Return the first text at the path (none: this node's own) that is not blank, with single blanks, or None."""
        nodes = self.all(*path) if path else (self,)
        return next((text for node in nodes if (text := _words(node.text))), None)

    def attribute(self, name: str) -> str | None:
        """Return the text of an attribute that is not blank, with single blanks, or None."""
        return _words(self.attributes.get(name, "")) or None


def _words(text: str) -> str:
    return " ".join(word[:LONGEST_WORD] for word in text.split())[:MAX_TEXT]


NOTHING = Node("", "", {}, ())


def number(text: str | None, places: int = 0) -> Decimal | None:
    """Read an xs:decimal with at least this many places and no needless zero: ("5.10", 2) and ("5.1", 2) are 5.10.

    What is no finite number, has an exponent (xs:decimal has none), more than 40 characters or 12 digits before the
    point is None: an unreadable value is a missing one, and what rests on it goes to a person.
    """
    if text is None or len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    return _tidy(Decimal(text), places)


def _tidy(value: Decimal, places: int) -> Decimal | None:
    if abs(value) >= MAX_AMOUNT:
        return None
    short = (value + ZERO).normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1).scaleb(-places)) if isinstance(exponent, int) and exponent > -places else short


def amount(text: str | None) -> Decimal | None:
    """Read an amount of money, with at least two places."""
    return number(text, 2)


def date(text: str | None) -> dt.date | None:
    """Read 20240131 (format 102) or 2024-01-31, also with a time and a time zone: the day is taken as written."""
    found = _DATE.fullmatch(text or "")
    if found is None:
        return None
    try:
        return dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def compact(text: str | None) -> str | None:
    """Return an identifier in capitals without blanks: DE123456789."""
    return "".join(text.split()).upper() if text else None


def type_code(text: str | None) -> str | None:
    """Return the document type (BT-3) as one of TYPE_CODES, or None.

    A factored invoice is an invoice whose claim was sold, so 380; what EN 16931 counts as a credit note is 381.
    Other types (proforma, partial, rent, insurance ...) are none that the programme knows.
    """
    if text == FACTORED_INVOICE:
        return "380"
    if text in CREDIT_NOTES:
        return "381"
    return text if text in TYPE_CODES else None


def ibans(accounts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the IBANs among payment accounts (BT-84), each once, in order. Their check digits are not asked."""
    found = (compact(account) for account in accounts)
    return tuple(dict.fromkeys(iban for iban in found if iban and _IBAN.fullmatch(iban)))


def in_currency(nodes: Iterable[Node], currency: str | None, *path: str) -> Node:
    """Return the first node the amount of which, at the path, is in the invoice's currency or in none named."""
    for node in nodes:
        stated = (node.first(*path) if path else node).attribute("currencyID")
        if currency is None or stated in {None, currency}:
            return node
    return NOTHING


def charges(summation: Node, lines_total: Decimal | None) -> Decimal | None:
    """Return BT-108 less BT-107; None where one is no number, or where not even the sum of lines is stated."""
    stated = [summation.value("ChargeTotalAmount"), summation.value("AllowanceTotalAmount")]
    if stated == [None, None] and lines_total is None:
        return None
    added, taken = (ZERO if text is None else amount(text) for text in stated)
    return None if added is None or taken is None else _tidy(added - taken, 2)


def line_charges(items: Iterable[Node], amount_name: str, *indicator: str) -> Decimal | None:
    """Return a line's charges less its allowances (BG-28, BG-27); None where there are none or one cannot be read."""
    total = ZERO
    for item in items:
        value, charge = amount(item.value(amount_name)), item.value(*indicator)
        if value is None or charge not in {"true", "false", "1", "0"}:
            return None
        total += value if charge in {"true", "1"} else -value
    return _tidy(total, 2) if total else None


def net_price(price: str | None, base: str | None) -> Decimal | None:
    """Return the price per unit, BT-146 / BT-149; None where the base quantity is not positive."""
    each, units = number(price), Decimal(1) if base is None else number(base)
    if each is None or units is None or units <= 0:
        return None
    share = each / units
    return None if share.copy_abs() >= MAX_AMOUNT else _tidy(share.quantize(PRICE_STEP), 2)


def serial_numbers(stated: Iterable[str | None], attributes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the serial numbers stated as such, then those of item attributes whose name says serial number or MAC."""
    texts = [text for text in stated if text]
    texts += [value for name, value in attributes if _SERIAL.search(name)]
    return tuple(dict.fromkeys(part for text in texts for part in _split(text)))


def _split(text: str) -> list[str]:
    """Take a list of numbers apart; pieces too short for a number are groups of one: "00 04 13 A1 B2 C3"."""
    parts = [part for part in _SEPARATORS.split(text) if part]
    return parts if all(len(part) >= _SHORTEST_SERIAL for part in parts) else [text]


def makers_number(stated: str | None, attributes: Iterable[tuple[str, str]]) -> str | None:
    """Return the manufacturer's article number stated as such, or of an item attribute whose name says so."""
    return stated or next((value for name, value in attributes if _MAKERS_NUMBER.search(name)), None)


class Position(NamedTuple):
    """A line as it stands in the file, and the index of the line that it is a part of, if any."""

    line: InvoiceLine
    parent: int | None = None


def invoiced(positions: Sequence[Position], total: Decimal | None) -> tuple[InvoiceLine, ...]:
    """Choose, where lines have sub-lines, those that make up the sum of lines (BT-106), so that nothing counts twice.

    In the XRechnung extension a line's amount is the sum of its sub-lines' (BR-DEX-02); in CII a part may stand beside
    its whole (BR-CO-10 adds all) or the whole be free of charge. So the innermost lines, all lines, and the outermost
    lines are tried in this order, and the nearest to BT-106 wins.
    """
    if len(positions) > MAX_LINES:
        raise Unreadable("too_large", f"The invoice has more than {MAX_LINES} lines.")
    wholes = {position.parent for position in positions if position.parent is not None}
    every = tuple(position.line for position in positions)
    if not wholes:
        return every
    inner = tuple(line for index, line in enumerate(every) if index not in wholes)
    outer = tuple(position.line for position in positions if position.parent is None)
    choices = [choice for choice in (inner, every, outer) if choice]
    return choices[0] if total is None else min(choices, key=lambda lines: abs(_sum(lines) - total))


def _sum(lines: Iterable[InvoiceLine]) -> Decimal:
    return sum((line.net_amount or ZERO for line in lines), ZERO)
