"""Where a partner stands on a day, at both ends of everything that is dated."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from model.case import Certificate, Partner, TierPeriod
from model.money import ZERO
from programme.rulebook import Programme, RevenueCommitment, Rulebook
from programme.standing import Standing, certified_until, standing

ON = dt.date(2026, 9, 15)
FIRST = Certificate(
    name="Engineer", employee="A. Muster", valid_from=dt.date(2025, 1, 1), valid_to=dt.date(2026, 12, 31)
)
NEXT = Certificate(name="Engineer", employee="B. Probe", valid_from=dt.date(2027, 1, 1), valid_to=dt.date(2028, 12, 31))
GOLD = Partner(
    id="P1",
    name="Muster AG",
    tiers=(
        TierPeriod(tier="registered", valid_from=dt.date(2024, 1, 1)),
        TierPeriod(tier="silver", valid_from=dt.date(2025, 1, 1)),
        TierPeriod(tier="gold", valid_from=dt.date(2026, 1, 1)),
    ),
    certifications=(FIRST,),
    case_study_on=dt.date(2025, 3, 1),
)
COMMITTED = Programme(
    revenue_commitments=(
        RevenueCommitment(
            tier="gold", amount=Decimal(20000), valid_from=dt.date(2026, 1, 1), valid_to=dt.date(2026, 12, 31)
        ),
    )
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def stands(
    on: str = "2026-09-15", programme: Programme | None = None, revenue: Decimal = ZERO, **changed: Any
) -> Standing:
    partner = GOLD.model_copy(update=changed)
    return standing(partner, Rulebook(programme=programme or Programme()), day(on), revenue)


def codes(notices: Any) -> list[str]:
    return [notice.code for notice in notices]


def test_a_gold_partner_that_lacks_nothing() -> None:
    found = stands()
    assert (found.tier, found.tier_since, found.earns) == ("gold", day("2026-01-01"), True)
    assert (found.certificates, found.certified_until) == ((FIRST,), day("2026-12-31"))
    assert (found.lapses, found.warnings, found.next_tier, found.missing) == ((), (), None, ())


@pytest.mark.parametrize(
    ("on", "lapses", "warnings"),
    [
        ("2026-10-01", [], []),
        ("2026-10-02", ["certificate_ends"], ["uncovered_soon"]),
        ("2026-12-31", ["certificate_ends"], ["uncovered_soon"]),
        ("2027-01-01", [], ["certificate_ended"]),
        ("2024-12-31", [], []),
    ],
)
def test_a_certificate_lapses_within_90_days(on: str, lapses: list[str], warnings: list[str]) -> None:
    found = stands(on)
    assert (codes(found.lapses), codes(found.warnings)) == (lapses, warnings)
    assert {notice.values["day"] for notice in (*found.lapses, *found.warnings)} <= {"2026-12-31"}


@pytest.mark.parametrize(
    ("name", "employee", "told"),
    [("Engineer", "A. Muster", "Engineer, A. Muster"), ("", "A. Muster", "A. Muster"), ("", None, "-")],
)
def test_a_certificate_that_lapses_is_named(name: str, employee: str | None, told: str) -> None:
    certificate = FIRST.model_copy(update={"name": name, "employee": employee})
    (notice,) = stands("2026-12-01", certifications=(certificate,)).lapses
    assert notice.values == {"certificate": told, "day": "2026-12-31"}


def test_one_that_is_followed_by_another_lapses_without_a_warning() -> None:
    found = stands("2026-12-31", certifications=(NEXT, FIRST))
    assert (codes(found.lapses), codes(found.warnings)) == (["certificate_ends"], [])
    assert found.certified_until == day("2028-12-31")


@pytest.mark.parametrize(
    ("begins", "until"), [("2027-01-01", "2028-12-31"), ("2027-01-02", "2026-12-31"), ("2026-06-01", "2028-12-31")]
)
def test_cover_goes_on_without_a_gap(begins: str, until: str) -> None:
    later = NEXT.model_copy(update={"valid_from": day(begins)})
    assert certified_until(GOLD.model_copy(update={"certifications": (later, FIRST)}), ON) == day(until)


def test_a_certificate_that_never_ends_is_no_trouble() -> None:
    endless = FIRST.model_copy(update={"valid_to": dt.date.max})
    assert stands(certifications=(endless, NEXT)).certified_until == dt.date.max


def test_an_employee_who_leaves_takes_the_certificate_along() -> None:
    leaving = (FIRST.model_copy(update={"left_on": day("2026-10-01")}),)
    before, after = stands("2026-09-30", certifications=leaving), stands("2026-10-01", certifications=leaving)
    assert (before.earns, before.certified_until, codes(before.warnings)) == (
        True,
        day("2026-09-30"),
        ["uncovered_soon"],
    )
    assert (after.earns, after.certified_until, codes(after.warnings)) == (False, None, ["certificate_ended"])
    assert after.warnings[0].values == {"day": "2026-09-30"}


def test_the_leap_day_counts() -> None:
    leap = (FIRST.model_copy(update={"valid_from": day("2026-02-28"), "valid_to": day("2028-02-29")}),)
    days = ("2026-02-27", "2026-02-28", "2028-02-29", "2028-03-01")
    assert [stands(on, certifications=leap).earns for on in days] == [False, True, True, False]


def test_without_a_required_certificate_none_is_missed() -> None:
    found = stands("2027-06-01", Programme(certification_required=False))
    assert (found.earns, found.warnings) == (True, ())


@pytest.mark.parametrize(
    ("on", "commitment", "warnings"),
    [
        ("2025-12-31", None, []),
        ("2026-01-01", Decimal(20000), ["revenue_below"]),
        ("2026-12-31", Decimal(20000), ["revenue_below", "uncovered_soon"]),
        ("2027-01-01", None, ["certificate_ended"]),
    ],
)
def test_a_commitment_holds_from_day_to_day(on: str, commitment: Decimal | None, warnings: list[str]) -> None:
    found = stands(on, COMMITTED, Decimal("19999.99"))
    assert (found.commitment, sorted(codes(found.warnings))) == (commitment, warnings)
    assert stands(on, COMMITTED, Decimal("20000.00")).warnings == stands(on, Programme()).warnings


@pytest.mark.parametrize(
    ("on", "tier", "following", "missing"),
    [
        ("2023-12-31", None, "registered", []),
        ("2024-01-01", "registered", "silver", ["training", "case_study"]),
        ("2025-01-01", "silver", "gold", ["case_study"]),
        ("2025-03-01", "silver", "gold", []),
        ("2026-01-01", "gold", None, []),
    ],
)
def test_what_the_next_tier_asks_for(on: str, tier: str | None, following: str | None, missing: list[str]) -> None:
    found = stands(on)
    assert (found.tier, found.next_tier, codes(found.missing)) == (tier, following, missing)


def test_revenue_for_the_next_tier_is_what_it_still_asks_for() -> None:
    silver = GOLD.tiers[:2]
    (missing,) = stands(programme=COMMITTED, revenue=Decimal("12500.50"), tiers=silver).missing
    assert (missing.code, missing.values) == ("revenue", {"amount": "7499.50"})


def test_an_application_waits_until_it_is_verified() -> None:
    applied: dict[str, Any] = {"tiers": (), "applied_on": day("2026-09-01"), "verified_on": day("2026-09-16")}
    assert codes(stands(**applied).warnings) == ["not_verified"]
    assert codes(stands(**applied).missing) == ["verification"]
    assert stands("2026-09-16", **applied).warnings == stands("2026-09-16", **applied).missing == ()


def test_who_left_has_no_tier_and_none_to_come() -> None:
    gone: dict[str, Any] = {"left_on": day("2026-09-16")}
    before, after = stands(**gone), stands("2026-09-16", **gone)
    assert [(notice.code, notice.values) for notice in before.lapses] == [
        ("tier_ends", {"tier": "Gold", "day": "2026-09-15"})
    ]
    assert (after.tier, after.tier_since, after.earns, after.next_tier, codes(after.warnings)) == (
        None,
        None,
        False,
        None,
        ["left"],
    )


def test_a_tier_that_goes_down_lapses_and_one_that_goes_up_does_not() -> None:
    down = (*GOLD.tiers, TierPeriod(tier="registered", valid_from=day("2026-12-15")))
    assert codes(stands("2026-09-14", tiers=down).lapses) == []
    assert codes(stands("2026-09-16", tiers=down, certifications=()).lapses) == ["tier_ends"]
    assert codes(stands("2025-12-31").lapses) == []
