"""What well-formed rows can still get wrong together: periods that overlap, names that two things share."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from model.money import plain
from programme.files import Fault, Row
from programme.identifiers import register_number
from programme.rows import BonusRow, DistributorRow, PartnerRow, ProductRow, ProgrammeRow
from programme.spelling import article, compact

BOUNDS: dict[str, tuple[Decimal, Decimal]] = {
    "silver": (Decimal(4), Decimal(15)),
    "gold": (Decimal(6), Decimal(18)),
}
"""EUR per device that the programme announced for each tier (telecom-handel.de, 18.09.2017)."""

Period = tuple[dt.date | None, dt.date | None]


def catalogue_faults(rows: Sequence[Row[ProductRow]]) -> Iterator[Fault]:
    """Yield what is wrong with products: bounds, periods of rates, and names or numbers that two of them share."""
    for row in rows:
        yield from _bonus_faults(row)
        yield from _period_faults(row, "rates", [(rate.valid_from, rate.valid_to) for rate in row.values.rates])
    yield from _shared(_product_claims(rows), "names")


def _bonus_faults(row: Row[ProductRow]) -> Iterator[Fault]:
    if row.values.bonus is not None and _amounts(row.values.bonus) and row.values.rates:
        yield row.fault("rates", "stands beside a bonus: one of the two must go")
    if row.values.bonus is not None:
        yield from _bound_faults(row, "bonus", row.values.bonus)
    for position, rate in enumerate(row.values.rates, start=1):
        yield from _bound_faults(row, f"rates[{position}]", rate)


def _bound_faults(row: Row[ProductRow], field: str, bonus: BonusRow) -> Iterator[Fault]:
    for tier, amount in _amounts(bonus).items():
        low, high = BOUNDS[tier]
        if not low <= amount <= high:
            bounds = f"{tier.capitalize()} earns {low} to {high} EUR"
            yield row.fault(f"{field}.{tier}", f"{plain(amount)} EUR is outside the programme's bounds: {bounds}")


def _amounts(bonus: BonusRow) -> dict[str, Decimal]:
    stated = {"silver": bonus.silver, "gold": bonus.gold}
    return {tier: amount for tier, amount in stated.items() if amount is not None}


def _product_claims(rows: Iterable[Row[ProductRow]]) -> Iterator[tuple[str, str, Row[ProductRow], str]]:
    """Yield what names each product: the key it is looked up by, the field it stands in, the row, and as it stands."""
    for row in rows:
        product = row.values
        if product.model:
            yield f"model {compact(product.model)}", "model", row, product.model
        for position, alias in enumerate(product.aliases, start=1):
            if not compact(alias):
                yield f"row {row.number} alias {position}", f"aliases[{position}]", row, alias
            elif not product.model or compact(alias) != compact(product.model):
                yield f"model {compact(alias)}", f"aliases[{position}]", row, alias
        if product.mpn:
            yield f"mpn {article(product.mpn)}", "mpn", row, product.mpn
        if product.ean:
            yield f"ean {product.ean.zfill(14)}", "ean", row, product.ean


def distributor_faults(rows: Sequence[Row[DistributorRow]]) -> Iterator[Fault]:
    """Yield what is wrong with distributors: periods of one that overlap, identifiers and names that two share."""
    for row in rows:
        yield from _order_fault(row, "valid_to", (row.values.valid_from, row.values.valid_to))
    by_id: dict[str, list[Row[DistributorRow]]] = defaultdict(list)
    for row in rows:
        if row.values.id and row.values.valid_from:
            by_id[row.values.id].append(row)
    for entries in by_id.values():
        yield from _overlaps(entries)
    yield from _shared_identifiers(rows)


def _overlaps(entries: Sequence[Row[DistributorRow]]) -> Iterator[Fault]:
    entries = sorted(entries, key=lambda row: row.values.valid_from or dt.date.min)
    for earlier, later in pairwise(entries):
        if _meet(_period(earlier.values), _period(later.values)):
            yield later.fault("valid_from", f"the period overlaps that of row {earlier.number}, the same distributor")


def _shared_identifiers(rows: Sequence[Row[DistributorRow]]) -> Iterator[Fault]:
    """Yield identifiers that name two distributors on one day."""
    seen: dict[str, list[Row[DistributorRow]]] = defaultdict(list)
    for row in rows:
        for key, field, shown in _distributor_claims(row.values):
            rivals = [other for other in seen[key] if other.values.id != row.values.id]
            for other in rivals:
                if _meet(_period(other.values), _period(row.values)):
                    yield row.fault(field, f"{shown} also names {other.name or 'the one'} in row {other.number}")
            seen[key].append(row)


def _distributor_claims(entry: DistributorRow) -> Iterator[tuple[str, str, str]]:
    yield from ((f"vat {number}", "vat_identifiers", number) for number in entry.vat_identifiers)
    yield from ((f"iban {number}", "ibans", number) for number in entry.ibans)
    yield from ((f"register {register_number(one)}", "register_numbers", one) for one in entry.register_numbers)
    names = ((entry.name, "name"), *((name, "other_names") for name in entry.other_names))
    yield from ((f"name {article(name)}", field, name) for name, field in names if name)


def programme_faults(rows: Sequence[Row[ProgrammeRow]]) -> Iterator[Fault]:
    """Yield what is wrong with the programme's revenue commitments."""
    for row in rows:
        commitments = row.values.revenue_commitments
        for position, one in enumerate(commitments, start=1):
            for field in ("tier", "amount", "valid_from"):
                if getattr(one, field) is None:
                    yield row.fault(f"revenue_commitments[{position}].{field}", "is required")
        for tier in ("silver", "gold"):
            periods = [(one.valid_from, one.valid_to) for one in commitments if one.tier == tier]
            yield from _period_faults(row, f"revenue_commitments, {tier}", periods)


def partner_faults(rows: Sequence[Row[PartnerRow]]) -> Iterator[Fault]:
    """Yield what is wrong with partners: ids and customer numbers that two share, tiers, certificates, earlier data."""
    claims: list[tuple[str, str, Row[PartnerRow], str]] = []
    for row in rows:
        partner = row.values
        if partner.id:
            claims.append((f"id {partner.id}", "id", row, partner.id))
        for distributor, number in partner.customer_numbers.items():
            key = f"customer {distributor} {article(number)}"
            claims.append((key, f"customer_numbers.{distributor}", row, number))
        yield from _tier_faults(row)
        yield from _certificate_faults(row)
        yield from _former_faults(row)
        if partner.verified_by and partner.verified_on is None:
            yield row.fault("verified_on", "is required beside verified_by")
    yield from _shared(claims, "belongs to")


def _tier_faults(row: Row[PartnerRow]) -> Iterator[Fault]:
    days: set[dt.date] = set()
    for position, one in enumerate(row.values.tiers, start=1):
        for field in ("tier", "valid_from"):
            if getattr(one, field) is None:
                yield row.fault(f"tiers[{position}].{field}", "is required")
        if one.valid_from in days:
            yield row.fault(f"tiers[{position}].valid_from", f"two tiers begin on {one.valid_from}")
        if one.valid_from:
            days.add(one.valid_from)


def _certificate_faults(row: Row[PartnerRow]) -> Iterator[Fault]:
    for position, one in enumerate(row.values.certifications, start=1):
        if one.valid_from is None:
            yield row.fault(f"certifications[{position}].valid_from", "is required")
        for field, end in (("valid_to", one.valid_to), ("left_on", one.left_on)):
            yield from _order_fault(row, f"certifications[{position}].{field}", (one.valid_from, end))


def _former_faults(row: Row[PartnerRow]) -> Iterator[Fault]:
    days: set[dt.date] = set()
    for position, one in enumerate(row.values.former, start=1):
        if one.valid_to is None:
            yield row.fault(f"former[{position}].valid_to", "is required")
        elif one.valid_to in days:
            yield row.fault(f"former[{position}].valid_to", f"two end on {one.valid_to}")
        else:
            days.add(one.valid_to)


def _shared(claims: Iterable[tuple[str, str, Row[ProductRow] | Row[PartnerRow], str]], verb: str) -> Iterator[Fault]:
    """Yield each key that a second row claims; the same row may name itself twice."""
    first: dict[str, Row[ProductRow] | Row[PartnerRow]] = {}
    for key, field, row, shown in claims:
        other = first.setdefault(key, row)
        if other is not row:
            yield row.fault(field, f"{shown} already {verb} {other.name or 'the one'} in row {other.number}")


def _period_faults(row: Row[ProductRow] | Row[ProgrammeRow], field: str, periods: Sequence[Period]) -> Iterator[Fault]:
    for position, period in enumerate(periods, start=1):
        yield from _order_fault(row, f"{field}[{position}].valid_to", period)
    for later, period in enumerate(periods):
        for earlier in range(later):
            if _meet(periods[earlier], period):
                yield row.fault(f"{field}[{later + 1}]", f"the period overlaps that of {field}[{earlier + 1}]")


def _order_fault(
    row: Row[ProductRow] | Row[DistributorRow] | Row[ProgrammeRow] | Row[PartnerRow], field: str, period: Period
) -> Iterator[Fault]:
    begin, end = period
    if begin and end and end < begin:
        yield row.fault(field, f"{end} lies before {begin}, the day it is valid from")


def _period(entry: DistributorRow) -> Period:
    return entry.valid_from, entry.valid_to


def _meet(one: Period, other: Period) -> bool:
    """Tell whether two periods have a day in common; both ends are included, None is open."""
    begins = max(one[0] or dt.date.min, other[0] or dt.date.min)
    return begins <= min(one[1] or dt.date.max, other[1] or dt.date.max)
