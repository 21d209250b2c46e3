"""Roles by arithmetic: which figures of a row are quantity, price and amount, and which columns hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product

from extractors.rows import Figure
from model.money import ZERO

HALF_CENT = Decimal("0.0051")
"""A product meets a printed amount if it rounds to it."""
CENT = Decimal("0.011")
"""With a discount there are two roundings."""
CANDIDATES = 12
"""No more figures of one role are tried per position."""
COMBINATIONS = 4000
"""No more readings are tried per position; beyond, it stays unproven."""

AMOUNT, PRICE, QUANTITY, BASE, DISCOUNT, ALLOWANCE = (
    "line_net_amount",
    "net_price",
    "quantity",
    "price_base_quantity",
    "discount",
    "line_allowance",
)


@dataclass(frozen=True, slots=True)
class Product:
    """Figures of one position that agree: quantity x price / base x (1 - discount) + charges = amount."""

    quantity: Figure
    price: Figure
    amount: Figure
    base: Figure | None = None
    discount: Figure | None = None
    charges: Decimal = ZERO
    """BG-28 less BG-27: the position's own charges and allowances, signed; they belong to no unit."""
    stated_base: int = 1
    """The number of units that a text beside the figures says the price is for: "per 100"."""

    @property
    def unit_price(self) -> Decimal:
        """The net price of one unit, after discount: BT-146 / BT-149."""
        price = self.price.number.value / (self.base.number.value if self.base else self.stated_base)
        if self.discount is None:
            return price
        if not _percent(self.discount):
            return self.amount.number.value / self.quantity.number.value
        return price * (1 - abs(self.discount.number.value) / 100)


def agrees(quantity: Decimal, price: Decimal, amount: Decimal, tolerance: Decimal = HALF_CENT) -> bool:
    """Whether quantity times price rounds to the amount."""
    return abs(quantity * price - amount) <= tolerance


def _percent(discount: Figure) -> bool:
    return discount.number.percent or abs(discount.number.value) <= 100


def _holds(found: Product) -> bool:
    """Whether the printed figures of a position agree, signs as printed."""
    q, p, a = found.quantity.number.value, found.price.number.value, found.amount.number.value - found.charges
    base = found.base.number.value if found.base else Decimal(found.stated_base)
    if base <= 0:
        return False
    p = p / base
    discount = found.discount
    if discount is None or not discount.number.value:
        return agrees(q, p, a)
    d = abs(discount.number.value)
    if discount.number.percent:
        return agrees(q, p * (1 - d / 100), a, CENT)
    return agrees(q, p, a + d, CENT) or (d <= 100 and agrees(q, p * (1 - d / 100), a, CENT))


def find_product(
    candidates: Mapping[str, Sequence[Figure]], charges: Decimal = ZERO, stated_base: int = 1
) -> Product | None:
    """Find the figures of a position that agree; each figure serves one role, the likeliest candidates come first.

    `candidates` holds, for each role, the figures that may fill it. A printed price base or discount must be used, and
    so must the position's own charges and the base that a text beside the price states. A whole price beside a quantity
    with decimals is taken only where nothing else agrees.
    """
    swapped: Product | None = None
    for combination in islice(_combinations(candidates), COMBINATIONS):
        if not _distinct(combination):
            continue
        found = Product(*combination, charges=charges, stated_base=stated_base)
        if _holds(found):
            if found.price.number.decimals or not found.quantity.number.decimals:
                return found
            swapped = swapped or found
    return swapped


_Combination = tuple[Figure, Figure, Figure, Figure | None, Figure | None]


def _combinations(candidates: Mapping[str, Sequence[Figure]]) -> Iterator[_Combination]:
    bases: Iterable[Figure | None] = candidates.get(BASE) or (None,)
    discounts: Iterable[Figure | None] = (*candidates.get(DISCOUNT, ()), None)
    for base, discount in product(bases, discounts):
        for amount in candidates.get(AMOUNT, ())[:CANDIDATES]:
            for price in candidates.get(PRICE, ())[:CANDIDATES]:
                for quantity in candidates.get(QUANTITY, ())[:CANDIDATES]:
                    yield quantity, price, amount, base, discount


def _distinct(combination: _Combination) -> bool:
    places = [(id(f.spot.words[0]), f.start) for f in combination if f is not None]
    return len(set(places)) == len(places)
