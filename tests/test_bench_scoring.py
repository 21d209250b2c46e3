"""The bench's scores, on pairs of truth and reading made by hand."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import deciding
from bench.pairing import best_pairs
from bench.recall import recall
from bench.scoring import CORE, Lines, score, score_lines, summary
from bench.soundness import Wrong, judged
from bench.truth import Truth

Json = dict[str, Any]


def line(quantity: str | None, price: str | None, amount: str | None, name: str | None = "Snom D785") -> Json:
    return {"quantity": quantity, "net_price": price, "net_amount": amount, "item_name": name}


def invoice(*lines: Json, **fields: Any) -> Json:
    made: Json = {
        "number": "R-17",
        "issue_date": "2026-06-12",
        "currency_code": "EUR",
        "seller": {"name": "Muster Distribution GmbH", "vat_identifier": "DE 123.456.789"},
        "buyer": {"name": None},
        "lines": list(lines),
        "totals": {"net": "120.00", "vat": "22.80", "gross": "142.80"},
    }
    return made | fields


PHONES, CABLES = line("5", "20.00", "100.00"), line("10", "2.00", "20.00", "Patchkabel 3 m")


# ---- pairing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 3), (2, 5), (5, 2), (5, 5)])
def test_no_other_pairing_weighs_more(rows: int, columns: int) -> None:
    chance = Random(7)  # noqa: S311 (the same matrices in every run)
    for _ in range(40):
        weights = [[chance.randrange(6) for _ in range(columns)] for _ in range(rows)]
        pairs = best_pairs(weights)
        turned = weights if rows <= columns else [list(column) for column in zip(*weights, strict=True)]
        best = max(
            sum(turned[row][column] for row, column in enumerate(chosen))
            for chosen in permutations(range(max(rows, columns)), min(rows, columns))
        )
        assert sum(weights[row][column] for row, column in pairs) == best
        assert len(pairs) == len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(turned)


def test_nothing_pairs_with_nothing() -> None:
    assert best_pairs([]) == []
    assert best_pairs([[], []]) == []


# ---- fields and lines ------------------------------------------------------------------------------------------------


def test_what_is_read_as_it_is_printed_is_perfect() -> None:
    read = invoice(PHONES, CABLES, seller={"name": "MUSTER Distribution GmbH", "vat_identifier": "de123456789"})
    assert score(invoice(PHONES, CABLES), read).perfect()


@pytest.mark.parametrize(
    ("changed", "path", "verdict"),
    [
        ({"number": "R - 17"}, "number", "right"),
        ({"number": "r-17"}, "number", "wrong"),
        ({"number": None}, "number", "missed"),
        ({"issue_date": "2026-12-06"}, "issue_date", "wrong"),
        ({"seller": {"name": "GmbH"}}, "seller.name", "wrong"),
        ({"seller": {"name": "Muster Distribution"}}, "seller.name", "right"),
        ({"totals": {"net": "120", "vat": "22.8", "gross": "142.80"}}, "totals.net", "right"),
        ({"totals": {"net": "-120.00"}}, "totals.net", "wrong"),
    ],
)
def test_each_field_is_compared_in_its_own_way(changed: Json, path: str, verdict: str) -> None:
    assert score(invoice(PHONES), invoice(PHONES, **changed)).fields[path] == verdict


def test_what_the_truth_does_not_have_is_not_asked_but_may_be_invented() -> None:
    read = score(invoice(PHONES, number=None), invoice(PHONES))
    assert "number" not in read.fields
    assert read.invented == ("number",)
    assert not score(invoice(PHONES, number=None), invoice(PHONES), unscored=["number"]).invented


def test_an_invoice_that_was_not_read_misses_every_field_and_line() -> None:
    read = score(invoice(PHONES, CABLES), None)
    assert set(read.fields.values()) == {"missed"}
    assert read.lines == Lines(2, 0, 0, 0)
    assert not read.perfect()


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ([CABLES, PHONES], Lines(2, 2, 2, 2)),
        ([PHONES], Lines(2, 1, 1, 1)),
        ([PHONES, CABLES, PHONES], Lines(2, 3, 2, 2)),
        ([PHONES, CABLES | {"item_name": "Netzteil"}], Lines(2, 2, 1, 2)),
        ([PHONES, CABLES | {"net_price": "2.00004"}], Lines(2, 2, 2, 2)),
        ([PHONES, CABLES | {"net_price": "2.01"}], Lines(2, 2, 1, 2)),
        ([PHONES, CABLES | {"quantity": "-10"}], Lines(2, 2, 1, 1)),
    ],
)
def test_lines_are_paired_with_the_true_ones(read: list[Json], expected: Lines) -> None:
    assert score_lines([PHONES, CABLES], read) == expected


def test_signs_do_not_count_where_the_page_prints_others() -> None:
    assert score_lines([CABLES], [CABLES | {"quantity": "-10"}], any_sign=True) == Lines(1, 1, 1, 1)


def test_a_line_of_which_nothing_can_be_checked_excuses_one_that_was_read() -> None:
    assert score_lines([PHONES, line(None, None, None)], [PHONES, CABLES]) == Lines(1, 1, 1, 1)


def test_many_documents_are_summed_up() -> None:
    good = score(invoice(PHONES, CABLES), invoice(PHONES, CABLES))
    bad = score(invoice(PHONES, CABLES), invoice(PHONES, CABLES | {"quantity": "11"}, number="R-71"))
    told = summary([good, bad])
    assert (told["exact_f1"], told["loose_f1"]) == (0.75, 0.75)
    assert (told["core_perfect"], told["documents"], told["fields"]) == (1, 2, 15 / 16)
    assert not bad.perfect(CORE)


# ---- decisions -------------------------------------------------------------------------------------------------------


def bonus(quantity: int, model: str = "D785") -> list[Mapping[str, Any]]:
    return [{"model": model, "quantity": quantity}]


@pytest.mark.parametrize(
    ("outcome", "units", "verdict"),
    [
        ("approved", bonus(5), "straight_through"),
        ("approved", [*bonus(2), *bonus(3)], "straight_through"),
        ("approved", bonus(6), "false_approval"),
        ("approved", [*bonus(5), *bonus(1, "D735")], "false_approval"),
        ("approved", bonus(4), "approved"),
        ("rejected", [], "false_rejection"),
        ("review", [], "review"),
    ],
)
def test_a_decision_on_what_should_be_approved(outcome: str, units: list[Json], verdict: str) -> None:
    expected = {"outcome": "approved", "bonus_units": bonus(5)}
    found = deciding.verdicts(expected, {"outcome": outcome, "bonus_units": units})
    assert verdict in found
    assert len(found & {"straight_through", "false_approval", "false_rejection"}) <= 1


def test_approving_what_should_not_be_is_a_false_approval_and_so_is_taking_back_too_little() -> None:
    approved = {"outcome": "approved", "bonus_units": bonus(-1)}
    refused = {"outcome": "rejected", "bonus_units": []}
    assert "false_approval" in deciding.verdicts(refused, approved)
    assert "false_approval" in deciding.verdicts({"outcome": "approved", "bonus_units": bonus(-2)}, approved)
    assert "missing" in deciding.verdicts(refused, None)


# ---- soundness and recall --------------------------------------------------------------------------------------------


def truth(*lines: Json, **more: Any) -> Truth:
    return Truth(Path("a.pdf"), "drawn", {"invoice": invoice(*lines)} | more)


def test_a_value_that_is_proven_and_wrong_is_named() -> None:
    read = invoice(PHONES | {"quantity": "6"}, CABLES)
    found = judged(read, {"lines.0.quantity", "lines.1.quantity", "totals.net"}, truth(PHONES, CABLES))
    assert found.wrong == (Wrong("lines.0.quantity", "6", "5"),)
    assert (found.right, found.right_and_proven) == (8, 2)
    assert not judged(read, {"lines.1.quantity"}, truth(PHONES, CABLES)).wrong


def test_lines_in_another_order_or_left_out_are_not_wrong() -> None:
    every = {f"lines.{index}.{part}" for index in (0, 1) for part in ("quantity", "net_price", "net_amount")}
    assert not judged(invoice(CABLES, PHONES), every, truth(PHONES, CABLES)).wrong
    assert not judged(invoice(CABLES), every, truth(PHONES, CABLES)).wrong


def test_a_line_beyond_the_true_ones_is_wrong_in_all_that_is_proven_of_it() -> None:
    found = judged(invoice(PHONES, CABLES), {"lines.1.net_amount"}, truth(PHONES))
    assert found.wrong == (Wrong("lines.1.net_amount", "20.00", None),)


def test_of_several_invoices_in_a_file_any_may_be_told() -> None:
    read = invoice(CABLES, totals={"net": "20.00"})
    other = {"other_invoices": [invoice(CABLES, totals={"net": "20.00"})]}
    assert judged(read, {"totals.net"}, truth(PHONES)).wrong
    assert not judged(read, {"totals.net"}, truth(PHONES, **other)).wrong


@pytest.mark.parametrize(
    ("true", "read", "share"),
    [
        ("Menge 12 zu 3,50", "Menge 12 zu 3,50", 1.0),
        ("12 Stck 3,50", "12Stck 3, 50", 1.0),
        ("12 Stck 3,50", "12 Stck 8,50", 0.5),
        ("1 2 12", "12", 1 / 3),
        ("kein Betrag", "", None),
    ],
)
def test_digit_recall_minds_no_blanks_and_finds_nothing_twice(true: str, read: str, share: float | None) -> None:
    assert recall([(true, read)]) == share
