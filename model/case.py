"""The case around a reading: who uploaded it, when, and what else is known that the page cannot tell."""

import datetime as dt
from typing import Literal

from model.invoice import Value

Tier = Literal["registered", "silver", "gold"]


class TierPeriod(Value):
    """A tier held from a day on, until the next one begins."""

    tier: Tier
    valid_from: dt.date


class Certificate(Value):
    """A training certificate, tied to an employee; both days are included."""

    name: str = ""
    employee: str | None = None
    valid_from: dt.date
    valid_to: dt.date
    left_on: dt.date | None = None
    """The day on which the employee left: from it on the certificate covers no day."""


class Company(Value):
    """What a company was until a day, which is included. None, or a number not named: as it was after that day."""

    name: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    vat_identifier: str | None = None
    customer_numbers: dict[str, str] = {}
    valid_to: dt.date


class Former(Value):
    """What a partner was called, and where it was, until the registry learnt of a change that nobody dated."""

    name: str
    postal_code: str | None = None
    until: dt.date


class Partner(Value):
    """A reseller in the programme, as the registry knows it.

    Only company data, tiers, certificates and the day it left decide on anything; all else is shown.
    """

    id: str
    name: str
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str = "DE"
    vat_identifier: str | None = None
    customer_numbers: dict[str, str] = {}
    """By distributor id: the number that distributor knows the partner by."""
    tiers: tuple[TierPeriod, ...]
    certifications: tuple[Certificate, ...] = ()
    earlier: tuple[Company, ...] = ()
    """Company data of earlier days; in the registry's file they are called `former`."""
    former: tuple[Former, ...] = ()
    """Earlier names and postal codes, as the registry kept them."""
    applied_on: dt.date | None = None
    verified_on: dt.date | None = None
    verified_by: str | None = None
    left_on: dt.date | None = None
    """The day on which it left the programme: from it on it holds no tier."""
    case_study_on: dt.date | None = None
    welcome_phone_on: dt.date | None = None
    marketing_package_on: dt.date | None = None
    listed: bool = False
    """Whether it agreed to stand in the public list."""
    website: str | None = None
    contact: str | None = None
    """Who of the maker cares for it."""


class LookAlike(Value):
    """An upload accepted earlier that resembles this one and was approved or is under review.

    `kind` says how: the same bytes, the same seller and number, or under another number the same seller, date, lines
    and total. A copy of the same bytes by the same partner counts whatever became of it, for its decision stands.
    """

    document_id: str
    kind: Literal["bytes", "number", "content"]
    same_partner: bool


class Booked(Value):
    """Bonus units that are booked for an invoice: what a credit note or correction refers to."""

    model: str
    quantity: int
    bonus_each: str


class Case(Value):
    """What judging needs beside the reading and the rulebook."""

    document_id: str
    digest: str
    accepted_on: dt.date
    """The day of acceptance in Europe/Berlin."""
    partner: Partner
    look_alikes: tuple[LookAlike, ...] = ()
    claimed_serials: tuple[str, ...] = ()
    """Those serial numbers of the reading that another approved or reviewed upload, accepted earlier, claims."""
    preceding: tuple[Booked, ...] | None = None
    """What is booked for the preceding invoice, if the reading names one; None: it is not here."""
