"""The decision: from findings to an outcome. Knows codes and effects, and nothing of invoices."""

from collections.abc import Iterable, Mapping

from model.finding import Finding
from model.judgement import Effect, Outcome, Reason


def decide(findings: Iterable[Finding], policy: Mapping[str, Effect]) -> tuple[Outcome, tuple[Reason, ...]]:
    """Return the outcome and its reasons, in the order of the findings, exact repetitions left out.

    Rejected if any rejecting finding is certain, else review if there is any finding, else approved. A code that the
    policy does not know means review, and so does a rejecting code that rests on a value read with doubt.
    """
    reasons = tuple(Reason(finding=finding, severity=_effect(finding, policy)) for finding in _distinct(findings))
    if any(reason.severity == "reject" for reason in reasons):
        return "rejected", reasons
    return ("review" if reasons else "approved"), reasons


def _effect(finding: Finding, policy: Mapping[str, Effect]) -> Effect:
    return policy.get(finding.code, "review") if finding.certain else "review"


def _distinct(findings: Iterable[Finding]) -> Iterable[Finding]:
    return {(f.code, f.variant, tuple(sorted(f.values.items())), f.about, f.certain): f for f in findings}.values()
