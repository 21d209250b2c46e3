"""The decision as a table: findings, policy, what comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.finding import Finding
from model.judgement import Effect, Outcome
from pipeline.decide import decide

POLICY: dict[str, Effect] = {"buyer_mismatch": "reject", "duplicate_invoice": "reject", "low_confidence": "review"}

MISMATCH = Finding(code="buyer_mismatch")
DOUBTFUL_MISMATCH = Finding(code="buyer_mismatch", certain=False)
DUPLICATE = Finding(code="duplicate_invoice", values={"number": "R-1", "document": "d1"})
DOUBT = Finding(code="low_confidence", variant="number")
NEWS = Finding(code="something_new")

TABLE: list[tuple[list[Finding], Outcome, list[str]]] = [
    ([], "approved", []),
    ([DOUBT], "review", ["review"]),
    ([MISMATCH], "rejected", ["reject"]),
    ([DOUBTFUL_MISMATCH], "review", ["review"]),
    ([NEWS], "review", ["review"]),
    ([DOUBT, MISMATCH], "rejected", ["review", "reject"]),
    ([MISMATCH, DOUBT], "rejected", ["reject", "review"]),
    ([DOUBTFUL_MISMATCH, DOUBT, NEWS], "review", ["review", "review", "review"]),
    ([DOUBTFUL_MISMATCH, MISMATCH], "rejected", ["review", "reject"]),
    ([MISMATCH, DUPLICATE], "rejected", ["reject", "reject"]),
    ([DOUBT, DOUBT], "review", ["review"]),
]


@pytest.mark.parametrize(("findings", "outcome", "severities"), TABLE)
def test_findings_lead_where_the_policy_says(findings: list[Finding], outcome: Outcome, severities: list[str]) -> None:
    got, reasons = decide(findings, POLICY)
    assert got == outcome
    assert [reason.severity for reason in reasons] == severities


def test_reasons_keep_the_order_of_the_findings() -> None:
    _, reasons = decide([DOUBT, DUPLICATE, DOUBT, MISMATCH], POLICY)
    assert [reason.finding for reason in reasons] == [DOUBT, DUPLICATE, MISMATCH]


def test_findings_that_differ_in_one_value_are_two() -> None:
    other = DUPLICATE.model_copy(update={"values": {"number": "R-1", "document": "d2"}})
    assert len(decide([DUPLICATE, other], POLICY)[1]) == 2


findings = st.lists(st.sampled_from([MISMATCH, DOUBTFUL_MISMATCH, DUPLICATE, DOUBT, NEWS]))


@given(findings)
def test_the_order_of_checks_does_not_change_the_outcome(given_: list[Finding]) -> None:
    assert decide(given_, POLICY)[0] == decide(list(reversed(given_)), POLICY)[0]


@given(findings, st.sampled_from([MISMATCH, DOUBTFUL_MISMATCH, DOUBT, NEWS]))
def test_one_finding_more_never_approves_and_never_unrejects(given_: list[Finding], one_more: Finding) -> None:
    order = ["approved", "review", "rejected"]
    before, after = decide(given_, POLICY)[0], decide([*given_, one_more], POLICY)[0]
    assert order.index(after) >= order.index(before)
    assert after != "approved"
