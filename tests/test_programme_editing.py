"""Edits of a rulebook from a day on, what they touch, and tables as CSV there and back."""

import datetime as dt
import json
from typing import Any

import pytest

from programme import editing
from programme.editing import as_csv, from_csv, rebased, with_distributor, with_product, with_rate, with_rates, written
from programme.rulebook import Rulebook, parse
from programme.touching import touched

PHONE: dict[str, Any] = {"model": "D785", "bonus_eligible": True, "bonus": {"silver": "11.00", "gold": "14.00"}}
OTHER: dict[str, Any] = {"model": "M900", "bonus_eligible": True}
ACME: dict[str, Any] = {
    "id": "acme",
    "name": "ACME GmbH",
    "vat_identifiers": ["DE100000008"],
    "valid_from": "2020-01-01",
}


def texts(products: list[Any], distributors: list[Any] | None = None, **programme: Any) -> dict[str, str]:
    return {
        "catalogue": written(products),
        "distributors": written(distributors if distributors is not None else [ACME]),
        "programme": json.dumps(programme),
    }


def book(products: list[Any], distributors: list[Any] | None = None, **programme: Any) -> Rulebook:
    return parse(texts(products, distributors, **programme)).rulebook


def periods(rows: list[Any]) -> list[tuple[str | None, str | None, str | None]]:
    rates = rows[0]["rates"]
    return [(one.get("valid_from"), one.get("valid_to"), one.get("gold")) for one in rates]


def test_a_rate_from_a_day_on_ends_what_held_the_day_before() -> None:
    rows = with_rate([PHONE], "D785", "2026-07-01", None, {"silver": "12", "gold": "15"})
    assert periods(rows) == [(None, "2026-06-30", "14.00"), ("2026-07-01", None, "15")]
    between = with_rate(rows, "D785", "2026-03-01", "2026-08-31", {"gold": "18"})
    assert periods(between) == [
        (None, "2026-02-28", "14.00"),
        ("2026-03-01", "2026-08-31", "18"),
        ("2026-09-01", None, "15"),
    ]
    none = with_rate(rows, "D785", "2026-07-01", None, {})
    assert periods(none) == [(None, "2026-06-30", "14.00")]
    assert PHONE["bonus"] == {"silver": "11.00", "gold": "14.00"}, "what is given is left alone"
    with pytest.raises(LookupError):
        with_rate(rows, "D999", "2026-07-01", None, {})


def test_a_distributor_from_a_day_on_ends_its_entry_before() -> None:
    moved = ACME | {"name": "ACME AG", "valid_from": "2026-07-01"}
    rows = with_distributor([ACME], moved)
    assert [(row["name"], row.get("valid_to")) for row in rows] == [("ACME GmbH", "2026-06-30"), ("ACME AG", None)]
    assert with_distributor(rows, moved | {"city": "Ulm"})[1]["city"] == "Ulm"


def test_a_product_keeps_its_rates() -> None:
    assert with_product([PHONE], {"model": "D785", "bonus_eligible": True, "kind": "phone"}) == [
        PHONE | {"kind": "phone"}
    ]
    assert with_product([PHONE], OTHER) == [PHONE, OTHER]


def test_gaps_are_told() -> None:
    rows = with_rates(
        [PHONE],
        [
            {"model": "D785", "valid_to": "2026-04-30", "gold": "12"},
            {"model": "D785", "valid_from": "2026-06-01", "gold": "12"},
        ],
    )
    assert list(editing.gaps(book(rows))) == [("D785", dt.date(2026, 5, 1), dt.date(2026, 5, 31))]


@pytest.mark.parametrize("table", ["catalogue", "rates", "distributors"])
def test_a_table_goes_out_as_csv_and_comes_in_the_same(table: str) -> None:
    rows = [PHONE | {"aliases": ["=Snom", "Zwei, drei"]}, OTHER]
    given: list[Any] = [ACME] if table == "distributors" else rows
    back = from_csv(table, as_csv(table, given).encode())
    if table == "rates":
        assert book(with_rates(rows, back)) == book(rows).model_copy(
            update={"versions": book(with_rates(rows, back)).versions}
        )
    elif table == "distributors":
        assert book([], back).distributors == book([]).distributors
    else:
        assert [row["aliases"] for row in back] == [["=Snom", "Zwei, drei"], []]


@pytest.mark.parametrize(
    ("new", "days"),
    [
        (lambda: book([PHONE, OTHER]), None),
        (
            lambda: book(with_rate([PHONE, OTHER], "D785", "2026-07-01", None, {"silver": "12", "gold": "15"})),
            (dt.date(2026, 7, 1), None),
        ),
        (
            lambda: book(with_rate([PHONE, OTHER], "D785", "2026-03-01", "2026-03-31", {"gold": "18"})),
            (dt.date(2026, 3, 1), dt.date(2026, 3, 31)),
        ),
        (lambda: book([PHONE | {"kind": "phone"}, OTHER]), None),
        (lambda: book([PHONE | {"aliases": ["Tischgerät"]}, OTHER]), (None, None)),
        (lambda: book([PHONE, OTHER], [ACME | {"valid_to": "2026-06-30"}]), (dt.date(2026, 7, 1), None)),
        (lambda: book([PHONE, OTHER], []), (None, None)),
        (lambda: book([PHONE, OTHER], claim_window_days=90), (None, None)),
        (
            lambda: book(
                [PHONE, OTHER], revenue_commitments=[{"tier": "gold", "amount": "1", "valid_from": "2026-01-01"}]
            ),
            None,
        ),
    ],
)
def test_which_issue_dates_a_change_touches(new: Any, days: Any) -> None:
    assert touched(book([PHONE, OTHER]), new()) == days


def test_a_draft_goes_upon_what_holds_now_row_by_row() -> None:
    old, drafted = texts([PHONE, OTHER]), texts([PHONE | {"kind": "phone"}, OTHER], claim_window_days=90)
    now = texts([PHONE, OTHER | {"kind": "base"}], free_lines_earn=True)
    made, clashes = rebased(old, drafted, now)
    assert clashes == []
    assert parse(made).rulebook.catalogue.by_model["D785"].kind == "phone"
    assert parse(made).rulebook.catalogue.by_model["M900"].kind == "base"
    assert json.loads(made["programme"]) == {"claim_window_days": 90, "free_lines_earn": True}
    made, clashes = rebased(old, drafted, texts([OTHER], claim_window_days=30))
    assert clashes == ["catalogue D785", "programme claim_window_days"]
    assert json.loads(made["programme"]) == {"claim_window_days": 90}
