"""The invoice in the terms of EN 16931-1: frozen values, named as the standard names them, with their BT numbers."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

from model.money import plain

Amount = Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]
"""A finite Decimal that stands in JSON as a plain decimal string."""


class Value(BaseModel):
    """A frozen value that refuses unknown fields: the ground of everything that crosses a boundary as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(Value):
    """Seller (BG-4) or buyer (BG-7)."""

    name: str | None = None
    """BT-27 of the seller, BT-44 of the buyer."""
    vat_identifier: str | None = None
    """BT-31 / BT-48, without blanks: DE123456789."""
    customer_number: str | None = None
    """BT-46, of the buyer only: the number by which the seller knows the buyer."""
    register_number: str | None = None
    """BT-30, of the seller only: legal registration, for example HRB 104711."""
    street: str | None = None
    """BT-35 / BT-50."""
    postal_code: str | None = None
    """BT-38 / BT-53."""
    city: str | None = None
    """BT-37 / BT-52."""
    country_code: str | None = None
    """BT-40 / BT-55, ISO 3166-1 alpha-2."""
    iban: str | None = None
    """BT-84, of the seller only, without blanks: the first one printed."""
    other_ibans: tuple[str, ...] = ()
    """Further BT-84 of the seller."""


class InvoiceLine(Value):
    """One invoiced position (BG-25)."""

    identifier: str | None = None
    """BT-126, the position as printed."""
    item_name: str | None = None
    """BT-153, the rows it wraps over joined by one blank."""
    sellers_item_identifier: str | None = None
    """BT-155, the distributor's article number."""
    manufacturers_item_identifier: str | None = None
    """The manufacturer's article number (MPN), where printed."""
    standard_item_identifier: str | None = None
    """BT-157, a GTIN."""
    quantity: Amount | None = None
    """BT-129, negative on a returned position."""
    unit_code: str | None = None
    """BT-130 or the unit as printed."""
    net_price: Amount | None = None
    """BT-146 divided by its base quantity BT-149: per unit, after line discounts."""
    net_amount: Amount | None = None
    """BT-131."""
    charges: Amount | None = None
    """BG-28 less BG-27: the line's own charges and allowances, signed; quantity x price plus these is BT-131."""
    vat_rate: Amount | None = None
    """BT-152, percent."""
    serial_numbers: tuple[str, ...] = ()
    """Serial numbers or MAC addresses printed for this position."""


class VatBreakdown(Value):
    """One row of the VAT breakdown (BG-23)."""

    rate: Amount | None = None
    """BT-119, percent."""
    base: Amount | None = None
    """BT-116."""
    amount: Amount | None = None
    """BT-117."""


class Totals(Value):
    """Document totals (BG-22)."""

    net: Amount | None = None
    """BT-109, without VAT."""
    vat: Amount | None = None
    """BT-110."""
    gross: Amount | None = None
    """BT-112, with VAT."""
    charges: Amount | None = None
    """BT-108 less BT-107: charges and allowances on document level that belong to no line, signed."""
    breakdown: tuple[VatBreakdown, ...] = ()
    """BG-23."""


class Invoice(Value):
    """An invoice, credit note or correction."""

    type_code: str | None = None
    """BT-3: 380 invoice, 381 credit note, 384 corrected invoice (UNTDID 1001)."""
    number: str | None = None
    """BT-1."""
    issue_date: dt.date | None = None
    """BT-2."""
    currency_code: str | None = None
    """BT-5, ISO 4217."""
    preceding_invoice_number: str | None = None
    """BT-25: on a credit note or correction, the invoice that it refers to."""
    seller: Party = Party()
    """BG-4."""
    buyer: Party = Party()
    """BG-7."""
    lines: tuple[InvoiceLine, ...] = ()
    """BG-25, in document order."""
    totals: Totals = Totals()
    """BG-22."""
