"""Every sample document through the pure pipeline: what is read of it, and what is decided."""

import datetime as dt
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model.case import Booked, Case, LookAlike, Partner
from model.invoice import Invoice
from model.judgement import Judgement
from model.reading import Reading
from pipeline.climb import climb
from pipeline.intake import inspect
from pipeline.judge import judge
from programme.rulebook import Rulebook, load
from programme.tiers import load_partners

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path.parent.name for path in FIXTURES.glob("*/expected.json"))
ACCEPTED_ON = dt.date(2026, 9, 15)


@cache
def rulebook() -> Rulebook:
    return load(FIXTURES / "rulebook").rulebook


@cache
def partners() -> dict[str, Partner]:
    return {partner.id: partner for partner in load_partners(FIXTURES / "partners.json").partners}


@cache
def expected(name: str) -> Any:
    return json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8"))


def document(name: str) -> bytes:
    return next((FIXTURES / name).glob("invoice.*")).read_bytes()


@cache
def reading(name: str) -> Reading:
    data = document(name)
    return climb(data, inspect(data, name).media_type)


def case(name: str) -> Case:
    """The case of a fixture: its partner, and what its earlier ones mean for it."""
    wanted = expected(name)
    earlier = wanted.get("earlier", [])
    alike = tuple(
        LookAlike(
            document_id=other["fixture"],
            kind=other["kind"],
            same_partner=expected(other["fixture"])["partner"] == wanted["partner"],
        )
        for other in earlier
        if other["kind"] in {"bytes", "number"}
    )
    return Case(
        document_id=name,
        digest=hashlib.sha256(document(name)).hexdigest(),
        accepted_on=ACCEPTED_ON,
        partner=partners()[wanted["partner"]],
        look_alikes=alike,
        preceding=next((booked(other["fixture"]) for other in earlier if other["kind"] == "preceding"), None),
    )


def booked(name: str) -> tuple[Booked, ...]:
    units = judge(reading(name), case(name), rulebook()).units
    return tuple(Booked(model=u.model, quantity=u.quantity, bonus_each=str(u.bonus_each)) for u in units)


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """Say where a printed invoice differs from what is expected; a null is not asked for."""
    if want is None:
        return []
    if isinstance(want, dict):
        return [x for key, value in want.items() for x in differences(value, (got or {}).get(key), f"{path}.{key}")]
    if isinstance(want, list):
        if len(want) != len(got or []):
            return [f"{path}: {len(want)} expected, {len(got or [])} read"]
        return [x for i, value in enumerate(want) for x in differences(value, got[i], f"{path}.{i}")]
    return [] if str(want) == str(got) or number(want) == number(got) else [f"{path}: {want!r} expected, {got!r} read"]


def number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


@pytest.mark.parametrize("name", FOLDERS)
def test_it_is_decided_as_expected(name: str) -> None:
    wanted = expected(name)["decision"]
    judgement: Judgement = judge(reading(name), case(name), rulebook())
    codes = {reason.finding.code for reason in judgement.reasons}
    units: dict[str, int] = {}
    for unit in judgement.units:
        units[unit.model] = units.get(unit.model, 0) + unit.quantity
    assert judgement.outcome == wanted["outcome"], codes
    assert not wanted["reasons"] or codes & set(wanted["reasons"])
    assert units == {unit["model"]: unit["quantity"] for unit in wanted["bonus_units"]}
    assert f"{sum(u.quantity * u.bonus_each for u in judgement.units):.2f}" == wanted["bonus_total"]


@pytest.mark.parametrize("name", [name for name in FOLDERS if not name.startswith("real-")])
def test_its_money_is_read_to_the_digit(name: str) -> None:
    wanted = expected(name)["invoice"]
    invoice: Invoice | None = reading(name).invoice
    if wanted is None:
        assert invoice is None
        return
    assert invoice is not None
    got = invoice.model_dump(mode="json")
    figures = ("quantity", "net_price", "net_amount")
    lines = [{key: line[key] for key in figures} for line in wanted["lines"]]
    head = {key: wanted[key] for key in ("number", "issue_date", "type_code", "totals")}
    assert differences({**head, "lines": lines}, got) == []
