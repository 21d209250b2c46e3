"""Roles by arithmetic: which figures of a row are quantity, price and amount, and which columns hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product

from extractors.rows import Figure
from model.money import ZERO

HALF_CENT = Decimal("0.0051")
"""A product meets a printed amount if it rounds to it."""
CENT = Decimal("0.011")
"""With a discount there are two roundings."""
HIGHEST_PERCENT = 100
"""A discount up to this may be a percentage without its sign."""
CANDIDATES = 12
"""No more figures of one role are tried per position, of bases and discounts a third of that."""
MOST_CANDIDATES = 48
"""What has more figures than this is no position."""
COMBINATIONS = 1000
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
    def base_price(self) -> Decimal:
        """The price of one unit before any discount."""
        return self.price.number.value / (self.base.number.value if self.base else self.stated_base)

    @property
    def unit_price(self) -> Decimal:
        """The net price of one unit, after discount: BT-146 / BT-149."""
        taken = next((way for way in DISCOUNTED if way(self)), None)
        price = self.base_price if taken is None else DISCOUNTED[taken](self)
        return price if price == self.price.number.value else _plain(price)


def _plain(price: Decimal) -> Decimal:
    """A computed price without the zeros that computing left behind, but with two decimals."""
    bare = price.normalize()
    exponent = bare.as_tuple().exponent
    return bare.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent > -2 else bare


def agrees(quantity: Decimal, price: Decimal, amount: Decimal, tolerance: Decimal = HALF_CENT) -> bool:
    """Whether quantity times price rounds to the amount."""
    return abs(quantity * price - amount) <= tolerance


def _holds(found: Product) -> bool:
    """Whether the printed figures of a position agree, signs as printed."""
    base = found.base.number.value if found.base else found.stated_base
    if base <= 0:
        return False
    if found.discount is None or not found.discount.number.value:
        return agrees(found.quantity.number.value, found.base_price, found.amount.number.value - found.charges)
    return any(way(found) for way in DISCOUNTED)


def _by_percent(found: Product) -> bool:
    d = _discount(found)
    plain = found.discount is not None and (found.discount.number.percent or d <= HIGHEST_PERCENT)
    return bool(d) and plain and _makes(found, found.quantity.number.value * found.base_price * (1 - d / 100))


def _by_line(found: Product) -> bool:
    whole, d = found.quantity.number.value * found.base_price, _discount(found)
    return bool(d) and (_makes(found, whole - d) or (whole < 0 and _makes(found, whole + d)))


def _by_piece(found: Product) -> bool:
    d = _discount(found)
    return bool(d) and _makes(found, found.quantity.number.value * (found.base_price - d))


def _discount(found: Product) -> Decimal:
    return abs(found.discount.number.value) if found.discount else ZERO


def _makes(found: Product, amount: Decimal) -> bool:
    """Whether the printed amount is this one; with a discount there are two roundings."""
    return agrees(Decimal(1), amount, found.amount.number.value - found.charges, CENT)


DISCOUNTED: Mapping[Callable[[Product], bool], Callable[[Product], Decimal]] = {
    _by_percent: lambda found: found.base_price * (1 - _discount(found) / 100),
    _by_line: lambda found: found.amount.number.value / found.quantity.number.value,
    _by_piece: lambda found: found.base_price - _discount(found),
}
"""The ways in which a discount may be meant, each with the price of a unit that it leaves."""


def find_product(
    candidates: Mapping[str, Sequence[Figure]], charges: Decimal = ZERO, stated_base: int = 1
) -> Product | None:
    """Find the figures of a position that agree; each figure serves one role, the likeliest candidates come first.

    `candidates` holds, for each role, the figures that may fill it. A printed price base or discount must be used, and
    so must the position's own charges and the base that a text beside the price states. A whole price beside a quantity
    with decimals is taken only where nothing else agrees.
    """
    swapped: Product | None = None
    if sum(map(len, candidates.values())) > MOST_CANDIDATES:
        return None
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
    bases: Iterable[Figure | None] = candidates.get(BASE, ())[: CANDIDATES // 3] or (None,)
    discounts: Iterable[Figure | None] = (*candidates.get(DISCOUNT, ())[: CANDIDATES // 3], None)
    for base, discount in product(bases, discounts):
        for amount in candidates.get(AMOUNT, ())[:CANDIDATES]:
            for price in candidates.get(PRICE, ())[:CANDIDATES]:
                for quantity in candidates.get(QUANTITY, ())[:CANDIDATES]:
                    yield quantity, price, amount, base, discount


def _distinct(combination: _Combination) -> bool:
    places = [(id(f.spot.words[0]), f.start) for f in combination if f is not None]
    return len(set(places)) == len(places)
