"""A small programme and invoices as UBL, to take documents through all steps: distributor ACME, partners P1 and P2."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

from model.judgement import Outcome
from programme.tiers import load_partners
from runtime.app import App, open_app
from runtime.settings import Settings
from store import documents, partners
from store.documents import Document
from workers import steps

DAY = dt.date(2026, 3, 1)
ACME = "DE100000008"
STRANGER = "DE100000016"
CATALOGUE = [
    {"model": "D785", "bonus_eligible": True, "bonus": {"silver": "11.00", "gold": "14.00"}},
    {"model": "M900", "bonus_eligible": True, "bonus": {"silver": "15.00", "gold": "18.00"}},
]
DISTRIBUTORS = [{"id": "acme", "name": "ACME Distribution GmbH", "vat_identifiers": [ACME], "valid_from": "2020-01-01"}]
PROGRAMME = {"claim_window_days": 180, "programme_start": "2025-01-01", "certification_required": False}
PARTNERS = [
    {
        "id": identifier,
        "name": name,
        "postal_code": "53111",
        "city": "Bonn",
        "vat_identifier": vat,
        "tiers": [{"tier": "gold", "valid_from": "2020-01-01"}],
    }
    for identifier, name, vat in (("P1", "Beispiel GmbH", "DE100000024"), ("P2", "Muster AG", "DE100000032"))
]


def opened(folder: Path, database_url: str | None = None, *, sample: int = 0) -> App:
    """Open the small programme in a folder, with both partners in the registry; without a URL on SQLite there.

    Of a hundred approvals so many are looked at afterwards.
    """
    rules = folder / "rulebook"
    rules.mkdir(exist_ok=True)
    for name, rows in (("catalogue", CATALOGUE), ("distributors", DISTRIBUTORS), ("programme", PROGRAMME)):
        (rules / f"{name}.json").write_text(json.dumps(rows))
    (folder / "partners.json").write_text(json.dumps(PARTNERS))
    app = open_app(
        Settings(data=folder / "var", rulebook=rules, database_url=database_url, sample_percent=Decimal(sample))
    )
    with app.engine.begin() as conn:
        known = load_partners(folder / "partners.json").partners
        partners.import_partners(conn, known, "tests", dt.datetime.now(dt.UTC))
    return app


def invoice(
    number: str = "R1",
    *,
    phones: int = 3,
    seller: str = ACME,
    partner: str = "P1",
    serial: str = "",
    note: str = "",
    preceding: str = "",
    day: int = 46,
    correction: bool = False,
) -> bytes:
    """Return an invoice over D785 at 100.00 EUR each on a day of 2026, or a credit note for the preceding one.

    A `correction` of the preceding one stands in its place.
    """
    buyer = next(row for row in PARTNERS if row["id"] == partner)
    net = 100 * phones
    kind, quantity, code = (
        ("CreditNote", "CreditedQuantity", "<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>")
        if preceding and not correction
        else (
            "Invoice",
            "InvoicedQuantity",
            f"<cbc:InvoiceTypeCode>{384 if correction else 380}</cbc:InvoiceTypeCode>",
        )
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>{dt.date(2026, 1, 1) + dt.timedelta(days=day - 1)}</cbc:IssueDate>
  {code}
  <cbc:Note>{note}</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  {_reference(preceding)}
  <cac:AccountingSupplierParty><cac:Party>
    {_party("ACME Distribution GmbH" if seller == ACME else "Fremde Handels GmbH", seller)}
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    {_party(str(buyer["name"]), str(buyer["vat_identifier"]))}
  </cac:Party></cac:AccountingCustomerParty>
  <cac:TaxTotal>
    <cbc:TaxAmount currencyID="EUR">{net * 0.19:.2f}</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="EUR">{net}.00</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="EUR">{net * 0.19:.2f}</cbc:TaxAmount>
      <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent></cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">{net}.00</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">{net}.00</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">{net * 1.19:.2f}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{net * 1.19:.2f}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  <cac:{kind}Line>
    <cbc:ID>1</cbc:ID>
    <cbc:{quantity} unitCode="C62">{phones}</cbc:{quantity}>
    <cbc:LineExtensionAmount currencyID="EUR">{net}.00</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Name>Snom D785 desk phone</cbc:Name>
      <cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent></cac:ClassifiedTaxCategory>
      <cac:ItemInstance><cbc:SerialID>{serial}</cbc:SerialID></cac:ItemInstance>
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">100.00</cbc:PriceAmount></cac:Price>
  </cac:{kind}Line>
</{kind}>
""".encode()


def _reference(preceding: str) -> str:
    if not preceding:
        return ""
    return (
        "<cac:BillingReference><cac:InvoiceDocumentReference>"
        f"<cbc:ID>{preceding}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>"
    )


def _party(name: str, vat_identifier: str) -> str:
    return f"""
    <cac:PostalAddress><cbc:CityName>Bonn</cbc:CityName><cbc:PostalZone>53111</cbc:PostalZone></cac:PostalAddress>
    <cac:PartyTaxScheme>
      <cbc:CompanyID>{vat_identifier}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
    </cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName></cac:PartyLegalEntity>"""


def let_rule(app: App, document_id: str, outcome: Outcome | None, *, who: str, why: str) -> Document:
    """Let a person rule on a document at once, as the portal does some seconds later."""
    with app.engine.begin() as conn:
        held = documents.hold(conn, document_id)
        return steps.ruled(conn, held, outcome, who=who, why=why, at=dt.datetime.now(dt.UTC))
