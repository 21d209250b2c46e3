import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from model.case import Certificate, Partner, TierPeriod
from programme.rulebook import RulebookInvalid
from programme.tiers import certified_on, load_partners, tier_on

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
    certificate = {"valid_from": "2026-01-01", "valid_to": "2025-12-31"}
    twice = [{"tier": "silver", "valid_from": "2026-01-01"}, {"tier": "gold", "valid_from": "2026-01-01"}, {}]
    found = faults(
        tmp_path / "partners.json",
        [P1, P1, {"id": "P3", "name": "C", "tiers": twice, "certifications": [certificate]}, {"id": "P4", "name": "D"}],
    )
    assert found == [
        "partners.json, row 4 (P4), tiers: is required",
        "partners.json, row 3 (P3), tiers[2].valid_from: two tiers begin on 2026-01-01",
        "partners.json, row 3 (P3), tiers[3].tier: is required",
        "partners.json, row 3 (P3), tiers[3].valid_from: is required",
        f"partners.json, row 3 (P3), certifications[1].valid_to: {BACKWARDS}",
        "partners.json, row 2 (P1), id: P1 already belongs to P1 in row 1",
        "partners.json, row 2 (P1), customer_numbers.allnet: 163438 already belongs to P1 in row 1",
    ]
