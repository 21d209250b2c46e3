"""What a person corrects of a reading: values by their field paths, each written down as theirs."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from extractors.numbers import find_date, parse_number
from extractors.proof import Layout, prove
from model.invoice import Invoice
from model.reading import PERSON, Evidence, Reading

HEAD = (
    "number",
    "issue_date",
    "type_code",
    "preceding_invoice_number",
    *(f"seller.{name}" for name in ("name", "vat_identifier", "iban", "register_number")),
    *(f"buyer.{name}" for name in ("name", "postal_code", "vat_identifier", "customer_number")),
)
LINE = ("item_name", "manufacturers_item_identifier", "quantity", "net_price", "net_amount")
TOTALS = ("totals.net", "totals.vat", "totals.gross")
"""The field paths that can be corrected; those of LINE for each line."""
ANSWERS = re.compile(r"seller|buyer|lines\.\d+\.model")
"""What a person can say beside: `model.reading.Reading.said`."""
FIGURES = frozenset({"quantity", "net_price", "net_amount", "net", "vat", "gross"})
"""The fields that hold numbers."""
_NUMBER = re.compile(r"-?\d{1,12}([.,]\d{1,6})?", re.ASCII)
_LONGEST = 300


class NoValue(Exception):
    """Raised for what cannot be the value of a field, with its path."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of a reading: values, which of them are right as they stand, answers, and where all that is.

    All are keyed by path; a place is a page with a box as shares of it, and the text that stands there.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    confirmed: Collection[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Evidence] = field(default_factory=dict)


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


def corrected(of: Reading, given: Given) -> Reading | None:
    """Return the reading with what a person says in place of its own, None where that changes nothing. Errors: NoValue.

    A value that was only confirmed keeps its place; so does a new one for which no other place is given.
    """
    if of.invoice is None:
        return None
    invoice, evidence, figures = of.invoice, dict(of.evidence), False
    for path in fields(of.invoice):
        before = " ".join(value(of.invoice, path).split())
        text = " ".join(given.values.get(path, before).split())
        if text != before:
            invoice = _with(invoice, path.split("."), parsed(path, text))
            figures = figures or path.rpartition(".")[2] in FIGURES
        elif path not in given.confirmed or not text:
            continue
        evidence[path] = _theirs(given.places.get(path) or evidence.get(path))
    for path, text in given.answers.items():
        if ANSWERS.fullmatch(path):
            beside = evidence.get(path.replace(".model", ".item_name"))
            evidence[path] = _theirs(beside).model_copy(update={"text": text})
    if figures:
        evidence |= _proven(invoice, evidence)
    made = of.model_copy(update={"invoice": invoice, "evidence": evidence})
    return None if made == of else made


def _proven(invoice: Invoice, evidence: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Return what is confirmed now that a figure is right, if everything adds up."""
    proofs = prove(invoice, Layout(settled=(True,) * len(invoice.lines)))
    if proofs.contradictions:
        return {}
    unproven = ((path, evidence[path]) for path in proofs.by_path if path in evidence and not evidence[path].proof)
    return {path: found.model_copy(update={"proof": tuple(proofs.by_path[path])}) for path, found in unproven}


def _theirs(place: Evidence | None) -> Evidence:
    where = {"page": place.page, "box": place.box, "text": place.text} if place else {}
    return Evidence(**where, rung=PERSON, confidence=1.0, proof=(PERSON,))


def parsed(path: str, text: str) -> Any:
    """Return what a text is as the value of a field, None for nothing. Errors: NoValue."""
    name = path.rpartition(".")[2]
    if not text:
        return None
    if len(text) > _LONGEST:
        raise NoValue(path)
    if name in FIGURES:
        return _figure(path, text)
    return _day(path, text) if name == "issue_date" else text


def _figure(path: str, text: str) -> Decimal:
    """Read a number: a single mark is the decimal one, as we write it; else as invoices print it."""
    if _NUMBER.fullmatch(text):
        return Decimal(text.replace(",", "."))
    printed = parse_number(text)
    if printed is None or not _NUMBER.fullmatch(f"{printed.value:f}"):
        raise NoValue(path)
    return printed.value


def _day(path: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        printed = find_date(text)
        if printed is None:
            raise NoValue(path) from error
        return printed[0]


def _with(of: Any, steps: list[str], new: Any) -> Any:
    """Return a value with another one in the place that the steps lead to."""
    first, *rest = steps
    if first.isdigit():
        index = int(first)
        return (*of[:index], _with(of[index], rest, new), *of[index + 1 :])
    return of.model_copy(update={first: _with(getattr(of, first), rest, new) if rest else new})
