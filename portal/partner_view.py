"""What a partner is told of a decision: nothing of anybody else, and nothing of what makes us look closer.

A finding that rests on another partner's upload, on a doubt about the seller or on signs of a forgery is told in the
one sentence that says that somebody is looking; two of them are told once. So no answer tells one kind from another.
"""

from collections.abc import Iterable

from model.judgement import Reason
from model.reading import Reading
from portal import jsonout
from portal.jsonout import Json
from validators.sentences import Language

IN_REVIEW = "in_review"
"""The code of whatever is not told apart."""
_UNTOLD = frozenset({"seller_unverified", "suspected_tampering", "serial_already_claimed"})
_ELSEWHERE = "elsewhere"
"""The variant of a finding that rests on another partner's upload."""
_SENTENCES: dict[Language, str] = {
    "de": "Wir prüfen diese Rechnung von Hand.",
    "en": "We are checking this invoice by hand.",
}


def partner_view(reasons: Iterable[Reason], reading: Reading | None, language: Language) -> list[Json]:
    """Return the reasons as decision.schema.json has them, those that are not to be told apart as IN_REVIEW."""
    told: list[Json] = []
    untold = False
    for reason in reasons:
        if reason.finding.code in _UNTOLD or reason.finding.variant == _ELSEWHERE:
            untold = True
        else:
            told.append(jsonout.reason(reason, reading, language))
    if untold:
        told.append({"code": IN_REVIEW, "message": _SENTENCES[language], "evidence": [], "severity": "review"})
    return told
