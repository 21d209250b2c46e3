import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from model.case import Certificate, Company, Partner, TierPeriod
from programme.rulebook import RulebookInvalid
from programme.tiers import certified_on, company_on, load_partners, tier_on

PARTNER = Partner(
    id="P1",
    name="Systemhaus Nord GmbH",
    tiers=(
        TierPeriod(tier="gold", valid_from=dt.date(2026, 7, 1)),
        TierPeriod(tier="silver", valid_from=dt.date(2025, 1, 1)),
    ),
    certifications=(Certificate(valid_from=dt.date(2025, 1, 15), valid_to=dt.date(2027, 1, 14)),),
)
BACKWARDS = "2025-12-31 lies before 2026-01-01, the day it is valid from"
P1 = {
    "id": "P1",
    "name": "Systemhaus Nord GmbH",
    "vat_identifier": "DE157386049",
    "customer_numbers": {"allnet": "163438"},
    "tiers": [{"tier": "gold", "valid_from": "2025-01-01"}],
}


@pytest.mark.parametrize(
    ("day", "tier"), [("2024-12-31", None), ("2025-01-01", "silver"), ("2026-06-30", "silver"), ("2026-07-01", "gold")]
)
def test_a_tier_holds_until_the_next_one_begins(day: str, tier: str | None) -> None:
    assert tier_on(PARTNER, dt.date.fromisoformat(day)) == tier


@pytest.mark.parametrize(
    ("day", "certified"), [("2025-01-14", False), ("2025-01-15", True), ("2027-01-14", True), ("2027-01-15", False)]
)
def test_a_certificate_covers_both_its_ends(day: str, certified: bool) -> None:  # noqa: FBT001 (a row of the table)
    assert certified_on(PARTNER, dt.date.fromisoformat(day)) is certified


@pytest.mark.parametrize(("day", "tier"), [("2026-08-31", "gold"), ("2026-09-01", None), ("2027-01-01", None)])
def test_who_left_holds_no_tier_from_that_day_on(day: str, tier: str | None) -> None:
    gone = PARTNER.model_copy(update={"left_on": dt.date(2026, 9, 1)})
    assert tier_on(gone, dt.date.fromisoformat(day)) == tier


@pytest.mark.parametrize(
    ("left_on", "day", "grace", "certified"),
    [
        ("2026-03-01", "2026-02-28", 0, True),
        ("2026-03-01", "2026-03-01", 0, False),
        ("2026-03-01", "2026-03-10", 10, True),
        ("2026-03-01", "2026-03-11", 10, False),
        ("2027-06-01", "2027-01-14", 0, True),
        ("2027-06-01", "2027-01-15", 0, False),
        ("2025-01-15", "2025-01-15", 10, False),
    ],
)
def test_a_certificate_covers_no_day_from_which_on_its_employee_is_gone(
    left_on: str,
    day: str,
    grace: int,
    certified: bool,  # noqa: FBT001 (a row of the table)
) -> None:
    certificate = PARTNER.certifications[0].model_copy(update={"left_on": dt.date.fromisoformat(left_on)})
    partner = PARTNER.model_copy(update={"certifications": (certificate,)})
    assert certified_on(partner, dt.date.fromisoformat(day), grace) is certified


def test_a_company_is_what_it_was_on_the_day() -> None:
    partner = PARTNER.model_copy(
        update={
            "city": "Bonn",
            "customer_numbers": {"allnet": "3", "also": "9"},
            "earlier": (
                Company(city="Kiel", customer_numbers={"allnet": "2"}, valid_to=dt.date(2026, 6, 30)),
                Company(name="Alt GmbH", customer_numbers={"allnet": "1"}, valid_to=dt.date(2025, 6, 30)),
            ),
        }
    )
    told = {
        day: (was.name, was.city, was.customer_numbers)
        for day in ("2025-06-30", "2025-07-01", "2026-06-30", "2026-07-01")
        if (was := company_on(partner, dt.date.fromisoformat(day)))
    }
    assert told == {
        "2025-06-30": ("Alt GmbH", "Kiel", {"allnet": "1", "also": "9"}),
        "2025-07-01": (PARTNER.name, "Kiel", {"allnet": "2", "also": "9"}),
        "2026-06-30": (PARTNER.name, "Kiel", {"allnet": "2", "also": "9"}),
        "2026-07-01": (PARTNER.name, "Bonn", {"allnet": "3", "also": "9"}),
    }


def faults(path: Path, rows: Any) -> list[str]:
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(RulebookInvalid) as caught:
        load_partners(path)
    return [str(fault) for fault in caught.value.faults]


def test_partners_are_read(tmp_path: Path) -> None:
    path = tmp_path / "partners.json"
    path.write_text(json.dumps([{**P1, "note": "x", "certifications": None}]), encoding="utf-8")
    registry = load_partners(path)
    assert registry.partners[0].customer_numbers == {"allnet": "163438"}
    assert registry.partners[0].certifications == ()
    assert registry.warnings == ("partners.json: unknown key note, ignored",)


def test_every_fault_of_the_registry_is_named(tmp_path: Path) -> None:
    certificate = {"valid_from": "2026-01-01", "valid_to": "2025-12-31", "left_on": "2025-11-30"}
    former = [{"name": "A"}, {"valid_to": "2026-01-01"}, {"valid_to": "2026-01-01"}]
    twice = [{"tier": "silver", "valid_from": "2026-01-01"}, {"tier": "gold", "valid_from": "2026-01-01"}, {}]
    found = faults(
        tmp_path / "partners.json",
        [
            P1,
            P1,
            {"id": "P3", "name": "C", "tiers": twice, "certifications": [certificate]},
            {"id": "P4", "name": "D"},
            {"id": "P5", "name": "E", "tiers": [], "certifications": [{}], "former": former, "verified_by": "sales"},
        ],
    )
    assert found == [
        "partners.json, row 4 (P4), tiers: is required",
        "partners.json, row 3 (P3), tiers[2].valid_from: two tiers begin on 2026-01-01",
        "partners.json, row 3 (P3), tiers[3].tier: is required",
        "partners.json, row 3 (P3), tiers[3].valid_from: is required",
        f"partners.json, row 3 (P3), certifications[1].valid_to: {BACKWARDS}",
        f"partners.json, row 3 (P3), certifications[1].left_on: {BACKWARDS.replace('12-31', '11-30')}",
        "partners.json, row 5 (P5), certifications[1].valid_from: is required",
        "partners.json, row 5 (P5), former[1].valid_to: is required",
        "partners.json, row 5 (P5), former[3].valid_to: two end on 2026-01-01",
        "partners.json, row 5 (P5), verified_on: is required beside verified_by",
        "partners.json, row 2 (P1), id: P1 already belongs to P1 in row 1",
        "partners.json, row 2 (P1), customer_numbers.allnet: 163438 already belongs to P1 in row 1",
    ]
