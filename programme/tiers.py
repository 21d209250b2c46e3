"""What a partner was on a day: the tier that the registry says, and whether a certificate covers it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from model.case import Partner, Tier
from programme.consistency import partner_faults
from programme.files import RulebookInvalid, read_table
from programme.rows import PartnerRow


@dataclass(frozen=True, slots=True)
class Registry:
    """The partners of a file and the warnings about it, one per unknown key."""

    partners: tuple[Partner, ...]
    warnings: tuple[str, ...]


def load_partners(path: Path) -> Registry:
    """Read the registry's import format (partners.json); raise RulebookInvalid with every fault."""
    table = read_table(path, PartnerRow, ("id", "name", "tiers"))
    faults = (*table.faults, *partner_faults(table.rows))
    if faults:
        raise RulebookInvalid(faults)
    return Registry(tuple(Partner.model_validate(row.values.stated()) for row in table.rows), table.warnings)


def tier_on(partner: Partner, day: dt.date) -> Tier | None:
    """Return the tier held on that day, None before the first; each holds until the next one begins."""
    begun = [period for period in partner.tiers if period.valid_from <= day]
    return max(begun, key=lambda period: period.valid_from).tier if begun else None


def certified_on(partner: Partner, day: dt.date) -> bool:
    """Tell whether any certificate covers that day, both its ends included."""
    return any(certificate.valid_from <= day <= certificate.valid_to for certificate in partner.certifications)
