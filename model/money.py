"""Money: Decimal amounts, never floats; rounding and the decimal strings of the outside world."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """Round an amount to two places, half up, as invoices do (EN 16931-1, 6.5.2)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """Write an amount as a decimal string without exponent: '1234.50'."""
    return f"{amount:f}"


def money(amount: Decimal) -> str:
    """Write an amount of EUR with two places: '1234.50'."""
    return plain(cents(amount))
