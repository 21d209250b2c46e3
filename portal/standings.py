"""`cashback partners status` and `public`: where partners stand, for people and programs."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from model.case import Partner
from model.money import ZERO, money
from portal.inputs import NotThere
from portal.printing import table
from programme.ledger import held, payable
from programme.standing import Notice, Standing, standing
from programme.tiers import company_on, last_day, tier_on
from runtime.app import App
from store import accounts, partners, revenue, rulebooks
from store.engine import reading
from validators.sentences import Language, filled

LISTED = ("gold", "silver")
"""Tiers of the public list, in its order."""


@dataclass(frozen=True, slots=True)
class Told:
    """A partner as it is on the day, where it stands, and what it is owed and of that is held, in EUR."""

    partner: Partner
    standing: Standing
    owed: Decimal
    held: Decimal


def every(app: App, on: dt.date) -> tuple[Told, ...]:
    """Return all partners, by id."""
    with reading(app.engine) as conn:
        revenues, balances = revenue.by_partner(conn, on.year), accounts.balances(conn)
        found, rulebook = partners.every(conn), rulebooks.live(conn, app.rulebook)
    told = []
    for each in found:
        stands = standing(each, rulebook, on, revenues.get(each.id, ZERO))
        kept = balances.get(held(each.id), ZERO)
        told.append(Told(company_on(each, on), stands, balances.get(payable(each.id), ZERO) + kept, kept))
    return tuple(told)


def one(app: App, partner_id: str, on: dt.date) -> Told:
    """Return one partner. Errors: NotThere."""
    with reading(app.engine) as conn:
        found = partners.partner(conn, partner_id)
        if found is None:
            raise NotThere(f"There is no partner {partner_id}.")
        revenues = revenue.of_year(conn, on.year, partner_id)
        amounts = accounts.owed_and_withheld(conn, partner_id)
        return Told(company_on(found, on), standing(found, rulebooks.live(conn, app.rulebook), on, revenues), *amounts)


def public(app: App, on: dt.date) -> tuple[dict[str, Any], ...]:
    """Return the public list of a day: Silver and Gold partners that agreed to stand there, Gold first, by name."""
    with reading(app.engine) as conn:
        found = [(tier_on(one, on), company_on(one, on)) for one in partners.every(conn) if one.listed]
    shown = ("name", "postal_code", "city", "country", "website")
    rows = [{"tier": tier} | {key: getattr(one, key) for key in shown} for tier, one in found if tier in LISTED]
    return tuple(sorted(rows, key=lambda row: (LISTED.index(row["tier"]), row["name"].casefold())))


def as_json(told: Told, language: Language) -> dict[str, Any]:
    """Return what is known of a partner as JSON."""
    partner, stands = told.partner, told.standing
    return {
        "id": partner.id,
        "name": partner.name,
        "on": stands.on.isoformat(),
        "tier": stands.tier,
        "tier_since": _day(stands.tier_since),
        "earns": stands.earns,
        "certified_until": _day(stands.certified_until),
        "certificates": [
            {
                "name": each.name,
                "employee": each.employee,
                "valid_from": _day(each.valid_from),
                "until": _day(last_day(each)),
            }
            for each in stands.certificates
        ],
        "year": stands.on.year,
        "revenue": money(stands.revenue),
        "commitment": None if stands.commitment is None else money(stands.commitment),
        "owed": money(told.owed),
        "held": money(told.held),
        **{key: _day(getattr(partner, key)) for key in _DAYS},
        "verified_by": partner.verified_by,
        "listed": partner.listed,
        "website": partner.website,
        "contact": partner.contact,
        "lapses": [_notice(each, language) for each in stands.lapses],
        "warnings": [_notice(each, language) for each in stands.warnings],
        "next_tier": stands.next_tier,
        "missing": [_notice(each, language) for each in stands.missing],
    }


def overview(told: Iterable[Told]) -> RenderableType:
    """Return the table of all partners."""
    headings = ("Partner", "Name", "Tier", "!Certified until", ">Revenue EUR", ">Owed EUR", ">Held EUR", "Warnings")
    rows = [
        (
            each.partner.id,
            each.partner.name,
            each.standing.tier or "",
            _day(each.standing.certified_until) or "",
            money(each.standing.revenue),
            money(each.owed),
            money(each.held),
            ", ".join(notice.code for notice in each.standing.warnings),
        )
        for each in told
    ]
    return table("Partners", headings, rows)


def telling(told: Told, language: Language) -> Group:
    """Return one partner in full."""
    return Group(*(part for each in _parts(told, language) for part in (each, Text())))


def sentence(notice: Notice, language: Language) -> str:
    """Say a notice in one sentence."""
    return filled(_sentences()[notice.code][language], notice.values, language)


_DAYS = ("applied_on", "verified_on", "left_on", "case_study_on", "welcome_phone_on", "marketing_package_on")


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("portal").joinpath("standing.toml").read_text(encoding="utf-8"))


def _parts(told: Told, language: Language) -> Iterator[RenderableType]:
    partner, stands = told.partner, told.standing
    place = " ".join(part for part in (partner.postal_code, partner.city) if part)
    rows = [
        ("Address", ", ".join(part for part in (partner.street, place) if part)),
        ("VAT identifier", partner.vat_identifier or ""),
        ("Customer numbers", ", ".join(f"{key} {number}" for key, number in partner.customer_numbers.items())),
        ("Tier", f"{stands.tier} since {stands.tier_since}" if stands.tier else "none"),
        ("Certified until", _day(stands.certified_until) or "not certified"),
        (f"Revenue {stands.on.year}", _of(stands)),
        ("Owed", f"{money(told.owed)} EUR, {money(told.held)} of it held"),
        ("Applied on", _day(partner.applied_on) or ""),
        ("Verified", " by ".join(part for part in (_day(partner.verified_on), partner.verified_by) if part)),
        ("Left on", _day(partner.left_on) or ""),
        ("Case study", _day(partner.case_study_on) or ""),
        ("Welcome phone", _day(partner.welcome_phone_on) or ""),
        ("Marketing package", _day(partner.marketing_package_on) or ""),
        ("Public list", "agreed" if partner.listed else ""),
        ("Website", partner.website or ""),
        ("Contact", partner.contact or ""),
    ]
    made = table(f"{partner.id} {partner.name}, on {stands.on}", ("", ""), [row for row in rows if row[1]])
    made.show_header = False
    yield made
    if partner.certifications:
        certificates = [
            (each.name, each.employee or "", str(each.valid_from), str(last_day(each)))
            for each in partner.certifications
        ]
        yield table("Certificates", ("Name", "Employee", "!From", "!Until"), certificates)
    following = f"Missing for {(stands.next_tier or '').capitalize()}"
    for title, notices in (("Warnings", stands.warnings), ("Lapses soon", stands.lapses), (following, stands.missing)):
        if notices:
            yield Text("\n  ".join((title, *(sentence(each, language) for each in notices))))


def _of(stands: Standing) -> str:
    asked = "" if stands.commitment is None else f" of {money(stands.commitment)} committed"
    return f"{money(stands.revenue)} EUR{asked}"


def _notice(notice: Notice, language: Language) -> dict[str, str]:
    return {"code": notice.code, "message": sentence(notice, language), **notice.values}


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
