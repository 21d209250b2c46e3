"""The rules of 2017 (as announced) and those of 2018 (as launched), on both sides of each date.

As announced on 2017-09-18: five distributors, and a yearly revenue. As launched on 2018-03-06: Herweck and Nuvias
added, the revenue dropped (telecom-handel.de, 18.09.2017 and 06.03.2018). Neither told what a phone earns or what VAT
identifiers the distributors have: those here are samples.
"""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_dossiers import BUYER, PARTNER, case, invoice, reading

from model.case import Certificate, TierPeriod
from model.invoice import Party
from pipeline.judge import judge
from programme.changes import differences
from programme.rulebook import Rulebook, load
from runtime.app import SHIPPED

NEW = ("herweck", "nuvias")
VAT = {"allnet": "DE100000008", "herweck": "DE100000016"}
CATALOGUE = [{"model": "D785", "bonus_eligible": True, "bonus": {"silver": "11.00", "gold": "14.00"}}]
COMMITMENTS = [{"tier": "silver", "amount": "10000.00"}, {"tier": "gold", "amount": "20000.00"}]
PARTNER_THEN = PARTNER.model_copy(
    update={
        "tiers": (TierPeriod(tier="gold", valid_from=dt.date(2017, 9, 18)),),
        "certifications": (Certificate(valid_from=dt.date(2017, 9, 18), valid_to=dt.date(2019, 9, 18)),),
    }
)


def _written(folder: Path, distributors: Any, programme: Any) -> Rulebook:
    folder.mkdir()
    for name, rows in (("catalogue", CATALOGUE), ("distributors", distributors), ("programme", programme)):
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return load(folder).rulebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with both rulebooks, 2017 and 2018, made of the distributors that are shipped."""
    made = tmp_path_factory.mktemp("rules")
    shipped = [
        row | {"vat_identifiers": [VAT[row["id"]]] if row["id"] in VAT else []}
        for row in json.loads((SHIPPED / "distributors.json").read_text())
    ]
    first = [row for row in shipped if row["id"] not in NEW]
    announced = dt.date(2017, 9, 18).isoformat()
    held = [row | {"valid_from": announced} for row in COMMITMENTS]
    _written(made / "2017", first, {"programme_start": announced, "revenue_commitments": held})
    ended = [row | {"valid_to": "2018-03-05"} for row in held]
    _written(made / "2018", shipped, {"programme_start": announced, "revenue_commitments": ended})
    return made


Expected = tuple[str, list[str], Decimal]
"""Outcome, codes, EUR."""


def _outcome(rules: Rulebook, seller: str, day: dt.date) -> Expected:
    """Return what becomes of an invoice of a distributor, by these rules: outcome, codes, EUR."""
    names = {row["id"]: row["name"] for row in json.loads((SHIPPED / "distributors.json").read_text())}
    party = Party(name=names[seller], vat_identifier=VAT[seller])
    made = invoice(issue_date=day, seller=party, buyer=BUYER.model_copy(update={"customer_number": None}))
    judgement = judge(reading(made), case(partner=PARTNER_THEN, accepted_on=day + dt.timedelta(days=20)), rules)
    earned = sum((unit.quantity * unit.bonus_each for unit in judgement.units), Decimal(0))
    return judgement.outcome, [reason.finding.code for reason in judgement.reasons], earned


APPROVED: Expected = ("approved", [], Decimal("70.00"))
NOT_AUTHORISED: Expected = ("rejected", ["seller_not_authorised"], Decimal(0))
TOO_EARLY: Expected = (
    "rejected",
    ["seller_not_authorised", "outside_claim_period", "partner_not_eligible"],
    Decimal(0),
)


@pytest.mark.parametrize(
    ("year", "seller", "day", "expected"),
    [
        ("2017", "allnet", dt.date(2017, 9, 17), TOO_EARLY),
        ("2017", "allnet", dt.date(2017, 9, 18), APPROVED),
        ("2018", "allnet", dt.date(2017, 9, 17), TOO_EARLY),
        ("2018", "allnet", dt.date(2018, 3, 5), APPROVED),
        ("2018", "allnet", dt.date(2018, 3, 6), APPROVED),
        ("2017", "herweck", dt.date(2018, 3, 5), NOT_AUTHORISED),
        ("2017", "herweck", dt.date(2018, 3, 6), NOT_AUTHORISED),
        ("2018", "herweck", dt.date(2018, 3, 5), NOT_AUTHORISED),
        ("2018", "herweck", dt.date(2018, 3, 6), APPROVED),
    ],
)
def test_an_invoice_on_either_side_of_a_date(
    folder: Path, year: str, seller: str, day: dt.date, expected: Expected
) -> None:
    assert _outcome(load(folder / year).rulebook, seller, day) == expected


def test_what_differs_between_the_two(folder: Path) -> None:
    old, new = (load(folder / year).rulebook for year in ("2017", "2018"))
    found = [(one.file, one.row, one.field) for one in differences(old, new)]
    assert found == [
        ("distributors", "herweck from 2018-03-06", ""),
        ("distributors", "nuvias from 2018-03-06", ""),
        ("programme", "", "revenue_commitments"),
    ]
    assert list(differences(new, new)) == []
