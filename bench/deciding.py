"""Scores decisions against what was to be expected of each document.

straight through   approved as it should be, with exactly the units per model that earn
false approval     approved though it should not be, or with more units of a model than earn
                   (of a credit note: fewer taken back)
false rejection    rejected though it should be approved
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bench.printing import ratio

Json = Mapping[str, Any]
DESTROYED = "destroyed"
"""The medium on which nothing can be read."""


def units(bonus: Sequence[Json]) -> dict[str, int]:
    """Sum up units per model."""
    counted: Counter[str] = Counter()
    for unit in bonus:
        counted[str(unit["model"])] += int(Decimal(str(unit["quantity"])))
    return {model: quantity for model, quantity in counted.items() if quantity}


def verdicts(expected: Json, decided: Json | None) -> frozenset[str]:
    """Say what became of one document: names of the counts in `summary`."""
    approvable = expected["outcome"] == "approved"
    outcome = decided["outcome"] if decided else "missing"
    found = {outcome, *(["approvable"] if approvable else []), *(["right"] if outcome == expected["outcome"] else [])}
    if decided and outcome == "approved":
        read, true = units(decided["bonus_units"]), units(expected["bonus_units"]) if approvable else {}
        if not approvable or any(read.get(model, 0) > true.get(model, 0) for model in {*read, *true}):
            found.add("false_approval")
        elif read == true:
            found.add("straight_through")
    if approvable and outcome == "rejected":
        found.add("false_rejection")
    return frozenset(found)


def summary(found: Sequence[frozenset[str]]) -> dict[str, Any]:
    """Sum up many documents, as JSON."""
    counts = Counter(name for one in found for name in one)
    return {
        "documents": len(found),
        "approvable": counts["approvable"],
        "straight_through": counts["straight_through"],
        "straight_through_share": ratio(counts["straight_through"], counts["approvable"]),
        "false_approvals": counts["false_approval"],
        "false_rejections": counts["false_rejection"],
        "review": counts["review"],
        "failed": counts["failed"],
        "missing": counts["missing"],
        "right_outcome_share": ratio(counts["right"], len(found)),
    }
