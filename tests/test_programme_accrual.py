import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.case import Booked, Case, Partner, TierPeriod
from model.invoice import Invoice, InvoiceLine, Totals
from model.judgement import BonusUnit, Match
from model.ledger import Accrual
from programme.accrual import due, total, units
from programme.catalogue import Catalogue, Product, Rate
from programme.rulebook import Programme, Rulebook

OLD = Rate(valid_to=dt.date(2026, 6, 30), silver=Decimal("8.00"), gold=Decimal("10.00"))
NEW = Rate(valid_from=dt.date(2026, 7, 1), silver=Decimal("9.00"), gold=Decimal("12.00"))
RULEBOOK = Rulebook(
    catalogue=Catalogue(
        products=(
            Product(model="D785", bonus_eligible=True, rates=(OLD, NEW)),
            Product(model="M65", bonus_eligible=True, rates=(Rate(silver=Decimal("4.50"), gold=Decimal("6.50")),)),
            Product(model="A190", bonus_eligible=False),
        )
    )
)
TIERS = (
    TierPeriod(tier="silver", valid_from=dt.date(2025, 1, 1)),
    TierPeriod(tier="gold", valid_from=dt.date(2026, 8, 1)),
)
JULY = dt.date(2026, 7, 10)


def worth(
    *sold: tuple[str | None, str, str],
    on: dt.date = JULY,
    type_code: str = "380",
    gross: str | None = None,
    preceding: tuple[Booked, ...] | None = None,
    rulebook: Rulebook = RULEBOOK,
) -> tuple[Accrual, ...]:
    """Return what is due for lines of (model, quantity, net amount)."""
    lines = tuple(InvoiceLine(quantity=Decimal(count), net_amount=Decimal(amount)) for _, count, amount in sold)
    invoice = Invoice(
        number="RE 2026-7",
        issue_date=on,
        type_code=type_code,
        lines=lines,
        totals=Totals(gross=Decimal(gross) if gross else None),
    )
    matches = tuple(Match(line=line, model=model) for line, (model, _, _) in enumerate(sold))
    partner = Partner(id="P1", name="Systemhaus Nord GmbH", tiers=TIERS)
    case = Case(document_id="d", digest="", accepted_on=on, partner=partner, preceding=preceding)
    return due(invoice, matches, case, rulebook, "allnet")


def told(accruals: tuple[Accrual, ...]) -> list[tuple[str, int, str]]:
    return [(one.model, one.quantity, str(one.bonus_each)) for one in accruals]


def test_devices_earn_line_by_line() -> None:
    found = worth(("D785", "12", "1800.00"), ("A190", "2", "200.00"), (None, "1", "9.00"), ("D785", "3", "450.00"))
    assert told(found) == [("D785", 12, "9.00"), ("D785", 3, "9.00")]
    assert [(one.distributor_id, one.number, one.line) for one in found] == [
        ("allnet", "RE20267", 0),
        ("allnet", "RE20267", 3),
    ]
    assert total(found) == Decimal("135.00")


@pytest.mark.parametrize(
    ("day", "each"),
    [("2026-06-30", "8.00"), ("2026-07-01", "9.00"), ("2026-07-31", "9.00"), ("2026-08-01", "12.00")],
)
def test_tier_and_rate_are_those_of_the_issue_date(day: str, each: str) -> None:
    assert told(worth(("D785", "1", "150"), on=dt.date.fromisoformat(day))) == [("D785", 1, each)]


def test_before_the_first_tier_nothing_is_due() -> None:
    assert worth(("D785", "1", "150"), on=dt.date(2024, 12, 31)) == ()


def test_a_tier_that_the_programme_leaves_out_earns_nothing() -> None:
    gold_only = RULEBOOK.model_copy(update={"programme": Programme(eligible_tiers=("gold",))})
    assert worth(("D785", "1", "150"), rulebook=gold_only) == ()


@pytest.mark.parametrize(("quantity", "amount"), [("-2", "-300"), ("2", "-300"), ("-2", "300")])
def test_returned_lines_count_negative(quantity: str, amount: str) -> None:
    assert told(worth(("D785", "5", "750"), ("D785", quantity, amount))) == [("D785", 5, "9.00"), ("D785", -2, "9.00")]


@pytest.mark.parametrize("quantity", ["2.5", "0"])
def test_only_whole_devices_earn(quantity: str) -> None:
    assert worth(("D785", quantity, "300")) == ()


def test_free_lines_earn_only_where_the_programme_says_so() -> None:
    generous = RULEBOOK.model_copy(update={"programme": Programme(free_lines_earn=True)})
    assert worth(("D785", "1", "0.00")) == ()
    assert told(worth(("D785", "1", "0.00"), rulebook=generous)) == [("D785", 1, "9.00")]


@pytest.mark.parametrize(("quantity", "amount"), [("3", "450"), ("-3", "-450"), ("3", "-450")])
def test_a_credit_note_takes_back_whatever_its_printed_sign(quantity: str, amount: str) -> None:
    assert told(worth(("D785", quantity, amount), type_code="381")) == [("D785", -3, "9.00")]


@pytest.mark.parametrize(
    ("preceding", "each"),
    [
        (None, "9.00"),
        ((), "9.00"),
        ((Booked(model="D785", quantity=5, bonus_each="8.00"),), "8.00"),
        ((Booked(model="D785", quantity=0, bonus_each="8.00"),), "8.00"),
        ((Booked(model="M65", quantity=5, bonus_each="4.50"),), "9.00"),
    ],
)
def test_what_comes_back_counts_at_the_rate_that_was_booked(preceding: tuple[Booked, ...] | None, each: str) -> None:
    assert told(worth(("D785", "3", "450"), type_code="381", preceding=preceding)) == [("D785", -3, each)]


def test_a_correction_with_negative_figures_takes_back() -> None:
    assert told(worth(("M65", "-4", "-400"), type_code="384", gross="-476")) == [("M65", -4, "4.50")]


def test_a_correction_with_positive_figures_replaces_what_was_booked() -> None:
    booked = (Booked(model="D785", quantity=5, bonus_each="8.00"), Booked(model="M65", quantity=0, bonus_each="4.50"))
    found = worth(("D785", "4", "600"), ("M65", "1", "90"), type_code="384", gross="821", preceding=booked)
    assert told(found) == [("D785", 4, "9.00"), ("M65", 1, "4.50"), ("D785", -5, "8.00")]
    assert [one.line for one in found] == [0, 1, 2]


def test_without_number_or_date_nothing_is_due() -> None:
    case = Case(document_id="d", digest="", accepted_on=JULY, partner=Partner(id="P1", name="N", tiers=TIERS))
    line = InvoiceLine(quantity=Decimal(1), net_amount=Decimal(150))
    for known in ({"number": "1"}, {"issue_date": JULY}):
        invoice = Invoice.model_validate({**known, "lines": (line,)})
        assert due(invoice, (Match(line=0, model="D785"),), case, RULEBOOK, "allnet") == ()


def test_units_are_summed_by_model_and_rate() -> None:
    booked = (Booked(model="D785", quantity=5, bonus_each="8.00"),)
    found = worth(("D785", "1", "150"), ("D785", "2", "300"), type_code="384", preceding=booked)
    assert units(found, line_count=2) == (
        BonusUnit(model="D785", quantity=3, bonus_each=Decimal("9.00"), lines=(0, 1)),
        BonusUnit(model="D785", quantity=-5, bonus_each=Decimal("8.00"), lines=()),
    )


sold = st.tuples(
    st.sampled_from(["D785", "M65", "A190", None]), st.integers(-9, 9).map(str), st.sampled_from(["1", "-1", "0"])
)


@given(st.lists(sold, max_size=5), st.sampled_from(["380", "381", "384"]))
def test_the_total_is_what_the_units_sum_up_to(lines: list[Any], type_code: str) -> None:
    found = worth(*lines, type_code=type_code)
    assert total(found) == sum(unit.quantity * unit.bonus_each for unit in units(found, len(lines)))


@given(st.lists(sold, max_size=5))
def test_a_credit_note_never_gives(lines: list[Any]) -> None:
    assert all(one.quantity < 0 for one in worth(*lines, type_code="381"))
