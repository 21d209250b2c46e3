"""Partners in and out of the registry, as JSON and as CSV."""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest

from programme.exchange import as_csv, as_row, months_after
from programme.files import RulebookInvalid
from programme.tiers import load_partners

ROWS: list[dict[str, Any]] = [
    {
        "id": "P1",
        "name": "=HYPERLINK(1)",
        "street": "'Am Markt' 1, Hof",
        "postal_code": "01067",
        "city": "Dresden",
        "country": "AT",
        "vat_identifier": "DE157386049",
        "customer_numbers": {"allnet": "0163438"},
        "tiers": [{"tier": "registered", "valid_from": "2024-12-01"}, {"tier": "gold", "valid_from": "2025-01-01"}],
        "certifications": [
            {
                "name": "Engineer",
                "employee": "E. Beispiel",
                "valid_from": "2025-01-15",
                "valid_to": "2026-12-31",
                "left_on": "2026-03-01",
            }
        ],
        "former": [
            {
                "name": "Alt GmbH",
                "street": "Weg 1",
                "postal_code": "20359",
                "city": "Hamburg",
                "vat_identifier": "DE646470050",
                "customer_numbers": {"also": "7"},
                "valid_to": "2025-06-30",
            }
        ],
        "applied_on": "2024-11-20",
        "verified_on": "2024-12-01",
        "verified_by": "@sales",
        "left_on": "2026-10-01",
        "case_study_on": "2025-02-01",
        "welcome_phone_on": "2024-12-05",
        "marketing_package_on": "2024-12-06",
        "listed": True,
        "website": "https://example.org",
        "contact": "-K. Muster",
    },
    {"id": "P2", "name": "Muster AG", "country": "DE", "tiers": []},
]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_is_written_is_read_again(tmp_path: Path, form: str) -> None:
    first, second = tmp_path / "first.json", tmp_path / f"second.{form}"
    first.write_text(json.dumps(ROWS))
    known = load_partners(first)
    assert [as_row(one) for one in known.partners] == ROWS
    second.write_text(as_csv(known.partners) if form == "csv" else json.dumps([as_row(one) for one in known.partners]))
    assert load_partners(second) == known


def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "partners.json"
    path.write_text(json.dumps(ROWS))
    rows = list(csv.DictReader(io.StringIO(as_csv(load_partners(path).partners))))
    assert (rows[0]["name"], rows[0]["verified_by"], rows[0]["contact"]) == ("'=HYPERLINK(1)", "'@sales", "'-K. Muster")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert len(rows) == len(ROWS)


def test_a_csv_written_by_hand_needs_no_more_than_the_json(tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_text(
        'id,name,tiers,listed,street\nP1,Muster,"[{""tier"": ""gold"", ""valid_from"": ""2025-01-01""}]",,\n'
    )
    (partner,) = load_partners(path).partners
    assert (partner.name, partner.listed, partner.street, partner.tiers[0].tier) == ("Muster", False, None, "gold")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,name,tiers\nP1,A,gold\n", "partners.csv: is no CSV: Expecting value: line 1 column 1 (char 0)"),
        ("id,name,tiers\nP1,A,[],more\n", "partners.csv: is no CSV: row 1 has more cells than the heading"),
        ("id,name\nP1,A\n", "partners.csv, row 1 (P1), tiers: is required"),
        (
            'id,name,tiers,listed\nP1,A,[],"""yes"""\n',
            'partners.csv, row 1 (P1), listed: must be true or false, not "yes"',
        ),
    ],
)
def test_faults_of_a_csv_are_named(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "partners.csv"
    path.write_text(text)
    with pytest.raises(RulebookInvalid) as caught:
        load_partners(path)
    assert [str(one) for one in caught.value.faults] == [fault]


@pytest.mark.parametrize(
    ("completed", "last"),
    [
        ("2025-01-15", "2027-01-15"),
        ("2024-02-29", "2026-02-28"),
        ("2022-02-28", "2024-02-28"),
        ("2024-12-31", "2026-12-31"),
        ("9998-06-01", "9999-06-01"),
    ],
)
def test_a_training_counts_for_24_months_from_its_completion(tmp_path: Path, completed: str, last: str) -> None:
    assert months_after(dt.date.fromisoformat(completed)) == dt.date.fromisoformat(last)
    path = tmp_path / "partners.json"
    path.write_text(json.dumps([ROWS[1] | {"certifications": [{"valid_from": completed, "valid_to": None}]}]))
    assert load_partners(path).partners[0].certifications[0].valid_to == dt.date.fromisoformat(last)
