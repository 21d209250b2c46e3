"""Scores what was read against the truth: header fields, lines, whole documents.

Fields, asked where the truth is not null, are right, missed (null) or wrong:
  dates, codes, numbers, VAT identifiers, IBAN   equal without blanks (identifiers also without dots and hyphens)
  totals                                         equal as decimals
  names, cities                                  nearly the same words (rapidfuzz), of comparable length
A number, date or total is invented where the truth has none. Lines are paired one to one so that agreement is greatest:
  exact   quantity, price, amount and name agree; what the truth has as null is not asked
  loose   quantity and amount agree
A core perfect document has the fields of CORE right, nothing invented, and all lines exact with none left over.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from rapidfuzz import fuzz, utils

from bench.pairing import best_pairs
from bench.printing import ratio

Json = Mapping[str, Any]
TOTALS = ("totals.net", "totals.vat", "totals.gross")
FIELDS = (
    "type_code", "number", "issue_date", "currency_code", "preceding_invoice_number", "seller.name",
    "seller.vat_identifier", "seller.postal_code", "seller.city", "seller.iban", "buyer.name", "buyer.vat_identifier",
    "buyer.customer_number", "buyer.postal_code", "buyer.city", *TOTALS,
)  # fmt: skip
CORE = ("number", "issue_date", "currency_code", "seller.name", "seller.vat_identifier", *TOTALS)
INVENTABLE = ("number", "issue_date", *TOTALS)
PRICE_PLACES = Decimal("0.00005")
"""Prices are compared to four places."""


class Likeness(NamedTuple):
    """When two names are the same: this similarity, and a length from `shortest` to `longest` or `more` letters more.

    The similarity of token sets alone takes any part of a name, and any page that holds it, for the name.
    """

    similarity: int
    shortest: float
    longest: float
    more: int


PARTY = Likeness(90, 0.4, 2.5, 30)
ITEM = Likeness(80, 0.3, 4, 80)


class Lines(NamedTuple):
    """The lines of a document, or of many: how many there are and were read, and how many of those agree."""

    true: int
    read: int
    exact: int
    loose: int


@dataclass(frozen=True, slots=True)
class Score:
    """What one document scored: its fields by path, what was invented, its lines (None: not asked)."""

    fields: dict[str, str]
    invented: tuple[str, ...]
    lines: Lines | None
    failed: bool

    def perfect(self, asked: Iterable[str] = FIELDS) -> bool:
        """Whether these fields are right, nothing is invented, and all lines are exact with none left over."""
        return (
            not self.failed
            and not self.invented
            and (self.lines is None or self.lines.true == self.lines.read == self.lines.exact)
            and all(self.fields.get(path, "right") == "right" for path in asked)
        )


def score(truth: Json, read: Json | None, *, unscored: Sequence[str] = (), any_sign: bool = False) -> Score:
    """Score one invoice as read (None: nothing was) against the true one."""
    found = read or {}
    asked = {path: at(truth, path) for path in FIELDS}
    fields = {
        path: _verdict(path, true, at(found, path), any_sign=any_sign)
        for path, true in asked.items()
        if true is not None
    }
    invented = tuple(
        path for path in INVENTABLE if asked[path] is None and path not in unscored and at(found, path) is not None
    )
    true_lines = truth.get("lines")
    lines = None if true_lines is None else score_lines(true_lines, found.get("lines") or [], any_sign=any_sign)
    return Score(fields, invented, lines, read is None)


def at(of: Json, path: str) -> Any:
    """Return the value at a path of keys, None where there is none."""
    value: Any = of
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return None if value == "" else value


def _verdict(path: str, true: Any, read: Any, *, any_sign: bool) -> str:
    if read is None:
        return "missed"
    return "right" if same_field(path, true, read, any_sign=any_sign) else "wrong"


def same_field(path: str, true: Any, read: Any, *, any_sign: bool = False) -> bool:
    """Whether a field was read as it is."""
    leaf = path.rsplit(".", 1)[-1]
    if path in TOTALS:
        return same_amount(true, read, any_sign=any_sign)
    if leaf in {"name", "city"}:
        return same_name(str(true), str(read), PARTY)
    if leaf in {"vat_identifier", "iban", "currency_code"}:
        return re.sub(r"[\s./-]", "", str(true)).upper() == re.sub(r"[\s./-]", "", str(read)).upper()
    return re.sub(r"\s", "", str(true)) == re.sub(r"\s", "", str(read))


def same_amount(true: Any, read: Any, *, any_sign: bool = False, within: Decimal = Decimal(0)) -> bool:
    """Whether two amounts are the same, or differ by no more than `within`."""
    left, right = _decimal(true), _decimal(read)
    if left is None or right is None:
        return False
    if any_sign:
        left, right = abs(left), abs(right)
    return abs(left - right) <= within


def same_name(true: str, read: str, like: Likeness) -> bool:
    """Whether two names say the same."""
    left, right = utils.default_process(true), utils.default_process(read)
    if not left or not right:
        return False
    fits = like.shortest * len(left) <= len(right) <= max(like.longest * len(left), len(left) + like.more)
    return fits and fuzz.token_set_ratio(left, right) >= like.similarity


def _decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def agreement(true: Json, read: Json, *, any_sign: bool = False) -> tuple[bool, bool, bool, bool]:
    """Whether quantity, amount, price and name of two lines agree; what the truth has as null agrees with anything."""
    quantity, amount, price, name = (true.get(key) for key in ("quantity", "net_amount", "net_price", "item_name"))
    return (
        quantity is None or same_amount(quantity, read.get("quantity"), any_sign=any_sign),
        amount is None or same_amount(amount, read.get("net_amount"), any_sign=any_sign),
        price is None or same_amount(price, read.get("net_price"), any_sign=any_sign, within=PRICE_PLACES),
        name is None or same_name(str(name), str(read.get("item_name") or ""), ITEM),
    )


def score_lines(true: Sequence[Json], read: Sequence[Json], *, any_sign: bool = False) -> Lines:
    """Count the lines that agree. A true line of which nothing can be checked excuses one that was read."""
    asked = [line for line in true if line.get("quantity") is not None or line.get("net_amount") is not None]
    agreed = [[agreement(line, other, any_sign=any_sign) for other in read] for line in asked]
    spare = len(true) - len(asked)
    exact = [[100 * all(parts) + sum(parts) for parts in row] for row in agreed]
    loose = [[100 * all(parts[:2]) + sum(parts) for parts in row] for row in agreed]
    return Lines(
        true=len(asked),
        read=max(min(len(read), len(asked)), len(read) - spare),
        exact=sum(all(agreed[row][column]) for row, column in best_pairs(exact)),
        loose=sum(all(agreed[row][column][:2]) for row, column in best_pairs(loose)),
    )


def f1(agreeing: int, read: int, true: int) -> float | None:
    """Return the harmonic mean of precision and recall, None where there is nothing to find."""
    return 2 * agreeing / (read + true) if true else None


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Sum up many documents, as JSON."""
    asked = [verdict for one in scores for verdict in one.fields.values()]
    counted = [one.lines for one in scores if one.lines is not None]
    lines = Lines(*(sum(one[place] for one in counted) for place in range(len(Lines._fields))))
    return {
        "documents": len(scores),
        "failed": sum(one.failed for one in scores),
        "lines": lines._asdict(),
        "exact_f1": f1(lines.exact, lines.read, lines.true),
        "loose_f1": f1(lines.loose, lines.read, lines.true),
        "fields": ratio(asked.count("right"), len(asked)),
        "core_perfect": sum(one.perfect(CORE) for one in scores),
        "perfect": sum(one.perfect() for one in scores),
        "invented": sum(len(one.invented) for one in scores),
    }


def field_summary(scores: Sequence[Score]) -> dict[str, dict[str, int]]:
    """Count right, missed and wrong for each field."""
    return {
        path: {
            verdict: sum(one.fields.get(path) == verdict for one in scores) for verdict in ("right", "missed", "wrong")
        }
        for path in FIELDS
    }
