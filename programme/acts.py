"""Dated acts on a partner, each from one state of the registry to the next: a tier, a certificate, somebody left."""

import datetime as dt
from collections.abc import Mapping

from model.case import Certificate, Company, Partner, TierPeriod
from programme.exchange import months_after

TIERS = ("registered", "silver", "gold")
DAYS = ("applied_on", "case_study_on", "welcome_phone_on", "marketing_package_on")
"""Days that are only noted."""
ACTS = ("tier", "certificate", "employee_left", "left", "verified", "address", "number", "noted", "listing")
DECIDING = frozenset({"tier", "certificate", "employee_left", "left", "address", "number"})
"""Acts on which judgements rest."""
_COMPANY = ("name", "street", "postal_code", "city", "vat_identifier")


class NoAct(Exception):
    """Raised for an act that says too little or nothing new; `field` names what is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def acted(partner: Partner, act: str, values: Mapping[str, str]) -> tuple[Partner, dt.date]:
    """Return the partner after an act, and the day from which on it counts. Errors: NoAct."""
    day = _day(values, "day")
    if act == "tier":
        tier = next((one for one in TIERS if one == values.get("tier")), None)
        if tier is None:
            raise NoAct("tier")
        kept = tuple(one for one in partner.tiers if one.valid_from != day)
        tiers = sorted((*kept, TierPeriod(tier=tier, valid_from=day)), key=lambda one: one.valid_from)
        return _changed(partner, {"tiers": tuple(tiers)}), day
    if act == "certificate":
        until = _day(values, "until") if values.get("until") else months_after(day)
        if until < day:
            raise NoAct("until")
        made = Certificate(name=values.get("name", ""), employee=values.get("employee"), valid_from=day, valid_to=until)
        return _changed(partner, {"certifications": (*partner.certifications, made)}), day
    if act == "employee_left":
        return _changed(partner, {"certifications": _without(partner, values, day)}), day
    if act in {"address", "number"}:
        return _moved(partner, act, values, day), day
    return _changed(partner, _noted(act, values, day)), day


def _noted(act: str, values: Mapping[str, str], day: dt.date) -> dict[str, object]:
    if act == "left":
        return {"left_on": day}
    if act == "verified":
        if not values.get("by"):
            raise NoAct("by")
        return {"verified_on": day, "verified_by": values["by"]}
    if act == "listing":
        contact, website = values.get("contact"), values.get("website")
        return {"listed": values.get("listed") == "on", "website": website, "contact": contact}
    if act == "noted" and values.get("what") in DAYS:
        return {values["what"]: day}
    raise NoAct("what")


def _without(partner: Partner, values: Mapping[str, str], day: dt.date) -> tuple[Certificate, ...]:
    """Return the certificates after somebody left."""
    employee = values.get("employee")
    if not employee or all(one.employee != employee for one in partner.certifications):
        raise NoAct("employee")
    return tuple(
        one.model_copy(update={"left_on": day}) if one.employee == employee and one.valid_from <= day else one
        for one in partner.certifications
    )


def _moved(partner: Partner, act: str, values: Mapping[str, str], day: dt.date) -> Partner:
    """Return the partner with other company data from a day on, and what held until then."""
    if act == "number":
        distributor, number = values.get("distributor"), values.get("number")
        if not distributor or not number:
            raise NoAct("distributor" if not distributor else "number")
        numbers = partner.customer_numbers
        new: dict[str, object] = {"customer_numbers": numbers | {distributor: number}}
        was = {"customer_numbers": {distributor: numbers[distributor]}} if distributor in numbers else {}
    else:
        new = {name: values[name] for name in _COMPANY if values.get(name) and values[name] != getattr(partner, name)}
        was = {name: getattr(partner, name) for name in new if getattr(partner, name)}
    earlier = partner.earlier
    until = day - dt.timedelta(days=1)
    if was:
        if any(one.valid_to >= until for one in earlier):
            raise NoAct("day")
        earlier = (*earlier, Company.model_validate({**was, "valid_to": until}))
    return _changed(partner, new | {"earlier": earlier})


def _changed(partner: Partner, values: Mapping[str, object]) -> Partner:
    made = partner.model_copy(update=dict(values))
    if made == partner:
        raise NoAct("day")
    return made


def _day(values: Mapping[str, str], name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(values.get(name, ""))
    except ValueError as error:
        raise NoAct(name) from error
