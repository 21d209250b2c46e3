"""Where a partner stands on a day.

The tier is what the registry says, and the certificate alone is computed to decide on anything; all else is shown.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from model.case import Certificate, Partner, Tier
from model.money import money
from programme.rulebook import Programme, Rulebook
from programme.tiers import certified_on, last_day, tier_on

HORIZON = 90
"""Days ahead, the last one included, in which is told what lapses."""
_ORDER: tuple[Tier | None, ...] = (None, "registered", "silver", "gold")
_BOUND = frozenset({"silver", "gold"})
"""Tiers that ask for training, case study and revenue."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell of a partner: a code, and the values that its sentence shows; days as YYYY-MM-DD."""

    code: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a partner is on a day, and what it lacks.

    `certificates` cover the day, `certified_until` is the last day that is covered without a gap. `commitment` is the
    revenue in EUR that the tier asks for in the calendar year, None where it asks for none; `missing` is what the
    `next_tier` asks for and is not there.
    """

    on: dt.date
    tier: Tier | None
    tier_since: dt.date | None
    earns: bool
    certificates: tuple[Certificate, ...]
    certified_until: dt.date | None
    revenue: Decimal
    commitment: Decimal | None
    lapses: tuple[Notice, ...]
    warnings: tuple[Notice, ...]
    next_tier: Tier | None
    missing: tuple[Notice, ...]


def standing(partner: Partner, rulebook: Rulebook, on: dt.date, revenue: Decimal) -> Standing:
    """Return where a partner stands on a day; `revenue` is that of the day's calendar year, net in EUR."""
    programme, tier = rulebook.programme, tier_on(partner, on)
    certified = not programme.certification_required or certified_on(partner, on)
    following = None if _has_left(partner, on) else _next(tier)
    return Standing(
        on=on,
        tier=tier,
        tier_since=_since(partner, on) if tier else None,
        earns=tier in programme.eligible_tiers and certified,
        certificates=tuple(one for one in partner.certifications if one.valid_from <= on <= last_day(one)),
        certified_until=certified_until(partner, on),
        revenue=revenue,
        commitment=commitment(programme, tier, on),
        lapses=tuple(_lapses(partner, on)),
        warnings=tuple(_warnings(partner, programme, on, revenue)),
        next_tier=following,
        missing=tuple(_missing(partner, programme, following, on, revenue=revenue)),
    )


def certified_until(partner: Partner, on: dt.date) -> dt.date | None:
    """Return the last day up to which certificates cover every day from this one on, None if none covers it."""
    until = on - dt.timedelta(days=1)
    for begin, end in sorted((one.valid_from, last_day(one)) for one in partner.certifications):
        if (begin - until).days <= 1:
            until = max(until, end)
    return until if until >= on else None


def commitment(programme: Programme, tier: Tier | None, on: dt.date) -> Decimal | None:
    """Return the revenue in a calendar year that a tier asks for by the rules of a day, in EUR; None for none."""
    holds = (
        one.amount
        for one in programme.revenue_commitments
        if one.tier == tier and one.valid_from <= on <= (one.valid_to or dt.date.max)
    )
    return next(holds, None)


def _lapses(partner: Partner, on: dt.date) -> Iterator[Notice]:
    """Yield what holds on the day and no longer does after one of the days up to the horizon, the soonest first."""
    ends = [
        (last_day(one), "certificate_ends", {"certificate": _named(one)})
        for one in partner.certifications
        if one.valid_from <= on <= last_day(one)
    ]
    tier = tier_on(partner, on)
    for day in sorted({one.valid_from for one in partner.tiers} | {partner.left_on or on}):
        if day > on and _ORDER.index(tier_on(partner, day)) < _ORDER.index(tier):
            ends.append((day - dt.timedelta(days=1), "tier_ends", {"tier": (tier or "").capitalize()}))
            break
    for day, code, values in sorted(ends, key=lambda end: end[:2]):
        if (day - on).days <= HORIZON:
            yield Notice(code, values | {"day": day.isoformat()})


def _warnings(partner: Partner, programme: Programme, on: dt.date, revenue: Decimal) -> Iterator[Notice]:
    if partner.left_on is not None and partner.left_on <= on:
        yield Notice("left", {"day": partner.left_on.isoformat()})
        return
    if partner.applied_on is not None and not _done(partner.verified_on, on):
        yield Notice("not_verified", {"day": partner.applied_on.isoformat()})
    tier = tier_on(partner, on)
    if tier not in _BOUND:
        return
    if programme.certification_required:
        yield from _uncovered(partner, on)
    if not _done(partner.case_study_on, on):
        yield Notice("no_case_study", {})
    asked = commitment(programme, tier, on)
    if asked is not None and revenue < asked:
        yield Notice("revenue_below", {"revenue": money(revenue), "commitment": money(asked)})


def _uncovered(partner: Partner, on: dt.date) -> Iterator[Notice]:
    """Yield that no certificate covers the day, or that soon none will."""
    until = certified_until(partner, on)
    ended = [last_day(one) for one in partner.certifications if one.valid_from <= last_day(one) < on]
    if until is not None and (until - on).days <= HORIZON:
        yield Notice("uncovered_soon", {"day": until.isoformat()})
    elif until is None and ended:
        yield Notice("certificate_ended", {"day": max(ended).isoformat()})
    elif until is None:
        yield Notice("no_certificate", {})


def _missing(
    partner: Partner, programme: Programme, tier: Tier | None, on: dt.date, *, revenue: Decimal
) -> Iterator[Notice]:
    """Yield what a tier asks for and is not there."""
    if tier is not None and partner.applied_on is not None and not _done(partner.verified_on, on):
        yield Notice("verification", {})
    if tier not in _BOUND:
        return
    if programme.certification_required and not certified_on(partner, on):
        yield Notice("training", {})
    if not _done(partner.case_study_on, on):
        yield Notice("case_study", {})
    asked = commitment(programme, tier, on)
    if asked is not None and revenue < asked:
        yield Notice("revenue", {"amount": money(asked - revenue)})


def _named(certificate: Certificate) -> str:
    """Name a certificate and whose it is, as far as that is known."""
    known = [part for part in (certificate.name, certificate.employee) if part]
    return ", ".join(known) or "-"


def _next(tier: Tier | None) -> Tier | None:
    place = _ORDER.index(tier) + 1
    return _ORDER[place] if place < len(_ORDER) else None


def _since(partner: Partner, on: dt.date) -> dt.date:
    return max(period.valid_from for period in partner.tiers if period.valid_from <= on)


def _has_left(partner: Partner, on: dt.date) -> bool:
    return partner.left_on is not None and partner.left_on <= on


def _done(day: dt.date | None, on: dt.date) -> bool:
    return day is not None and day <= on
