"""Eligibility: on the issue date the partner has to be of an eligible tier, with a certificate that covers the day.

The tier is what the registry says; the certificate is the only computed condition that decides on an invoice. Silver
and Gold ask for a technical training that is repeated every two years (programme rules, 18.09.2017).
"""

import datetime as dt
from collections.abc import Iterator, Sequence

from model.case import Certificate
from model.finding import Finding
from programme.tiers import certified_on, last_day
from validators.dossier import Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report the tier, else the missing certificate: a tier that earns nothing asks for no training."""
    invoice, programme = dossier.invoice, dossier.rulebook.programme
    if invoice is None or invoice.issue_date is None:
        return
    on, certain = invoice.issue_date, dossier.reading.sure("issue_date") and not dossier.undoes
    left_on = dossier.case.partner.left_on
    if dossier.tier is None and left_on is not None and left_on <= on:
        values = _day(on) | {"left_on": left_on.isoformat()}
        yield Finding(
            code="partner_not_eligible", variant="left", values=values, about=("issue_date",), certain=certain
        )
    elif dossier.tier is None:
        yield Finding(
            code="partner_not_eligible", variant="no_tier", values=_day(on), about=("issue_date",), certain=certain
        )
    elif dossier.tier not in programme.eligible_tiers:
        values = _day(on) | {"tier": dossier.tier.capitalize()}
        yield Finding(
            code="partner_not_eligible", variant="tier", values=values, about=("issue_date",), certain=certain
        )
    elif programme.certification_required and not certified_on(dossier.case.partner, on):
        yield _uncertified(dossier.case.partner.certifications, on, certain=certain)


def _uncertified(certificates: Sequence[Certificate], on: dt.date, *, certain: bool) -> Finding:
    """Say which certificate came closest: the last that ended, else none."""
    ended = [last_day(certificate) for certificate in certificates if last_day(certificate) < on]
    if ended:
        values = _day(on) | {"valid_to": max(ended).isoformat()}
        return Finding(
            code="partner_not_eligible",
            variant="certificate_ended",
            values=values,
            about=("issue_date",),
            certain=certain,
        )
    return Finding(
        code="partner_not_eligible", variant="no_certificate", values=_day(on), about=("issue_date",), certain=certain
    )


def _day(on: dt.date) -> dict[str, str]:
    return {"issue_date": on.isoformat()}
