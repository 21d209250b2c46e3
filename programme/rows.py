"""The rows of the reference files as they stand there: every field may be missing, types are checked, keys are kept."""

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from model.money import plain
from programme.identifiers import is_gtin, is_iban, is_vat_identifier
from programme.spelling import article

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_WINDOW = 36_500
"""Days; a longer claim window is no window, and null says so."""
_EUROS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2}0*)?")


def _day(value: Any) -> dt.date:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value} is no day of the calendar") from error
    raise ValueError(f"must be a date as YYYY-MM-DD, not {value!r:.60}")


def _euros(value: Any) -> Decimal:
    text = plain(value) if isinstance(value, Decimal) else str(value)
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) and _EUROS.fullmatch(text):
        return Decimal(text)
    raise ValueError(f"must be an amount of EUR as '12.50', not {value!s:.60}")


def _days(value: int) -> int:
    if 0 <= value <= LONGEST_WINDOW:
        return value
    raise ValueError(f"must lie between 0 and {LONGEST_WINDOW}, not {value}")


def _vat_identifier(value: str) -> str:
    number = article(value)
    if is_vat_identifier(number):
        return number
    raise ValueError(f"{value} is no VAT identifier: its form or its check digits are wrong")


def _iban(value: str) -> str:
    number = article(value)
    if is_iban(number):
        return number
    raise ValueError(f"{value} is no IBAN: its form or its check digits are wrong")


def _gtin(value: str) -> str | None:
    number = article(value)
    if not number or is_gtin(number):
        return number or None
    raise ValueError(f"{value} is no EAN: its length or its check digit is wrong")


def _listed(value: Any) -> Any:
    """Let null stand for an empty list, and a JSON list for a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else value


def _listed_or_default(value: Any) -> Any:
    return value if value is None else _listed(value)


def _named(value: Any) -> Any:
    return {} if value is None else value


Text = Annotated[str, AfterValidator(str.strip)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Euros = Annotated[Decimal, BeforeValidator(_euros)]
List = BeforeValidator(_listed)
VatIdentifier = Annotated[str, AfterValidator(_vat_identifier)]
Iban = Annotated[str, AfterValidator(_iban)]
Gtin = Annotated[str, AfterValidator(_gtin)]


class Raw(BaseModel):
    """A row or a part of one."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    def stated(self) -> dict[str, Any]:
        """Return the known fields that hold something, parts as dictionaries; the rest takes its default."""
        values = {name: _plain(getattr(self, name)) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value not in (None, "")}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    return value.stated() if isinstance(value, Raw) else value


class BonusRow(Raw):
    """EUR per unit by tier."""

    silver: Euros | None = None
    gold: Euros | None = None


class RateRow(BonusRow):
    """A bonus while it holds."""

    valid_from: Day | None = None
    valid_to: Day | None = None


class ProductRow(Raw):
    """A row of catalogue.json."""

    model: Text | None = None
    kind: Text | None = None
    bonus_eligible: bool | None = None
    mpn: Text | None = None
    ean: Gtin | None = None
    aliases: Annotated[tuple[Text, ...], List] = ()
    bonus: BonusRow | None = None
    rates: Annotated[tuple[RateRow, ...], List] = ()


class DistributorRow(Raw):
    """A row of distributors.json."""

    id: Text | None = None
    name: Text | None = None
    other_names: Annotated[tuple[Text, ...], List] = ()
    street: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    country: Text | None = None
    vat_identifiers: Annotated[tuple[VatIdentifier, ...], List] = ()
    ibans: Annotated[tuple[Iban, ...], List] = ()
    register_numbers: Annotated[tuple[Text, ...], List] = ()
    domains: Annotated[tuple[Text, ...], List] = ()
    valid_from: Day | None = None
    valid_to: Day | None = None


class CommitmentRow(Raw):
    """A revenue commitment in programme.json."""

    tier: Literal["silver", "gold"] | None = None
    amount: Euros | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None


class ProgrammeRow(Raw):
    """The object in programme.json."""

    claim_window_days: Annotated[int, AfterValidator(_days)] | None = None
    programme_start: Day | None = None
    eligible_tiers: Annotated[tuple[Literal["silver", "gold"], ...] | None, BeforeValidator(_listed_or_default)] = None
    certification_required: bool | None = None
    free_lines_earn: bool | None = None
    certificate_grace_days: Annotated[int, AfterValidator(_days)] | None = None
    revenue_commitments: Annotated[tuple[CommitmentRow, ...], List] = ()


class TierRow(Raw):
    """A tier in partners.json."""

    tier: Literal["registered", "silver", "gold"] | None = None
    valid_from: Day | None = None


class CertificateRow(Raw):
    """A certificate in partners.json."""

    name: Text | None = None
    employee: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    left_on: Day | None = None


class FormerRow(Raw):
    """Earlier company data in partners.json."""

    name: Text | None = None
    street: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    vat_identifier: VatIdentifier | None = None
    customer_numbers: Annotated[dict[str, Text], BeforeValidator(_named)] = {}
    valid_to: Day | None = None


class PartnerRow(Raw):
    """A row of partners.json."""

    id: Text | None = None
    name: Text | None = None
    street: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    country: Text | None = None
    vat_identifier: VatIdentifier | None = None
    customer_numbers: Annotated[dict[str, Text], BeforeValidator(_named)] = {}
    tiers: Annotated[tuple[TierRow, ...], List] = ()
    certifications: Annotated[tuple[CertificateRow, ...], List] = ()
    former: Annotated[tuple[FormerRow, ...], List] = ()
    applied_on: Day | None = None
    verified_on: Day | None = None
    verified_by: Text | None = None
    left_on: Day | None = None
    case_study_on: Day | None = None
    welcome_phone_on: Day | None = None
    marketing_package_on: Day | None = None
    listed: bool | None = None
    website: Text | None = None
    contact: Text | None = None
