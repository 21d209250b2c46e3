import datetime as dt
from decimal import Decimal

import pytest

from extractors import einvoice
from model.invoice import Invoice, InvoiceLine

ROOT = (
    '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
)


def read(document: str = "", lines: str = "", agreement: str = "", settlement: str = "") -> Invoice:
    """Read a CII invoice with these parts in their places."""
    return einvoice.read(
        f"""{ROOT}
        <rsm:ExchangedDocument>{document}</rsm:ExchangedDocument>
        <rsm:SupplyChainTradeTransaction>
          {lines}
          <ApplicableHeaderTradeAgreement>{agreement}</ApplicableHeaderTradeAgreement>
          <ApplicableHeaderTradeSettlement>{settlement}</ApplicableHeaderTradeSettlement>
        </rsm:SupplyChainTradeTransaction>
        </rsm:CrossIndustryInvoice>""".encode()
    )


def line(number: str, amount: str, document: str = "", *, product: str = "", price: str = "", charges: str = "") -> str:
    """Write a line of five pieces."""
    return f"""<IncludedSupplyChainTradeLineItem>
      <AssociatedDocumentLineDocument><LineID>{number}</LineID>{document}</AssociatedDocumentLineDocument>
      <SpecifiedTradeProduct>{product}</SpecifiedTradeProduct>
      <SpecifiedLineTradeAgreement>{price}</SpecifiedLineTradeAgreement>
      <SpecifiedLineTradeDelivery><BilledQuantity unitCode="H87">5</BilledQuantity></SpecifiedLineTradeDelivery>
      <SpecifiedLineTradeSettlement>{charges}
        <SpecifiedTradeSettlementLineMonetarySummation><LineTotalAmount>{amount}</LineTotalAmount>
        </SpecifiedTradeSettlementLineMonetarySummation>
      </SpecifiedLineTradeSettlement>
    </IncludedSupplyChainTradeLineItem>"""


def total(**amounts: str) -> str:
    """Write the monetary summation with these elements."""
    inside = "".join(f"<{name}>{amount}</{name}>" for name, amount in amounts.items())
    summation = "SpecifiedTradeSettlementHeaderMonetarySummation"
    return f"<{summation}>{inside}</{summation}>"


def only_line(text: str) -> InvoiceLine:
    (found,) = read(lines=text).lines
    return found


@pytest.mark.parametrize(
    "written",
    [
        '<udt:DateTimeString format="102">20240131</udt:DateTimeString>',
        "<udt:DateTimeString>2024-01-31</udt:DateTimeString>",
        '<udt:DateTimeString format="203">202401312359</udt:DateTimeString>',
        "<udt:DateTime>2024-01-31T23:30:00-05:00</udt:DateTime>",
        "<udt:DateTime>2024-01-31Z</udt:DateTime>",
    ],
)
def test_the_issue_date_is_the_day_as_written(written: str) -> None:
    invoice = read(document=f"<IssueDateTime>{written}</IssueDateTime>")
    assert invoice.issue_date == dt.date(2024, 1, 31)


@pytest.mark.parametrize("written", ["20240230", "202401", "31.01.2024", "0000-00-00", ""])
def test_what_is_no_day_is_no_issue_date(written: str) -> None:
    text = f'<IssueDateTime><udt:DateTimeString format="102">{written}</udt:DateTimeString></IssueDateTime>'
    assert read(document=text).issue_date is None


def test_a_price_for_100_pieces_is_a_hundredth_for_one() -> None:
    price = """<NetPriceProductTradePrice>
      <ChargeAmount>250.00</ChargeAmount><BasisQuantity unitCode="H87">100</BasisQuantity>
    </NetPriceProductTradePrice>"""
    assert only_line(line("1", "12.50", price=price)).net_price == Decimal("2.50")


def test_the_base_quantity_may_stand_at_the_gross_price_only() -> None:
    price = """
    <GrossPriceProductTradePrice><ChargeAmount>300</ChargeAmount><BasisQuantity>100</BasisQuantity>
    </GrossPriceProductTradePrice>
    <NetPriceProductTradePrice><ChargeAmount>250</ChargeAmount></NetPriceProductTradePrice>"""
    assert only_line(line("1", "12.50", price=price)).net_price == Decimal("2.50")


@pytest.mark.parametrize("base", ["0", "-1", "1e3", "viele"])
def test_a_base_quantity_that_is_none_leaves_no_price(base: str) -> None:
    price = f"""<NetPriceProductTradePrice><ChargeAmount>250</ChargeAmount><BasisQuantity>{base}</BasisQuantity>
    </NetPriceProductTradePrice>"""
    assert only_line(line("1", "12.50", price=price)).net_price is None


def test_allowances_of_a_line_are_its_charges() -> None:
    price = "<NetPriceProductTradePrice><ChargeAmount>20</ChargeAmount></NetPriceProductTradePrice>"
    discount = """<SpecifiedTradeAllowanceCharge>
      <ChargeIndicator><udt:Indicator>false</udt:Indicator></ChargeIndicator><ActualAmount>10</ActualAmount>
    </SpecifiedTradeAllowanceCharge>"""
    found = only_line(line("1", "90", price=price, charges=discount))
    assert found.quantity == 5
    assert (found.net_price, found.charges, found.net_amount) == (Decimal(20), Decimal(-10), Decimal(90))


def test_charges_and_allowances_of_the_document_are_summed_up() -> None:
    summation = total(
        LineTotalAmount="100", ChargeTotalAmount="5.9", AllowanceTotalAmount="3", TaxBasisTotalAmount="102.9"
    )
    totals = read(settlement=summation).totals
    assert (totals.charges, totals.net) == (Decimal("2.90"), Decimal("102.90"))


def test_the_vat_total_is_the_one_in_the_currency_of_the_invoice() -> None:
    settlement = """<InvoiceCurrencyCode>CHF</InvoiceCurrencyCode>
    <SpecifiedTradeSettlementHeaderMonetarySummation>
      <TaxTotalAmount currencyID="EUR">20.20</TaxTotalAmount><TaxTotalAmount currencyID="CHF">19.00</TaxTotalAmount>
    </SpecifiedTradeSettlementHeaderMonetarySummation>"""
    assert read(settlement=settlement).totals.vat == 19


def test_the_seller_is_neither_his_tax_representative_nor_the_payee() -> None:
    agreement = """
    <SellerTradeParty>
      <Name>ALLNET  GmbH</Name>
      <SpecifiedLegalOrganization><ID>HRB 104711</ID></SpecifiedLegalOrganization>
      <SpecifiedTaxRegistration><ID schemeID="FC">143/101/00000</ID></SpecifiedTaxRegistration>
      <SpecifiedTaxRegistration><ID schemeID="VA">DE 128 214 294</ID></SpecifiedTaxRegistration>
    </SellerTradeParty>
    <SellerTaxRepresentativeTradeParty>
      <Name>Steuer AG</Name><SpecifiedTaxRegistration><ID schemeID="VA">DE111111111</ID></SpecifiedTaxRegistration>
    </SellerTaxRepresentativeTradeParty>"""
    settlement = """<PayeeTradeParty><Name>Factoring SE</Name></PayeeTradeParty>
    <SpecifiedTradeSettlementPaymentMeans><PayeePartyCreditorFinancialAccount>
      <IBANID>DE89 3704 0044 0532 0130 00</IBANID></PayeePartyCreditorFinancialAccount>
    </SpecifiedTradeSettlementPaymentMeans>
    <SpecifiedTradeSettlementPaymentMeans><PayerPartyDebtorFinancialAccount><IBANID>DE02120300000000202051</IBANID>
    </PayerPartyDebtorFinancialAccount></SpecifiedTradeSettlementPaymentMeans>"""
    seller = read(agreement=agreement, settlement=settlement).seller
    assert (seller.name, seller.vat_identifier) == ("ALLNET GmbH", "DE128214294")
    assert (seller.register_number, seller.iban) == ("HRB 104711", "DE89370400440532013000")
    assert seller.other_ibans == ()


def test_a_seller_with_a_tax_number_only_has_no_vat_identifier() -> None:
    registration = '<SpecifiedTaxRegistration><ID schemeID="FC">143/101/00000</ID></SpecifiedTaxRegistration>'
    assert read(agreement=f"<SellerTradeParty>{registration}</SellerTradeParty>").seller.vat_identifier is None


def test_the_customer_number_is_the_one_the_seller_gave() -> None:
    buyer = '<BuyerTradeParty><ID>163438</ID><GlobalID schemeID="0088">4304171000002</GlobalID></BuyerTradeParty>'
    assert read(agreement=buyer).buyer.customer_number == "163438"


def test_serial_and_manufacturers_numbers_of_the_product() -> None:
    product = """<Name>Snom D785</Name>
    <ApplicableProductCharacteristic><Description>Farbe</Description><Value>schwarz</Value>
    </ApplicableProductCharacteristic>
    <ApplicableProductCharacteristic><Description>MAC-Adressen</Description><Value>000413A1B2C3, 000413A1B2C4</Value>
    </ApplicableProductCharacteristic>
    <ApplicableProductCharacteristic><Description>Hersteller-Artikelnr.</Description><Value>00004349</Value>
    </ApplicableProductCharacteristic>
    <IndividualTradeProductInstance><SerialID>SN4711-001</SerialID></IndividualTradeProductInstance>"""
    found = only_line(line("1", "90", product=product))
    assert found.serial_numbers == ("SN4711-001", "000413A1B2C3", "000413A1B2C4")
    assert found.manufacturers_item_identifier == "00004349"


def test_subtotals_and_remarks_are_no_positions() -> None:
    lines = [
        line("1", "90", "<LineStatusReasonCode>GROUP</LineStatusReasonCode>"),
        line("1.1", "60", "<ParentLineID>1</ParentLineID><LineStatusReasonCode>DETAIL</LineStatusReasonCode>"),
        line("1.2", "30", "<ParentLineID>1</ParentLineID>"),
        line("2", "90", "<LineStatusReasonCode>INFORMATION</LineStatusReasonCode>"),
    ]
    invoice = read(lines="".join(lines), settlement=total(LineTotalAmount="90"))
    assert [found.identifier for found in invoice.lines] == ["1.1", "1.2"]


def test_a_part_beside_its_whole_counts_where_the_sum_says_so() -> None:
    lines = line("1", "288.79") + line("2", "26.07", "<ParentLineID>1</ParentLineID>")
    beside = read(lines=lines, settlement=total(LineTotalAmount="314.86"))
    within = read(lines=lines, settlement=total(LineTotalAmount="288.79"))
    assert [found.identifier for found in beside.lines] == ["1", "2"]
    assert [found.identifier for found in within.lines] == ["1"]


def test_a_line_with_a_text_only_is_no_position() -> None:
    text = """<IncludedSupplyChainTradeLineItem><AssociatedDocumentLineDocument><LineID>1</LineID>
      <IncludedNote><Content>Lieferschein 4711</Content></IncludedNote></AssociatedDocumentLineDocument>
    </IncludedSupplyChainTradeLineItem>"""
    assert read(lines=text).lines == ()


def test_zugferd_1_calls_the_same_things_otherwise() -> None:
    invoice = einvoice.read(
        b"""<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"
          xmlns="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12">
        <rsm:HeaderExchangedDocument><ID>R-1</ID><TypeCode>380</TypeCode></rsm:HeaderExchangedDocument>
        <rsm:SpecifiedSupplyChainTradeTransaction>
          <ApplicableSupplyChainTradeAgreement><SellerTradeParty><Name>ALLNET</Name></SellerTradeParty>
          </ApplicableSupplyChainTradeAgreement>
          <ApplicableSupplyChainTradeSettlement>
            <ApplicableTradeTax><CalculatedAmount>19</CalculatedAmount><BasisAmount>100</BasisAmount>
              <ApplicablePercent>19.00</ApplicablePercent></ApplicableTradeTax>
            <SpecifiedTradeSettlementMonetarySummation><GrandTotalAmount>119</GrandTotalAmount>
            </SpecifiedTradeSettlementMonetarySummation>
          </ApplicableSupplyChainTradeSettlement>
        </rsm:SpecifiedSupplyChainTradeTransaction>
        </rsm:CrossIndustryDocument>"""
    )
    (tax,) = invoice.totals.breakdown
    assert (invoice.number, invoice.seller.name, invoice.totals.gross) == ("R-1", "ALLNET", Decimal(119))
    assert (tax.rate, tax.base, tax.amount) == (Decimal(19), Decimal(100), Decimal(19))
