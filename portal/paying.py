"""Payments as files: what another system says it paid, read, checked, prepared by one person and booked by another."""

import csv
import datetime as dt
import getpass
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from model.money import money
from portal.inputs import NotThere
from runtime.app import App
from store import accounts, partners, payments
from store.payments import Payment, PaymentList
from workers.settling import today

COLUMNS = ("key", "partner_id", "amount", "paid_on", "reference")
"""Of the CSV file; in JSON a list of objects with these keys."""
_LARGEST = Decimal(10**9)


class PaymentsInvalid(Exception):
    """Raised with every fault of a file of payments, each told with its row."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A list that was prepared, how many rows of the file were booked before, and what should be looked at."""

    listed: PaymentList | None
    skipped: int
    warnings: tuple[str, ...]


def prepare(app: App, file: Path, who: str) -> Prepared:
    """Read a file and prepare what of it is not booked yet. Errors: PaymentsInvalid, NotThere, OSError."""
    rows = read(file)
    with app.engine.begin() as conn:
        known = payments.booked(conn, (row.key for row in rows))
        faults = list(_faults(conn, rows, known))
        if faults:
            raise PaymentsInvalid(faults)
        new = [row for row in rows if row.key not in known]
        warnings = tuple(_warnings(conn, new))
        listed = payments.prepare(conn, new, who, _now()) if new else None
    return Prepared(listed, len(rows) - len(new), warnings)


def book(app: App, identifier: str, who: str) -> int:
    """Book a list that another person prepared, and return how many payments that were. Errors: NotThere."""
    with app.engine.begin() as conn:
        try:
            return payments.book(conn, identifier, who, _now())
        except (LookupError, payments.SamePerson, payments.Decided) as error:
            raise NotThere(f"{_capital(error)}.") from error


def refuse(app: App, identifier: str, who: str, why: str) -> None:
    """Refuse a list. Errors: NotThere."""
    with app.engine.begin() as conn:
        try:
            payments.refuse(conn, identifier, who, why, _now())
        except (LookupError, payments.Decided) as error:
            raise NotThere(f"{_capital(error)}.") from error


def myself() -> str:
    """Return the name of whoever runs this command."""
    return getpass.getuser()


def read(file: Path) -> tuple[Payment, ...]:
    """Read a CSV or JSON file. Errors: PaymentsInvalid with every fault by row, OSError."""
    text = file.read_text(encoding="utf-8-sig")
    try:
        is_json = file.suffix == ".json"
        rows = json.loads(text, parse_float=Decimal) if is_json else list(csv.DictReader(io.StringIO(text)))
    except (ValueError, csv.Error) as error:
        raise PaymentsInvalid([f"{file}: cannot be read: {error}"]) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PaymentsInvalid([f"{file}: must be a list of payments"])
    if not rows:
        raise PaymentsInvalid([f"{file}: holds no payment"])
    made, faults = [], []
    for place, row in enumerate(rows, 1):
        try:
            made.append(_payment(row))
        except (ValueError, ValidationError) as error:
            faults.append(f"{file}: row {place}: {_said(error)}")
    if faults:
        raise PaymentsInvalid(faults)
    return tuple(made)


def as_json(listed: PaymentList) -> dict[str, Any]:
    """Return what programs are told of a list."""
    return {
        "list": listed.id,
        "state": listed.outcome or "prepared",
        "prepared_by": listed.prepared_by,
        "decided_by": listed.decided_by,
        "payments": len(listed.payments),
        "total": money(listed.total),
    }


def _payment(row: dict[str, Any]) -> Payment:
    unknown = sorted(str(name) for name in row.keys() - set(COLUMNS))
    missing = [name for name in COLUMNS[:4] if row.get(name) in {None, ""}]
    faults = [*(f"unknown: {name}" for name in unknown), *(f"missing: {name}" for name in missing)]
    if faults:
        raise ValueError("; ".join(faults))
    amount = _amount(row["amount"])
    day = dt.date.fromisoformat(str(row["paid_on"]))
    if day > today():
        raise ValueError(f"paid_on: {day} is still to come")
    return Payment(
        key=str(row["key"]), partner_id=str(row["partner_id"]), amount=amount, paid_on=day,
        reference=str(row.get("reference") or ""),
    )  # fmt: skip


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except ArithmeticError as error:
        raise ValueError(f"amount: {value!s:.40} is no amount of EUR as '12.50'") from error
    if not amount.is_finite() or not amount or abs(amount) > _LARGEST or amount != round(amount, 2):
        raise ValueError(f"amount: {value!s:.40} is no amount of EUR as '12.50'")
    return round(amount, 2)


def _faults(conn: Connection, rows: Sequence[Payment], known: dict[str, Payment]) -> Iterator[str]:
    seen: set[str] = set()
    there: dict[str, bool] = {}
    for place, row in enumerate(rows, 1):
        if row.key in seen:
            yield f"row {place}: the key {row.key} stands there twice"
        seen.add(row.key)
        if row.partner_id not in there:
            there[row.partner_id] = partners.partner(conn, row.partner_id) is not None
        if not there[row.partner_id]:
            yield f"row {place}: there is no partner {row.partner_id}"
        if row.key in known and known[row.key] != row:
            yield f"row {place}: the payment {row.key} was booked before with another content"


def _warnings(conn: Connection, rows: Sequence[Payment]) -> Iterator[str]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.partner_id] = sums.get(row.partner_id, Decimal(0)) + row.amount
    for partner_id, amount in sums.items():
        due = accounts.payable_now(conn, partner_id)
        if amount > max(due, Decimal(0)):
            yield f"{partner_id} is paid {money(amount)} EUR, but {money(due)} EUR are payable"


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return str(error)


def _capital(error: Exception) -> str:
    text = str(error.args[0])
    return text[:1].upper() + text[1:]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
