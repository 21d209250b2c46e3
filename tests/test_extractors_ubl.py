import datetime as dt
from decimal import Decimal

import pytest

from extractors import einvoice
from model.invoice import Invoice, InvoiceLine


def read(inside: str, root: str = "Invoice") -> Invoice:
    """Read a UBL document with this inside."""
    spaces = (
        f'xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"'
        ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
        ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
    )
    return einvoice.read(f"<{root} {spaces}>{inside}</{root}>".encode())


def line(inside: str, amount: str = "12.50") -> str:
    return f"""<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="H87">5</cbc:InvoicedQuantity>
      <cbc:LineExtensionAmount currencyID="EUR">{amount}</cbc:LineExtensionAmount>{inside}</cac:InvoiceLine>"""


def only_line(inside: str) -> InvoiceLine:
    (found,) = read(line(inside)).lines
    return found


def test_a_price_for_100_pieces_is_a_hundredth_for_one() -> None:
    price = """<cac:Price><cbc:PriceAmount currencyID="EUR">250</cbc:PriceAmount>
      <cbc:BaseQuantity unitCode="H87">100</cbc:BaseQuantity></cac:Price>"""
    assert only_line(price).net_price == Decimal("2.50")


def test_allowances_and_charges_of_a_line() -> None:
    extras = """
    <cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount>10</cbc:Amount></cac:AllowanceCharge>
    <cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>4.5</cbc:Amount></cac:AllowanceCharge>
    """
    assert only_line(extras).charges == Decimal("-5.50")


def test_a_charge_of_the_document_belongs_to_no_line() -> None:
    freight = """
    <cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>5.90</cbc:Amount></cac:AllowanceCharge>
    <cac:LegalMonetaryTotal><cbc:LineExtensionAmount>12.50</cbc:LineExtensionAmount>
      <cbc:TaxExclusiveAmount>18.40</cbc:TaxExclusiveAmount><cbc:ChargeTotalAmount>5.90</cbc:ChargeTotalAmount>
    </cac:LegalMonetaryTotal>"""
    invoice = read(freight + line(""))
    assert (invoice.totals.net, invoice.totals.charges) == (Decimal("18.40"), Decimal("5.90"))
    assert [found.charges for found in invoice.lines] == [None]


def test_a_credit_note_says_what_it_refers_to() -> None:
    invoice = read(
        """<cbc:ID>G-7</cbc:ID><cbc:IssueDate>2024-02-29+01:00</cbc:IssueDate>
        <cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>
        <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R-1</cbc:ID></cac:InvoiceDocumentReference>
        </cac:BillingReference>
        <cac:CreditNoteLine><cbc:ID>1</cbc:ID><cbc:CreditedQuantity unitCode="C62">2</cbc:CreditedQuantity>
        <cbc:LineExtensionAmount>80</cbc:LineExtensionAmount></cac:CreditNoteLine>""",
        "CreditNote",
    )
    assert (invoice.type_code, invoice.number, invoice.preceding_invoice_number) == ("381", "G-7", "R-1")
    assert invoice.issue_date == dt.date(2024, 2, 29)
    assert [(found.quantity, found.unit_code, found.net_amount) for found in invoice.lines] == [
        (Decimal(2), "C62", Decimal(80))
    ]


@pytest.mark.parametrize(
    ("root", "code", "meant"),
    [
        ("Invoice", "380", "380"),
        ("Invoice", "393", "380"),
        ("Invoice", "384", "384"),
        ("Invoice", "381", "381"),
        ("Invoice", "325", None),
        ("Invoice", "", None),
        ("CreditNote", "396", "381"),
        ("CreditNote", "380", "381"),
    ],
)
def test_the_type_of_document(root: str, code: str, meant: str | None) -> None:
    assert read(f"<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode>", root).type_code == meant


def test_the_parties() -> None:
    invoice = read(
        """<cac:AccountingSupplierParty><cac:Party>
          <cac:PartyName><cbc:Name>Telefonladen</cbc:Name></cac:PartyName>
          <cac:PartyTaxScheme><cbc:CompanyID>143/101/00000</cbc:CompanyID><cac:TaxScheme><cbc:ID>FC</cbc:ID>
          </cac:TaxScheme></cac:PartyTaxScheme>
          <cac:PartyTaxScheme><cbc:CompanyID>DE 128214294</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID>
          </cac:TaxScheme></cac:PartyTaxScheme>
          <cac:PartyLegalEntity><cbc:RegistrationName>ALLNET GmbH</cbc:RegistrationName>
          <cbc:CompanyID>HRB 104711</cbc:CompanyID></cac:PartyLegalEntity>
        </cac:Party></cac:AccountingSupplierParty>
        <cac:AccountingCustomerParty><cac:Party>
          <cac:PartyIdentification><cbc:ID schemeID="0088">4304171000002</cbc:ID></cac:PartyIdentification>
          <cac:PartyIdentification><cbc:ID>163438</cbc:ID></cac:PartyIdentification>
          <cac:PostalAddress><cbc:StreetName>Hauptstr. 1</cbc:StreetName><cbc:CityName>Bonn</cbc:CityName>
          <cbc:PostalZone>53111</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode>
          </cac:Country></cac:PostalAddress>
        </cac:Party></cac:AccountingCustomerParty>
        <cac:PayeeParty><cac:PartyName><cbc:Name>Factoring SE</cbc:Name></cac:PartyName></cac:PayeeParty>
        <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE89 3704 0044 0532 0130 00</cbc:ID>
        </cac:PayeeFinancialAccount></cac:PaymentMeans>
        <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>44421800</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
        <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE02120300000000202051</cbc:ID>
        </cac:PayeeFinancialAccount></cac:PaymentMeans>"""
    )
    seller, buyer = invoice.seller, invoice.buyer
    assert (seller.name, seller.vat_identifier) == ("ALLNET GmbH", "DE128214294")
    assert (seller.register_number, seller.iban) == ("HRB 104711", "DE89370400440532013000")
    assert seller.other_ibans == ("DE02120300000000202051",)
    assert (buyer.customer_number, buyer.street, buyer.postal_code) == ("163438", "Hauptstr. 1", "53111")
    assert (buyer.city, buyer.country_code, buyer.vat_identifier) == ("Bonn", "DE", None)


def test_the_vat_total_in_a_second_currency_is_left_out() -> None:
    invoice = read(
        """<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
        <cac:TaxTotal><cbc:TaxAmount currencyID="NOK">221</cbc:TaxAmount></cac:TaxTotal>
        <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19</cbc:TaxAmount>
          <cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">100</cbc:TaxableAmount>
            <cbc:TaxAmount currencyID="EUR">19</cbc:TaxAmount>
            <cac:TaxCategory><cbc:Percent>19.0</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal>
        </cac:TaxTotal>"""
    )
    assert invoice.totals.vat == 19
    assert [(row.rate, row.base, row.amount) for row in invoice.totals.breakdown] == [
        (Decimal(19), Decimal(100), Decimal(19))
    ]


def test_numbers_of_an_item() -> None:
    found = only_line(
        """<cac:Item><cbc:Name>Snom D785</cbc:Name>
        <cac:SellersItemIdentification><cbc:ID>4711</cbc:ID></cac:SellersItemIdentification>
        <cac:ManufacturersItemIdentification><cbc:ID>00004349</cbc:ID></cac:ManufacturersItemIdentification>
        <cac:StandardItemIdentification><cbc:ID schemeID="0160">4 260059 580038</cbc:ID>
        </cac:StandardItemIdentification>
        <cac:AdditionalItemProperty><cbc:Name>Produktserie</cbc:Name><cbc:Value>D7xx</cbc:Value>
        </cac:AdditionalItemProperty>
        <cac:AdditionalItemProperty><cbc:Name>MAC</cbc:Name><cbc:Value>00 04 13 A1 B2 C3</cbc:Value>
        </cac:AdditionalItemProperty>
        <cac:ItemInstance><cbc:SerialID>SN4711-001</cbc:SerialID></cac:ItemInstance></cac:Item>"""
    )
    assert (found.item_name, found.sellers_item_identifier) == ("Snom D785", "4711")
    assert (found.manufacturers_item_identifier, found.standard_item_identifier) == ("00004349", "4260059580038")
    assert found.serial_numbers == ("SN4711-001", "00 04 13 A1 B2 C3")


def test_extensions_and_foreign_elements_are_not_looked_at() -> None:
    invoice = read('<x:ID xmlns:x="urn:example">R-666</x:ID><cbc:ID>R-1</cbc:ID>')
    assert invoice.number == "R-1"
