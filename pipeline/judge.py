"""Judging: what a reading means for this partner under this rulebook.

A pure function: the same reading, case and rulebook always give the same judgement, to the byte.
"""

from model.case import Case
from model.invoice import Party
from model.judgement import BonusUnit, Judgement, Match
from model.reading import PERSON, Reading
from pipeline.decide import decide
from programme.accrual import due, units
from programme.catalogue import Catalogue
from programme.distributors import identify
from programme.matching import match_lines
from programme.rulebook import Rulebook
from validators.checks import CHECKS
from validators.dossier import Dossier
from validators.policy import policy


def judge(reading: Reading, case: Case, rulebook: Rulebook) -> Judgement:
    """Run every check, decide, and say what is due if the document is approved."""
    rules, dossier = policy(), gather(reading, case, rulebook)
    outcome, reasons = decide((finding for check in CHECKS for finding in check(dossier)), rules.effects)
    distributor = dossier.seller.distributor if dossier.seller.kind == "authorised" else None
    bonus: tuple[BonusUnit, ...] = ()
    if outcome == "approved" and dossier.invoice is not None and distributor is not None:
        accruals = due(dossier.invoice, dossier.matches, case, rulebook, distributor.id)
        bonus = units(accruals, len(dossier.invoice.lines))
    return Judgement(
        outcome=outcome,
        reasons=reasons,
        matches=dossier.matches,
        units=bonus,
        distributor_id=distributor.id if distributor else None,
        versions={"extractor": reading.extractor, **rulebook.versions, "policy": rules.version},
    )


def gather(reading: Reading, case: Case, rulebook: Rulebook) -> Dossier:
    """Put together what the checks are handed: who the seller is and what each line sells, found once."""
    invoice = reading.invoice
    return Dossier(
        reading=reading,
        case=case,
        rulebook=rulebook,
        seller=identify(
            invoice.seller if invoice else Party(),
            invoice.issue_date if invoice else None,
            rulebook.distributors,
            vouched=reading.said("seller"),
        ),
        matches=tuple(
            _answered(match, reading, rulebook.catalogue)
            for match in match_lines(invoice.lines if invoice else (), rulebook.catalogue)
        ),
    )


def _answered(match: Match, reading: Reading, catalogue: Catalogue) -> Match:
    """Return the match that a person chose for a line, as long as the catalogue knows that model; else this one."""
    said = reading.said(f"lines.{match.line}.model")
    if said is None or (said and catalogue.product(said) is None):
        return match
    return Match(line=match.line, model=said or None, witnesses=(PERSON,))
