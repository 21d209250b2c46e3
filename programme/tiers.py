"""What a partner was on a day: the company, the tier that the registry says, and whether a certificate covers it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from model.case import Certificate, Partner, Tier
from programme.consistency import partner_faults
from programme.exchange import parse_csv, partner_of
from programme.files import RulebookInvalid, parse_json, read_table
from programme.rows import PartnerRow


@dataclass(frozen=True, slots=True)
class Registry:
    """The partners of a file and the warnings about it, one per unknown key."""

    partners: tuple[Partner, ...]
    warnings: tuple[str, ...]


def load_partners(path: Path) -> Registry:
    """Read the registry's import format, JSON or by its ending CSV; raise RulebookInvalid with every fault."""
    parse = parse_csv if path.suffix.lower() == ".csv" else parse_json
    table = read_table(path, PartnerRow, ("id", "name", "tiers"), parse=parse)
    faults = (*table.faults, *partner_faults(table.rows))
    if faults:
        raise RulebookInvalid(faults)
    return Registry(tuple(partner_of(row.values) for row in table.rows), table.warnings)


def tier_on(partner: Partner, day: dt.date) -> Tier | None:
    """Return the tier held on that day, None before the first; each holds until the next begins or the partner left."""
    if partner.left_on is not None and partner.left_on <= day:
        return None
    begun = [period for period in partner.tiers if period.valid_from <= day]
    return max(begun, key=lambda period: period.valid_from).tier if begun else None


def certified_on(partner: Partner, day: dt.date, grace_days: int = 0) -> bool:
    """Tell whether any certificate covers that day, both its ends included, or ended no more than so many days ago."""
    grace = dt.timedelta(days=grace_days)
    return any(
        one.valid_from <= min(day, last_day(one)) and day - last_day(one) <= grace for one in partner.certifications
    )


def last_day(certificate: Certificate) -> dt.date:
    """Return the last day that a certificate covers: that before its employee left, if that comes first."""
    if certificate.left_on is None:
        return certificate.valid_to
    return min(certificate.valid_to, certificate.left_on - dt.timedelta(days=1))


def company_on(partner: Partner, day: dt.date) -> Partner:
    """Return the partner with the company data of that day."""
    for was in sorted(partner.earlier, key=lambda one: one.valid_to, reverse=True):
        if was.valid_to < day:
            break
        changed = was.model_dump(exclude={"valid_to"}, exclude_none=True)
        numbers = partner.customer_numbers | was.customer_numbers
        partner = partner.model_copy(update=changed | {"customer_numbers": numbers})
    return partner
