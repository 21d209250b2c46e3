"""The claim period: an invoice has to be issued within the time for which a bonus can be claimed.

The time runs from the programme's start, or `claim_window_days` before the day of acceptance if that is later, to the
day of acceptance; all ends are included. It counts from the day of acceptance in Europe/Berlin, never from that of
processing.
"""

import datetime as dt
from collections.abc import Iterator

from model.finding import Finding
from validators.dossier import Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report each bound of the claim period that the issue date is beyond."""
    invoice, programme = dossier.invoice, dossier.rulebook.programme
    if invoice is None or invoice.issue_date is None:
        return
    on, accepted, certain = (
        invoice.issue_date,
        dossier.case.accepted_on,
        dossier.reading.sure("issue_date") and not dossier.undoes,
    )
    values = {"issue_date": on.isoformat(), "accepted_on": accepted.isoformat()}
    if on > accepted:
        yield Finding(
            code="outside_claim_period", variant="future", values=values, about=("issue_date",), certain=certain
        )
    if programme.programme_start is not None and on < programme.programme_start:
        start = {"start": programme.programme_start.isoformat()}
        yield Finding(
            code="outside_claim_period",
            variant="before_start",
            values=values | start,
            about=("issue_date",),
            certain=certain,
        )
    elif programme.claim_window_days is not None and on < accepted - dt.timedelta(days=programme.claim_window_days):
        window = {"days": str(programme.claim_window_days)}
        yield Finding(
            code="outside_claim_period",
            variant="window",
            values=values | window,
            about=("issue_date",),
            certain=certain,
        )
