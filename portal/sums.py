"""The sums of an invoice as rows: what is printed, what it should be, and the difference."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import prod
from typing import Literal

from model.invoice import Invoice
from model.money import CENT, ZERO, cents
from programme.accrual import CREDIT_NOTE

Kind = Literal["product", "sum", "gross"]
HALF_CENT = CENT / 2


@dataclass(frozen=True)
class Equation:
    """The figures at `paths` but the last make, multiplied or added, with `plus` the last one.

    `slack` is what rounding may make of it; for a product it is that of its price, `line` the index of its line.
    `either_sign` tells that a credit note may print both sides with different signs.
    """

    kind: Kind
    paths: tuple[str, ...]
    values: tuple[Decimal | None, ...]
    plus: Decimal = ZERO
    slack: Decimal = CENT
    line: int | None = None
    either_sign: bool = False

    @cached_property
    def made(self) -> Decimal | None:
        """What the figures make, None where one is missing."""
        known = [value for value in self.values[:-1] if value is not None]
        if len(known) < len(self.values) - 1:
            return None
        return (prod(known, start=Decimal(1)) if self.kind == "product" else sum(known, ZERO)) + self.plus

    @cached_property
    def difference(self) -> Decimal | None:
        """How much more is printed than the figures make, None where one is missing."""
        printed = self.values[-1]
        if self.made is None or printed is None:
            return None
        off = (abs(printed) - abs(self.made)) if self.either_sign else printed - self.made
        return cents(off)

    @property
    def holds(self) -> bool | None:
        """Whether it is right but for rounding, None where a figure is missing."""
        return None if self.difference is None else abs(self.difference) <= self.slack


def equations(invoice: Invoice) -> tuple[Equation, ...]:
    """Return the sums that an invoice makes: each line, all lines, VAT."""
    return tuple(_equations(invoice))


def _equations(invoice: Invoice) -> Iterator[Equation]:
    either = invoice.type_code == CREDIT_NOTE
    for index, line in enumerate(invoice.lines):
        names = ("quantity", "net_price", "net_amount")
        values = (line.quantity, line.net_price, line.net_amount)
        if line.net_price is None and line.quantity is None:
            continue
        exponent = (line.net_price or CENT).as_tuple().exponent
        places = max(2, -exponent) if isinstance(exponent, int) else 2
        slack = abs(line.quantity or ZERO) * Decimal(5).scaleb(-places - 1) + CENT
        paths = tuple(f"lines.{index}.{name}" for name in names)
        yield Equation("product", paths, values, line.charges or ZERO, slack, index, either)
    totals, paths = invoice.totals, tuple(f"lines.{index}.net_amount" for index in range(len(invoice.lines)))
    amounts = tuple(line.net_amount for line in invoice.lines)
    if amounts:
        slack = HALF_CENT * (len(amounts) + 2)
        plus = totals.charges or ZERO
        yield Equation("sum", (*paths, "totals.net"), (*amounts, totals.net), plus, slack, None, either)
    if totals.gross is not None or totals.vat is not None:
        paths, values = ("totals.net", "totals.vat", "totals.gross"), (totals.net, totals.vat, totals.gross)
        yield Equation("gross", paths, values, slack=2 * CENT)
