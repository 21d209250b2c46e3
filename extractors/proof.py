"""The prover: which values of an invoice are confirmed by others, and which contradict each other.

It knows nothing of pages. A value is proven by a check that would fail if it were wrong; what no check confirms stays
unproven, and a check that fails is reported as a contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from model.invoice import Invoice, InvoiceLine, Totals, VatBreakdown
from model.money import ZERO

PRODUCT = "quantity x price = amount"
SUM = "sum of lines = net"
SUM_UNROUNDED = "sum of quantity x price, rounded once = net"
SUM_GROSS = "sum of lines + VAT = gross"
GROSS = "net + VAT = gross"
RATE = "VAT = rate x base"
STRUCTURED = "structured XML"
ONLY = "the only quantity that price and amount leave"

ROUNDED = Decimal("0.0051")
"""A product proves an amount that it rounds to."""
HALF = Decimal("0.005")
OFF = Decimal("0.0101")
"""What differs by a cent may be rounded in another way: that proves nothing and contradicts nothing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the page says beside the values: which the prover cannot know.

    `settled` tells for each line whether quantity and price are told apart by more than arithmetic, `restored` whether
    its quantity was not seen but follows from price and amount.
    """

    settled: Sequence[bool] = ()
    restored: Sequence[bool] = ()
    final: bool = True
    """Whether the page labels no larger amount as a total: a sum that is printed alone may be a subtotal."""
    denied: bool = False
    """Whether the page labels another amount as a total than the one that adds up: then no total is proven."""
    chosen: bool = False
    """Whether the charges by which the lines meet the net total were chosen among many."""
    taxed: bool = False
    """Whether the page speaks of a VAT that is not zero."""


@dataclass(slots=True)
class Proofs:
    """The checks that hold, by field path, and the sums that do not."""

    by_path: dict[str, list[str]] = field(default_factory=dict)
    contradictions: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def add(self, check: str, *paths: str) -> None:
        """Note that a check confirms the values at these paths."""
        for path in paths:
            held = self.by_path.setdefault(path, [])
            if check not in held:
                held.append(check)


def prove(invoice: Invoice, layout: Layout) -> Proofs:
    """Run every check over an invoice."""
    proofs = Proofs()
    summed = _prove_sum(invoice, proofs, layout)
    _prove_totals(invoice, proofs, layout, summed=summed and not layout.denied)
    for index, line in enumerate(invoice.lines):
        settled = _is(layout.settled, index) and not _torn(invoice.lines, index)
        _prove_line(index, line, proofs, settled=settled and summed)
        if summed and _is(layout.restored, index):
            proofs.add(ONLY, f"lines.{index}.quantity", f"lines.{index}.net_price")
    return proofs


def product_holds(line: InvoiceLine) -> bool | None:
    """Whether quantity x price and the line's own charges make its amount; None where that is not known."""
    if line.quantity is None or line.net_price is None or line.net_amount is None:
        return None
    expected = line.quantity * line.net_price + (line.charges or ZERO)
    difference = abs(expected - line.net_amount)
    return True if difference <= ROUNDED else (None if difference <= OFF else False)


def _prove_line(index: int, line: InvoiceLine, proofs: Proofs, *, settled: bool) -> None:
    path = f"lines.{index}"
    holds = product_holds(line)
    if holds and line.quantity and line.net_amount:
        if settled:
            proofs.add(PRODUCT, f"{path}.quantity", f"{path}.net_amount")
            if _determined(line):
                proofs.add(PRODUCT, f"{path}.net_price")
    elif holds is False:
        proofs.contradictions.append((PRODUCT, (f"{path}.quantity", f"{path}.net_price", f"{path}.net_amount")))


def _prove_sum(invoice: Invoice, proofs: Proofs, layout: Layout) -> bool:
    """Check that the lines and the charges sum to the printed net total (EN 16931-1, BR-CO-10 and BR-CO-13).

    Where they do not, but make the printed gross with the printed VAT, it is the net total that is wrong.
    """
    amounts = [line.net_amount for line in invoice.lines]
    totals = invoice.totals
    target = totals.net if totals.net is not None else (totals.gross if totals.vat is None else None)
    if target is None or not amounts or any(amount is None for amount in amounts):
        return False
    total = sum((amount for amount in amounts if amount is not None), ZERO) + (totals.charges or ZERO)
    paths = tuple(f"lines.{i}.net_amount" for i in range(len(amounts)) if _counts(invoice, i, layout))
    check = SUM if total == target else (SUM_UNROUNDED if _rounded_once(invoice, target) else None)
    if check is not None:
        proofs.add(check, *paths)
        if layout.final and not layout.denied and _balanced(totals) and not _undecided(totals, layout):
            proofs.add(check, "totals.net" if totals.net is not None else "totals.gross")
        return True
    if abs(total - target) > OFF:
        proofs.contradictions.append((SUM, (*paths, "totals.net" if totals.net is not None else "totals.gross")))
    if totals.net is not None and totals.vat and totals.gross is not None and total + totals.vat == totals.gross:
        proofs.add(SUM_GROSS, *paths, "totals.vat", "totals.gross")
        return True
    return False


def _determined(line: InvoiceLine) -> bool:
    """Whether another last decimal of the price would make another amount: of 12,3456 one cent tells little."""
    if line.quantity is None or line.net_price is None:
        return False
    exponent = line.net_price.as_tuple().exponent
    step = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else ZERO
    return abs(line.quantity) * step > ROUNDED


def _counts(invoice: Invoice, index: int, layout: Layout) -> bool:
    """Whether a sum says anything of a line: not of one that has nothing but an amount.

    Of one that adds nothing it says no more than that a product that is settled makes nothing. Where the charges were
    chosen among many, they may make up for an amount that is misread: so its own product must make it too.
    """
    line, holds = invoice.lines[index], product_holds(invoice.lines[index])
    if _torn(invoice.lines, index) or (layout.chosen and not holds):
        return False
    if not line.net_amount:
        return holds is True and _is(layout.settled, index)
    return line.quantity is not None or line.net_price is not None


def _is(flags: Sequence[bool], index: int) -> bool:
    return index < len(flags) and flags[index]


def _torn(lines: Sequence[InvoiceLine], index: int) -> bool:
    """Whether a line or one beside it may be a part of the other: of an allowance stays its amount alone."""
    beside = lines[max(index - 1, 0) : index + 2]
    return any(not x.item_name and (x.quantity is None or x.net_price is None) for x in beside)


def _rounded_once(invoice: Invoice, target: Decimal) -> bool:
    """Whether the products of all lines, which each round to their amount, sum to the total before any is rounded."""
    products = [line.quantity * line.net_price for line in invoice.lines if line.quantity and line.net_price]
    held = all(product_holds(line) and not line.charges for line in invoice.lines)
    whole = sum(products, ZERO) + (invoice.totals.charges or ZERO)
    return held and len(products) == len(invoice.lines) and abs(whole - target) < HALF


def _balanced(totals: Totals) -> bool:
    """Whether the totals agree among themselves: a sum of lines may be a subtotal, for net there is more than that."""
    if totals.net is None or totals.gross is None:
        return totals.net is None
    return abs(totals.net + (totals.vat or ZERO) - totals.gross) <= OFF


def _undecided(totals: Totals, layout: Layout) -> bool:
    """Whether one amount stands for net and gross though the page speaks of a VAT: which of the two is open."""
    return layout.taxed and (totals.net is None or totals.net == totals.gross)


def _prove_totals(invoice: Invoice, proofs: Proofs, layout: Layout, *, summed: bool) -> None:
    """Check that net and VAT sum to gross (BR-CO-15), and that each VAT is its rate of its base (BR-CO-17).

    A row of the VAT breakdown adds up as the totals do, so nothing is proven where the lines meet no total.
    A VAT that is its rate of net says little of net itself: several nets round to one VAT. So it confirms the VAT
    alone, and only beside a sum that holds.
    """
    totals = invoice.totals
    if totals.net is None or totals.gross is None:
        return
    difference = abs(totals.net + (totals.vat or ZERO) - totals.gross)
    if difference > OFF:
        proofs.contradictions.append((GROSS, ("totals.net", "totals.vat", "totals.gross")))
    elif difference or not summed or _undecided(totals, layout) or _off_rate(invoice):
        return
    elif totals.vat is not None:
        proofs.add(GROSS, "totals.net", "totals.vat", "totals.gross")
        if _rates_hold(totals.net, totals.vat, totals.breakdown):
            proofs.add(RATE, "totals.vat")
    elif totals.net == totals.gross:
        proofs.add(GROSS, "totals.net", "totals.gross")


def _off_rate(invoice: Invoice) -> bool:
    """Whether the VAT is not what the one rate printed makes of net, and nothing tells of another base.

    A misread VAT and gross may differ by the same: "1 285,00" is 285,00 where the first digit got lost.
    VAT that is rounded line by line differs by less than half a cent a line.
    """
    totals = invoice.totals
    if totals.net is None or totals.vat is None or len(totals.breakdown) != 1:
        return False
    (row,) = totals.breakdown
    if row.rate is None or row.base is not None:
        return False
    return abs(totals.net * row.rate / 100 - totals.vat) > OFF + HALF * len(invoice.lines)


def _rates_hold(net: Decimal, vat: Decimal, rows: Sequence[VatBreakdown]) -> bool:
    """Whether the VAT is its rate of net, or the whole breakdown adds up to both."""
    if len(rows) == 1 and rows[0].rate is not None:
        return abs(net * rows[0].rate / 100 - vat) <= OFF
    parts = [
        (row.rate, row.base, row.amount)
        for row in rows
        if row.rate is not None and row.base is not None and row.amount is not None
    ]
    if not rows or len(parts) < len(rows):
        return False
    return (
        all(abs(base * rate / 100 - amount) <= OFF for rate, base, amount in parts)
        and abs(sum((base for _, base, _ in parts), ZERO) - net) <= OFF
        and abs(sum((amount for _, _, amount in parts), ZERO) - vat) <= OFF
    )
