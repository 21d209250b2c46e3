"""What a person corrects of a reading: values by their field paths, each written down as theirs."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from model.invoice import Invoice
from model.reading import Evidence, Reading

PERSON = "person"
"""The rung and the proof of a value that a person gave."""
HEAD = ("number", "issue_date", "seller.name", "seller.vat_identifier", "buyer.name", "buyer.customer_number")
LINE = ("item_name", "manufacturers_item_identifier", "quantity", "net_price", "net_amount")
TOTALS = ("totals.net", "totals.vat", "totals.gross")
"""The field paths that can be corrected; those of LINE for each line."""
_NUMBERS = frozenset({"quantity", "net_price", "net_amount", "net", "vat", "gross"})
_NUMBER = re.compile(r"-?\d{1,12}([.,]\d{1,6})?", re.ASCII)
_LONGEST = 300


class NoValue(Exception):
    """Raised for what cannot be the value of a field, with its path."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def fields(invoice: Invoice) -> tuple[str, ...]:
    """Return the paths that can be corrected on an invoice, in the order they are shown."""
    lines = (f"lines.{index}.{name}" for index in range(len(invoice.lines)) for name in LINE)
    return (*HEAD, *lines, *TOTALS)


def value(invoice: Invoice, path: str) -> str:
    """Return the value of a field as a person reads and writes it: days as YYYY-MM-DD, amounts with a point."""
    found: Any = invoice
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    if isinstance(found, Decimal):
        return f"{found:f}"
    return "" if found is None else str(found)


def corrected(of: Reading, given: Mapping[str, str]) -> Reading | None:
    """Return the reading with these values in place of its own, None where they are the same. Errors: NoValue."""
    if of.invoice is None:
        return None
    invoice, evidence = of.invoice, dict(of.evidence)
    for path in fields(of.invoice):
        text = " ".join(given.get(path, value(of.invoice, path)).split())
        if text == " ".join(value(of.invoice, path).split()):
            continue
        invoice = _with(invoice, path.split("."), _parsed(path, text))
        before = evidence.get(path)
        place = {"page": before.page, "box": before.box, "text": before.text} if before else {}
        evidence[path] = Evidence(**place, rung=PERSON, confidence=1.0, proof=(PERSON,))
    return None if invoice == of.invoice else of.model_copy(update={"invoice": invoice, "evidence": evidence})


def _parsed(path: str, text: str) -> Any:
    name = path.rpartition(".")[2]
    if not text:
        return None
    if len(text) > _LONGEST:
        raise NoValue(path)
    try:
        if name in _NUMBERS:
            if not _NUMBER.fullmatch(text):
                raise NoValue(path)
            return Decimal(text.replace(",", "."))
        return dt.date.fromisoformat(text) if name == "issue_date" else text
    except ValueError as error:
        raise NoValue(path) from error


def _with(of: Any, steps: list[str], new: Any) -> Any:
    """Return a value with another one in the place that the steps lead to."""
    first, *rest = steps
    if first.isdigit():
        index = int(first)
        return (*of[:index], _with(of[index], rest, new), *of[index + 1 :])
    return of.model_copy(update={first: _with(getattr(of, first), rest, new) if rest else new})
