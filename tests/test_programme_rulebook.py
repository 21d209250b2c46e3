import json
from pathlib import Path
from typing import Any

import pytest

from programme.rulebook import RulebookInvalid, load

D785 = {"model": "D785", "bonus_eligible": True, "bonus": {"silver": "11.00", "gold": "14.00"}}
NO_VAT_IDENTIFIER = "DE123456789 is no VAT identifier: its form or its check digits are wrong"
ALLNET = {"id": "allnet", "name": "ALLNET GmbH Computersysteme", "valid_from": "2017-09-18"}


def folder(path: Path, catalogue: Any = (D785,), distributors: Any = (ALLNET,), programme: Any = None) -> Path:
    for name, content in (
        ("catalogue", catalogue),
        ("distributors", distributors),
        ("programme", {} if programme is None else programme),
    ):
        text = content if isinstance(content, str) else json.dumps(content)
        (path / f"{name}.json").write_text(text, encoding="utf-8")
    return path


def faults(path: Path, **files: Any) -> list[str]:
    with pytest.raises(RulebookInvalid) as caught:
        load(folder(path, **files))
    return [str(fault) for fault in caught.value.faults]


def test_only_the_required_keys(tmp_path: Path) -> None:
    loaded = load(folder(tmp_path, catalogue=[{"model": "D785", "bonus_eligible": None}]))
    assert loaded.warnings == ()
    assert loaded.rulebook.catalogue.products[0].bonus_eligible is None
    assert loaded.rulebook.distributors[0].country == "DE"
    assert loaded.rulebook.programme.eligible_tiers == ("silver", "gold")
    assert loaded.rulebook.programme.free_lines_earn is False
    assert loaded.rulebook.programme.certificate_grace_days == 0


@pytest.mark.parametrize(("days", "fault"), [(30, None), (-1, "must lie between 0 and 36500, not -1")])
def test_days_of_grace(tmp_path: Path, days: int, fault: str | None) -> None:
    programme = {"certificate_grace_days": days}
    if fault is None:
        assert load(folder(tmp_path, programme=programme)).rulebook.programme.certificate_grace_days == days
    else:
        assert faults(tmp_path, programme=programme) == [f"programme.json, certificate_grace_days: {fault}"]


def test_versions_are_digests_of_the_files(tmp_path: Path) -> None:
    first = load(folder(tmp_path)).rulebook.versions
    second = load(folder(tmp_path, programme={"claim_window_days": 90})).rulebook.versions
    assert all(len(version) == 12 for version in first.values())
    assert first["catalogue"] == second["catalogue"]
    assert first["programme"] != second["programme"]


def test_an_unknown_key_warns_once_per_file(tmp_path: Path) -> None:
    rows = [{**D785, "list_price": "229"}, {"model": "D815", "bonus_eligible": True, "list_price": "179"}]
    rates = {"model": "D865", "bonus_eligible": True, "rates": [{"silver": "14", "colour": "red"}]}
    loaded = load(folder(tmp_path, catalogue=[*rows, rates]))
    assert loaded.warnings == (
        "catalogue.json: unknown key list_price, ignored",
        "catalogue.json: unknown key rates.colour, ignored",
    )


def test_every_fault_is_named_by_file_row_and_field(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        catalogue=[
            {"model": "D785", "bonus_eligible": "yes", "bonus": {"silver": 11.5, "gold": "14,00"}},
            {"model": 7},
        ],
        distributors=[{"id": "allnet", "valid_from": "18.09.2017", "vat_identifiers": ["DE123456789"]}],
        programme={"claim_window_days": -1, "eligible_tiers": ["platinum"]},
    )
    assert found == [
        'catalogue.json, row 1 (D785), bonus_eligible: must be true or false, not "yes"',
        "catalogue.json, row 1 (D785), bonus.gold: must be an amount of EUR as '12.50', not 14,00",
        "catalogue.json, row 2, bonus_eligible: is required",
        "catalogue.json, row 2, model: must be a text in quotes, not 7",
        "distributors.json, row 1 (allnet), name: is required",
        f"distributors.json, row 1 (allnet), vat_identifiers[1]: {NO_VAT_IDENTIFIER}",
        "distributors.json, row 1 (allnet), valid_from: must be a date as YYYY-MM-DD, not '18.09.2017'",
        "programme.json, claim_window_days: must lie between 0 and 36500, not -1",
        "programme.json, eligible_tiers[1]: must be one of 'silver' or 'gold', not \"platinum\"",
    ]


@pytest.mark.parametrize(
    ("bonus", "fault"),
    [
        ({"silver": "3.99"}, "bonus.silver: 3.99 EUR is outside the programme's bounds: Silver earns 4 to 15 EUR"),
        ({"silver": "15.01"}, "bonus.silver: 15.01 EUR is outside the programme's bounds: Silver earns 4 to 15 EUR"),
        ({"gold": "5.99"}, "bonus.gold: 5.99 EUR is outside the programme's bounds: Gold earns 6 to 18 EUR"),
        ({"gold": 19}, "bonus.gold: 19 EUR is outside the programme's bounds: Gold earns 6 to 18 EUR"),
    ],
)
def test_rates_outside_the_bounds_are_refused(tmp_path: Path, bonus: dict[str, Any], fault: str) -> None:
    found = faults(tmp_path, catalogue=[{**D785, "bonus": bonus}])
    assert found == [f"catalogue.json, row 1 (D785), {fault}"]


@pytest.mark.parametrize("bonus", [{"silver": "4", "gold": "6"}, {"silver": "15.00", "gold": 18.0}])
def test_the_bounds_themselves_are_allowed(tmp_path: Path, bonus: dict[str, Any]) -> None:
    rate = load(folder(tmp_path, catalogue=[{**D785, "bonus": bonus}])).rulebook.catalogue.products[0].rates[0]
    assert str(rate.gold) in {"6", "18.0"}


def test_one_name_or_number_for_two_products(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        catalogue=[
            {**D785, "mpn": "00004349", "ean": "4260059580397"},
            {"model": "D-785", "bonus_eligible": True},
            {"model": "D815", "bonus_eligible": True, "aliases": ["Snom D 785"], "mpn": "0000 4349"},
            {"model": "D865", "bonus_eligible": True, "ean": "4260059580397"},
        ],
    )
    assert found == [
        "catalogue.json, row 2 (D-785), model: D-785 already names D785 in row 1",
        "catalogue.json, row 3 (D815), aliases[1]: Snom D 785 already names D785 in row 1",
        "catalogue.json, row 3 (D815), mpn: 0000 4349 already names D785 in row 1",
        "catalogue.json, row 4 (D865), ean: 4260059580397 already names D785 in row 1",
    ]


def test_an_alias_may_spell_its_own_model(tmp_path: Path) -> None:
    loaded = load(folder(tmp_path, catalogue=[{**D785, "aliases": ["Snom D785", "SNO-D785"]}]))
    assert loaded.rulebook.catalogue.by_spelling["D785"].model == "D785"


def test_rates_must_not_overlap_nor_stand_beside_a_bonus(tmp_path: Path) -> None:
    first = {"valid_from": "2026-01-01", "valid_to": "2026-06-30", "silver": "11", "gold": "14"}
    found = faults(
        tmp_path,
        catalogue=[
            {"model": "D785", "bonus_eligible": True, "rates": [first, {**first, "valid_from": "2026-06-30"}]},
            {"model": "D815", "bonus_eligible": True, "rates": [{**first, "valid_to": "2025-12-31"}]},
            {**D785, "model": "D865", "rates": [first]},
        ],
    )
    assert found == [
        "catalogue.json, row 1 (D785), rates[2]: the period overlaps that of rates[1]",
        "catalogue.json, row 2 (D815), rates[1].valid_to: 2025-12-31 lies before 2026-01-01, the day it is valid from",
        "catalogue.json, row 3 (D865), rates: stands beside a bonus: one of the two must go",
    ]


def test_a_distributor_may_come_and_go_but_not_twice_at_once(tmp_path: Path) -> None:
    left, back = {**ALLNET, "valid_to": "2020-12-31"}, {**ALLNET, "valid_from": "2022-01-01"}
    assert len(load(folder(tmp_path, distributors=[left, back])).rulebook.distributors) == 2
    found = faults(tmp_path, distributors=[left, {**back, "valid_from": "2020-12-31"}])
    assert found == [
        "distributors.json, row 2 (allnet), valid_from: the period overlaps that of row 1, the same distributor"
    ]


def test_an_identifier_names_one_distributor_at_a_time(tmp_path: Path) -> None:
    numbers = {"vat_identifiers": ["DE646470050"], "ibans": ["DE86 2654 0070 9906 4133 07"]}
    old, new = {**ALLNET, **numbers, "valid_to": "2020-12-31"}, {**numbers, "id": "b", "name": "B AG"}
    load(folder(tmp_path, distributors=[old, {**new, "valid_from": "2021-01-01"}]))
    found = faults(tmp_path, distributors=[old, {**new, "valid_from": "2020-12-31"}])
    assert found == [
        "distributors.json, row 2 (b), vat_identifiers: DE646470050 also names allnet in row 1",
        "distributors.json, row 2 (b), ibans: DE86265400709906413307 also names allnet in row 1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "is no JSON: "),
        ('[{"model": "A", "model": "B"}]', "is no JSON: the key model stands twice in one object"),
        ('[{"bonus": NaN}]', "is no JSON: NaN is no number"),
        ("{}", "must hold a list of objects"),
        ("[1]", "must be an object"),
    ],
)
def test_a_broken_file_does_not_hide_the_others(tmp_path: Path, text: str, message: str) -> None:
    broken, other = faults(tmp_path, catalogue=text, programme={"programme_start": "2026-02-30"})
    assert message in broken
    assert other == "programme.json, programme_start: 2026-02-30 is no day of the calendar"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "distributors.json").unlink()
    with pytest.raises(RulebookInvalid, match=r"distributors\.json: cannot be read"):
        load(tmp_path)


def test_revenue_commitments(tmp_path: Path) -> None:
    rule = {"tier": "silver", "amount": "10000.00", "valid_from": "2017-09-18", "valid_to": "2018-03-05"}
    loaded = load(folder(tmp_path, programme={"revenue_commitments": [rule]}))
    assert str(loaded.rulebook.programme.revenue_commitments[0].amount) == "10000.00"
    found = faults(tmp_path, programme={"revenue_commitments": [rule, {**rule, "amount": None}]})
    assert found == [
        "programme.json, revenue_commitments[2].amount: is required",
        "programme.json, revenue_commitments, silver[2]: the period overlaps that of revenue_commitments, silver[1]",
    ]


def test_the_shipped_rulebook_is_sound() -> None:
    loaded = load(Path(__file__).parent.parent / "programme" / "data")
    assert loaded.warnings == ()
    assert [entry.valid_from.isoformat() for entry in loaded.rulebook.distributors].count("2018-03-06") == 2
    assert all(product.rates == () for product in loaded.rulebook.catalogue.products)
