"""Forged invoices are held and their honest twins are paid: every way of forging, of which each alters the money."""

import datetime as dt
import hashlib
from functools import cache
from itertools import count, cycle
from pathlib import Path

import pytest

from fixtures.drawing.companies import World, load_world
from fixtures.drawing.forging import WAYS, Forgery, forge
from model.case import Case, Partner
from model.judgement import Judgement
from pipeline.climb import climb
from pipeline.judge import judge
from programme.rulebook import load
from programme.tiers import load_partners

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULEBOOK = load(FIXTURES / "rulebook").rulebook
PARTNERS: dict[str, Partner] = {one.id: one for one in load_partners(FIXTURES / "partners.json").partners}
ACCEPTED_ON = dt.date(2026, 9, 15)
EACH = 3
"""So many documents of each way are forged."""
FORGED = list(zip(range(EACH * len(WAYS)), cycle(WAYS), strict=False))
TAMPERING = "suspected_tampering"


@cache
def world() -> World:
    return load_world(FIXTURES)


@cache
def forgery(number: int) -> Forgery:
    """Forge an invoice of one page: more pages take longer and show nothing else."""
    drawn = (forge(f"forged {number}.{attempt}", world()) for attempt in count())
    return next(one for one in drawn if len(one.sheets) == 1)


def judged(data: bytes, partner: str) -> Judgement:
    case = Case(
        document_id="d", digest=hashlib.sha256(data).hexdigest(), accepted_on=ACCEPTED_ON, partner=PARTNERS[partner]
    )
    return judge(climb(data, "application/pdf"), case, RULEBOOK)


def codes(judgement: Judgement) -> set[str]:
    return {reason.finding.code for reason in judgement.reasons}


@pytest.mark.parametrize(("number", "way"), FORGED)
def test_a_forged_document_is_held(number: int, way: str) -> None:
    found = forgery(number)
    judgement = judged(WAYS[way](found, honest=False), found.planned.partner.id)
    assert (judgement.outcome, TAMPERING in codes(judgement)) == ("review", True)


@pytest.mark.parametrize(("number", "way"), FORGED)
def test_its_honest_twin_is_approved(number: int, way: str) -> None:
    found = forgery(number)
    judgement = judged(WAYS[way](found, honest=True), found.planned.partner.id)
    assert (judgement.outcome, codes(judgement)) == ("approved", set())


def test_what_nobody_looks_at_again_would_be_paid() -> None:
    found = forgery(0)
    data = WAYS["invisible"](found, honest=False)
    reading = climb(data, "application/pdf", look=False)
    assert reading.invoice is not None
    assert [line.quantity for line in reading.invoice.lines] == [item.quantity for item in found.forged.items]
