"""What is not approved stays so, whatever pages are put beside it."""

import datetime as dt
import hashlib
import io
import json
from pathlib import Path

import pikepdf
import pytest
from sample_pages import LETTER, pdf

from model.case import Case, Partner
from model.judgement import Judgement
from pipeline.climb import climb
from pipeline.judge import judge
from programme.rulebook import load
from programme.tiers import load_partners

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULEBOOK = load(FIXTURES / "rulebook").rulebook
PARTNERS: dict[str, Partner] = {one.id: one for one in load_partners(FIXTURES / "partners.json").partners}
REFUSED = [
    "ambiguous-model-review",
    "foreign-seller-rejected",
    "look-alike-seller-rejected",
    "order-confirmation-rejected",
    "registered-partner-rejected",
    "totals-wrong-review",
    "wrong-addressee-rejected",
]
BLANK = pdf(())
PRICES = tuple((72.0, 120.0 + 20 * row, f"Snom D7{row}5   {row + 1} x 99,00   {99 * (row + 1)},00") for row in range(6))
"""A list of phones that is no invoice."""
BESIDE = {"blank": BLANK, "letter": pdf(LETTER), "prices": pdf(PRICES)}


def judged(name: str, data: bytes) -> Judgement:
    expected = json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(data).hexdigest()
    upload = Case(
        document_id="d", digest=digest, accepted_on=dt.date(2026, 9, 15), partner=PARTNERS[expected["partner"]]
    )
    return judge(climb(data, "application/pdf"), upload, RULEBOOK)


@pytest.mark.parametrize("where", [0, 99])
@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("name", REFUSED)
def test_another_page_does_not_approve_what_was_not(name: str, beside: str, where: int) -> None:
    data, target = (FIXTURES / name / "invoice.pdf").read_bytes(), io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as file, pikepdf.open(io.BytesIO(BESIDE[beside])) as more:
        file.pages[min(where, len(file.pages)) : min(where, len(file.pages))] = list(more.pages)
        file.save(target)
    assert judged(name, data).outcome != "approved"
    assert judged(name, target.getvalue()).outcome != "approved"
