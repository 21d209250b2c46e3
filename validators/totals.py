"""Totals: lines and charges have to agree with net, net and VAT with gross, VAT with rate and base.

A missing row, a dropped minus sign and an altered figure all show here, so nothing is approved whose sum is not there.
Figures are rounded to cents per line or on the total, as the sender likes: each rounded figure may be half a cent off.
"""

from collections.abc import Iterator
from decimal import Decimal

from model.finding import Finding
from model.invoice import Invoice
from model.money import CENT, ZERO, money
from programme.accrual import CREDIT_NOTE
from validators.dossier import Dossier

HALF_CENT = CENT / 2
RATES = tuple(map(Decimal, ("5", "5.5", "6", "7", "8", "9", "10", "12", "13", "16", "17", "19", "20", "21")))
"""The VAT rates in percent that Germany and its western neighbours have charged since 2018."""
PERCENT = Decimal("0.01")


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report each sum that does not hold; where all hold, a total that nothing on the page confirms."""
    invoice = dossier.invoice
    if invoice is None or dossier.total is None:
        return
    path, total = dossier.total
    wrong = [*_lines(invoice, path, total), *_gross(invoice), *_vat(invoice)]
    yield from (f.model_copy(update={"certain": all(map(dossier.reading.sure, f.about))}) for f in wrong)
    if not wrong and not dossier.reading.proven(path):
        yield Finding(code="low_confidence", variant="totals", values={"net": money(total)}, about=(path,))


def _lines(invoice: Invoice, path: str, printed: Decimal) -> Iterator[Finding]:
    """Lines plus charges = net. A credit note may print its lines and its totals with different signs."""
    amounts = [line.net_amount for line in invoice.lines]
    known = [amount for amount in amounts if amount is not None]
    if not amounts or len(known) < len(amounts):
        return
    total, slack = sum(known, invoice.totals.charges or ZERO), HALF_CENT * (len(known) + 2)
    off = abs(total - printed)
    if (min(off, abs(total + printed)) if invoice.type_code == CREDIT_NOTE else off) > slack:
        values = {"sum": money(total), "net": money(printed)}
        yield Finding(code="totals_mismatch", variant="lines", values=values, about=(path,))


def _gross(invoice: Invoice) -> Iterator[Finding]:
    """Net + VAT = gross; where no VAT total is printed, the rows of the breakdown make it.

    Where no VAT was read, gross has to be net, or net with the VAT of some rate in force: else a figure is wrong.
    """
    totals, rows = invoice.totals, [row.amount for row in invoice.totals.breakdown]
    amounts = [amount for amount in rows if amount is not None]
    vat = sum(amounts, ZERO) if totals.vat is None and amounts and len(amounts) == len(rows) else totals.vat
    if totals.net is None or totals.gross is None:
        return
    possible = (vat,) if vat is not None else (ZERO, *(totals.net * rate * PERCENT for rate in RATES))
    if all(abs(totals.net + tax - totals.gross) > 2 * CENT for tax in possible):
        yield Finding(
            code="totals_mismatch",
            variant="gross",
            values={"net": money(totals.net), "vat": money(vat or ZERO), "gross": money(totals.gross)},
            about=("totals.net", "totals.gross", *(("totals.vat",) if vat is not None else ())),
        )


def _vat(invoice: Invoice) -> Iterator[Finding]:
    """VAT = rate x base in each row of the breakdown, and the rows add up to the VAT total."""
    slack = HALF_CENT * (len(invoice.lines) + 2)
    for row in invoice.totals.breakdown:
        if row.rate is None or row.base is None or row.amount is None:
            continue
        if abs(row.base * row.rate * PERCENT - row.amount) > slack:
            values = {"rate": f"{row.rate.normalize():f}", "base": money(row.base), "vat": money(row.amount)}
            yield Finding(code="totals_mismatch", variant="vat_rate", values=values, about=("totals.vat",))
    amounts = [row.amount for row in invoice.totals.breakdown if row.amount is not None]
    vat = invoice.totals.vat
    if vat is not None and amounts and len(amounts) == len(invoice.totals.breakdown):
        total = sum(amounts, ZERO)
        if abs(total - vat) > HALF_CENT * (len(amounts) + 1):
            values = {"sum": money(total), "vat": money(vat)}
            yield Finding(code="totals_mismatch", variant="vat_sum", values=values, about=("totals.vat",))
