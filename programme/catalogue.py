"""The catalogue: the devices the programme knows, how they are found, and what one earns on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Literal

from model.case import Tier
from model.invoice import Amount, Value
from model.money import ZERO
from programme.spelling import article, compact, look_alike

WorthKind = Literal["earns", "earns_nothing", "not_eligible", "not_known"]


class Rate(Value):
    """What a device earns per unit, in EUR, while the rate holds; both days are included, None is open.

    A tier's amount is None where it is not known.
    """

    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    silver: Amount | None = None
    gold: Amount | None = None

    def covers(self, day: dt.date) -> bool:
        """Whether the rate holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Product(Value):
    """A device or accessory by its model name, with what else names it.

    `bonus_eligible` None: not known. `kind` is shown to people and not decided on. `rates` do not overlap; an eligible
    product without any has an unknown bonus; a bonus without dates is one rate that is open at both ends.
    """

    model: str
    kind: str | None = None
    bonus_eligible: bool | None = None
    mpn: str | None = None
    ean: str | None = None
    aliases: tuple[str, ...] = ()
    rates: tuple[Rate, ...] = ()


class Worth(Value):
    """What a unit is worth: `each` in EUR where it earns, else 0.

    "earns_nothing": the rulebook has rates, none of them for that day or tier. "not_known": the rulebook cannot tell
    whether or what it earns.
    """

    kind: WorthKind
    each: Amount = ZERO


def worth(product: Product, tier: Tier | None, on: dt.date) -> Worth:
    """Tell what a unit of the product, invoiced on that day, earns a partner of that tier."""
    if product.bonus_eligible is False:
        return Worth(kind="not_eligible")
    if product.bonus_eligible is None or not product.rates:
        return Worth(kind="not_known")
    rate = next((rate for rate in product.rates if rate.covers(on)), None)
    if rate is None or tier is None or tier == "registered":
        return Worth(kind="earns_nothing")
    each = rate.silver if tier == "silver" else rate.gold
    return Worth(kind="not_known") if each is None else Worth(kind="earns", each=each)


class Catalogue(Value):
    """All products, with the indices that looking one up needs; each is built once."""

    products: tuple[Product, ...] = ()

    def product(self, model: str) -> Product | None:
        """Return the product with exactly this model name, as `Match.model` holds it."""
        return self.by_model.get(model)

    @cached_property
    def phrases(self) -> dict[str, Any]:
        """What `programme.phrase`, which alone knows its values, made of item names with this catalogue."""
        return {}

    @cached_property
    def by_model(self) -> dict[str, Product]:
        """Products by model name."""
        return {product.model: product for product in self.products}

    @cached_property
    def devices(self) -> dict[str, str]:
        """Compact spellings by model name of the products that earn a bonus, or may, in the catalogue's order."""
        return {
            product.model: compact(product.model) for product in self.products if product.bonus_eligible is not False
        }

    @cached_property
    def by_spelling(self) -> dict[str, Product]:
        """Products by model name and alias in compact spelling: capitals and digits, the maker's name left out."""
        return _index(self.products, lambda product: map(compact, (product.model, *product.aliases)))

    @cached_property
    def by_look_alike(self) -> dict[str, tuple[str, ...]]:
        """Model names by their spelling with letters that OCR takes for digits as digits; several may share one."""
        models: dict[str, set[str]] = defaultdict(set)
        for spelling, product in self.by_spelling.items():
            models[look_alike(spelling)].add(product.model)
        return {spelling: tuple(sorted(names)) for spelling, names in models.items()}

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The first letter, and the first two, of all spellings, letters that OCR takes for digits as digits."""
        return frozenset(spelling[:length] for spelling in self.by_look_alike for length in (1, 2))

    @cached_property
    def by_mpn(self) -> dict[str, Product]:
        """Products by the manufacturer's article number in compact spelling."""
        return _index(self.products, lambda product: (article(product.mpn),) if product.mpn else ())

    @cached_property
    def by_ean(self) -> dict[str, Product]:
        """Products by GTIN in 14 digits."""
        return _index(self.products, lambda product: (product.ean.zfill(14),) if product.ean else ())


def _index(products: Iterable[Product], keys: Callable[[Product], Iterable[str]]) -> dict[str, Product]:
    return {key: product for product in products for key in keys(product) if key}
