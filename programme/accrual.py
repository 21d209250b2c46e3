"""What an approved document is worth: bonus units per line, with their sign and their rate.

Tier and rate are those of the issue date. Returned lines count negative. Lines at 0.00 earn nothing unless the
programme says `free_lines_earn`. A credit note (381), whatever its printed sign, and a correction (384) with negative
figures take units back, at the rate booked for the invoice they refer to where it is booked here, else at that of
their own issue date. A correction with positive figures replaces that invoice: its lines are due, less what was booked.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from model.case import Booked, Case, Tier
from model.invoice import Invoice, InvoiceLine
from model.judgement import BonusUnit, Match
from model.ledger import Accrual
from model.money import ZERO
from programme.catalogue import worth
from programme.numbers import normal_number
from programme.rulebook import Rulebook
from programme.tiers import tier_on

CREDIT_NOTE = "381"
CORRECTION = "384"


def due(
    invoice: Invoice, matches: Sequence[Match], case: Case, rulebook: Rulebook, distributor_id: str
) -> tuple[Accrual, ...]:
    """Return what is due for an approved document, line by line; nothing without a number or an issue date.

    What a correction takes back of the invoice it replaces belongs to none of its lines: it is keyed by line indices
    from the number of lines on.
    """
    if not invoice.number or invoice.issue_date is None:
        return ()
    number = normal_number(invoice.number)
    replaced = case.preceding or () if replaces(invoice) else ()
    lines = _earned(invoice, invoice.issue_date, matches, case, rulebook)
    back = (
        (len(invoice.lines) + place, booked.model, -booked.quantity, Decimal(booked.bonus_each))
        for place, booked in enumerate(replaced)
    )
    return tuple(
        Accrual(
            distributor_id=distributor_id, number=number, line=line, model=model, quantity=quantity, bonus_each=each
        )
        for line, model, quantity, each in (*lines, *back)
        if quantity and each
    )


def units(accruals: Sequence[Accrual], line_count: int) -> tuple[BonusUnit, ...]:
    """Sum accruals of one document up by model and rate, with the indices of its lines (0 up to `line_count`)."""
    groups: dict[tuple[str, Decimal], list[Accrual]] = {}
    for accrual in accruals:
        groups.setdefault((accrual.model, accrual.bonus_each), []).append(accrual)
    return tuple(
        BonusUnit(
            model=model,
            quantity=sum(accrual.quantity for accrual in group),
            bonus_each=each,
            lines=tuple(accrual.line for accrual in group if accrual.line < line_count),
        )
        for (model, each), group in groups.items()
    )


def total(accruals: Sequence[Accrual]) -> Decimal:
    """Return what the accruals are worth together, in EUR."""
    return sum((accrual.quantity * accrual.bonus_each for accrual in accruals), ZERO)


def net_revenue(invoice: Invoice, matches: Sequence[Match]) -> Decimal | None:
    """Return the net amount in EUR of the lines that sell the maker's products, negative where they come back.

    None where it is not known: another currency, or such a line without its amount.
    """
    if invoice.currency_code != "EUR":
        return None
    back, together = takes_back(invoice), ZERO
    for match in matches:
        line = invoice.lines[match.line]
        if match.model is None:
            continue
        if line.net_amount is None:
            return None
        returned = back or line.net_amount < ZERO or (line.quantity is not None and line.quantity < ZERO)
        together += -abs(line.net_amount) if returned else line.net_amount
    return together


def takes_back(invoice: Invoice) -> bool:
    """Tell whether every unit on the document is taken back: a credit note, or a correction with negative figures."""
    return invoice.type_code == CREDIT_NOTE or (invoice.type_code == CORRECTION and _negative(invoice))


def replaces(invoice: Invoice) -> bool:
    """Tell whether the document stands in place of the invoice it refers to: a correction with positive figures."""
    return invoice.type_code == CORRECTION and not _negative(invoice)


def unit_count(line: InvoiceLine, *, taken_back: bool) -> int | None:
    """Return how many units a line moves, negative where they come back; None where that is no whole number."""
    if line.quantity is None or line.quantity != line.quantity.to_integral_value():
        return None
    returned = taken_back or line.quantity < 0 or (line.net_amount is not None and line.net_amount < 0)
    return -abs(int(line.quantity)) if returned else int(line.quantity)


def is_free(line: InvoiceLine) -> bool:
    """Tell whether a line costs nothing."""
    price = line.net_amount if line.net_amount is not None else line.net_price
    return price is not None and price == ZERO


def _earned(
    invoice: Invoice, on: dt.date, matches: Sequence[Match], case: Case, rulebook: Rulebook
) -> Iterator[tuple[int, str, int, Decimal]]:
    """Yield (line, model, quantity, EUR each) for the lines that hold a device."""
    held = tier_on(case.partner, on)
    tier = held if held in rulebook.programme.eligible_tiers else None
    back = takes_back(invoice)
    preceding = case.preceding or () if back else ()
    for match in matches:
        line = invoice.lines[match.line]
        quantity = unit_count(line, taken_back=back)
        if match.model is None or not quantity or (is_free(line) and not rulebook.programme.free_lines_earn):
            continue
        yield match.line, match.model, quantity, _rate(match.model, preceding, tier, on, rulebook=rulebook)


def _rate(model: str, preceding: Sequence[Booked], tier: Tier | None, on: dt.date, *, rulebook: Rulebook) -> Decimal:
    booked = max((one for one in preceding if one.model == model), key=lambda one: one.quantity, default=None)
    if booked is not None:
        return Decimal(booked.bonus_each)
    product = rulebook.catalogue.product(model)
    return worth(product, tier, on).each if product else ZERO


def _negative(invoice: Invoice) -> bool:
    """Tell whether the figures are negative: the first printed total that says so, else the lines."""
    lines = sum((line.net_amount for line in invoice.lines if line.net_amount is not None), ZERO)
    counts = sum((line.quantity for line in invoice.lines if line.quantity is not None), ZERO)
    figures = (invoice.totals.gross, invoice.totals.net, lines, counts)
    return next((figure < ZERO for figure in figures if figure), False)
