"""Lines: those that earn have to be proven, and none of the others may hide a return.

A line that earns, or takes back what earned, needs its quantity and its amount confirmed by a check, and no doubt
about what it sells. Any other line may stay unproven as long as its amount is in the sum (validators/totals.py) and it
is clear that it takes no device back: only then would too much be paid.
"""

from collections.abc import Iterator
from decimal import Decimal

from model.finding import Finding
from model.invoice import InvoiceLine
from model.money import CENT, ZERO, money, plain
from programme.accrual import CREDIT_NOTE
from validators.dossier import UNREAD, Dossier

MOST_DEVICES = 5_000
"""No reseller buys more devices of one model on one line; a larger quantity is a person's to believe."""
SOLD = frozenset({"380", "326", "389", "875", "876", "877"})
"""Type codes under which a line with positive figures takes nothing back."""


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report, line by line, arithmetic that fails and figures or words on which money would rest with doubt."""
    if dossier.invoice is None:
        return
    for index, line in enumerate(dossier.invoice.lines):
        earns, contradiction = dossier.earns(index), _contradiction(dossier, index, line)
        if contradiction is not None and (earns or contradiction.certain):
            yield contradiction
        elif earns:
            yield from _unproven(dossier, index, line)
        else:
            yield from _unclear(dossier, index, line)


def _contradiction(dossier: Dossier, index: int, line: InvoiceLine) -> Finding | None:
    """Return what is wrong if quantity x price is not the amount; certain if all three were read without doubt.

    The line's own charges and allowances are part of its amount (EN 16931-1, BT-131).
    """
    if line.quantity is None or line.net_price is None or line.net_amount is None:
        return None
    product, amount = line.quantity * line.net_price + (line.charges or ZERO), line.net_amount
    if dossier.invoice and dossier.invoice.type_code == CREDIT_NOTE:
        product, amount = abs(product), abs(amount)
    if product == amount or abs(product - amount) <= _slack(line.quantity, line.net_price):
        return None
    about = tuple(f"lines.{index}.{name}" for name in ("quantity", "net_price", "net_amount"))
    values = {
        "line": dossier.position(index),
        "quantity": plain(line.quantity),
        "price": plain(line.net_price),
        "amount": money(line.net_amount),
    }
    certain = all(map(dossier.reading.sure, about))
    return Finding(code="totals_mismatch", variant="line", values=values, about=about, certain=certain)


def _slack(quantity: Decimal, price: Decimal) -> Decimal:
    """Half a unit of the price's last place per piece, for a discounted price is rounded before it is printed."""
    exponent = price.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return abs(quantity) * Decimal(5).scaleb(-places - 1) + CENT


def _unproven(dossier: Dossier, index: int, line: InvoiceLine) -> Iterator[Finding]:
    """Report what is missing for paying on this line."""
    where = {"line": dossier.position(index)}
    quantity, amount, name = (f"lines.{index}.{field}" for field in ("quantity", "net_amount", "item_name"))
    if line.quantity is None or not dossier.reading.proven(quantity) or abs(line.quantity) > MOST_DEVICES:
        read = {"read": plain(line.quantity) if line.quantity is not None else UNREAD}
        yield Finding(code="low_confidence", variant="quantity", values=where | read, about=(quantity,))
    elif line.quantity != line.quantity.to_integral_value():
        read = {"read": plain(line.quantity)}
        yield Finding(code="low_confidence", variant="quantity_not_whole", values=where | read, about=(quantity,))
    if line.net_amount is None or not dossier.reading.proven(amount):
        read = {"read": money(line.net_amount) if line.net_amount is not None else UNREAD}
        yield Finding(code="low_confidence", variant="amount", values=where | read, about=(amount,))
    if not dossier.understood(index):
        read = {"read": line.item_name or UNREAD}
        yield Finding(code="low_confidence", variant="item", values=where | read, about=(name,))


def _unclear(dossier: Dossier, index: int, line: InvoiceLine) -> Iterator[Finding]:
    """Report a line outside the sum, without words, or that may take back a device nobody recognised."""
    where = {"line": dossier.position(index)}
    if line.net_amount is None:
        about = (f"lines.{index}.net_amount",)
        yield Finding(code="low_confidence", variant="amount", values=where | {"read": UNREAD}, about=about)
    words = line.item_name or line.manufacturers_item_identifier or line.standard_item_identifier
    if words is None or (_may_take_back(dossier, index) and not dossier.understood(index)):
        about = (f"lines.{index}.item_name",)
        yield Finding(code="low_confidence", variant="item", values=where | {"read": words or UNREAD}, about=about)


def _may_take_back(dossier: Dossier, index: int) -> bool:
    sold = dossier.invoice is not None and dossier.invoice.type_code in SOLD
    return dossier.is_negative(index) or not sold
