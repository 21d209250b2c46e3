import datetime as dt
from decimal import Decimal

import pytest

from model.case import Tier
from programme.catalogue import Catalogue, Product, Rate, Worth, worth

DAY = dt.date(2026, 6, 30)
SILVER_9_GOLD_12 = Rate(silver=Decimal("9.00"), gold=Decimal("12.00"))


@pytest.mark.parametrize(("tier", "each"), [("silver", "9.00"), ("gold", "12.00")])
def test_a_device_earns_by_tier(tier: Tier, each: str) -> None:
    found = worth(Product(model="M85", bonus_eligible=True, rates=(SILVER_9_GOLD_12,)), tier, DAY)
    assert (found.kind, found.each) == ("earns", Decimal(each))


@pytest.mark.parametrize(
    ("product", "tier", "kind"),
    [
        (Product(model="A190", bonus_eligible=False), "gold", "not_eligible"),
        (Product(model="M300", bonus_eligible=None, rates=(SILVER_9_GOLD_12,)), "gold", "not_known"),
        (Product(model="D785", bonus_eligible=True), "gold", "not_known"),
        (Product(model="D785", bonus_eligible=True, rates=(Rate(silver=Decimal(9)),)), "gold", "not_known"),
        (Product(model="D785", bonus_eligible=True, rates=(SILVER_9_GOLD_12,)), "registered", "earns_nothing"),
        (Product(model="D785", bonus_eligible=True, rates=(SILVER_9_GOLD_12,)), None, "earns_nothing"),
    ],
)
def test_what_earns_nothing_and_what_is_not_known(product: Product, tier: Tier | None, kind: str) -> None:
    found = worth(product, tier, DAY)
    assert found == Worth.model_validate({"kind": kind})


@pytest.mark.parametrize(
    ("day", "each"), [("2026-03-31", 0), ("2026-04-01", 9), ("2026-06-30", 9), ("2026-07-01", 10), ("2027-01-01", 0)]
)
def test_a_rate_holds_from_its_first_to_its_last_day(day: str, each: int) -> None:
    rates = (
        Rate(valid_from=dt.date(2026, 4, 1), valid_to=DAY, silver=Decimal(9)),
        Rate(valid_from=dt.date(2026, 7, 1), valid_to=dt.date(2026, 12, 31), silver=Decimal(10)),
    )
    found = worth(Product(model="M85", bonus_eligible=True, rates=rates), "silver", dt.date.fromisoformat(day))
    assert found == Worth(kind="earns" if each else "earns_nothing", each=Decimal(each))


def test_products_are_found_by_model_spelling_and_numbers() -> None:
    phone = Product(model="D785", mpn="0000-4349", ean="4260059580397", aliases=("Snom Global 785",))
    catalogue = Catalogue(products=(phone, Product(model="m3")))
    assert catalogue.product("D785") is phone
    assert catalogue.product("d785") is None
    assert {"D785", "GLOBAL785", "M3"} == catalogue.by_spelling.keys()
    assert catalogue.by_mpn["00004349"] is phone
    assert catalogue.by_ean["04260059580397"] is phone
