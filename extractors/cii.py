"""Invoices in the UN/CEFACT syntax: Cross Industry Invoice (Factur-X, ZUGFeRD 2, XRechnung) and ZUGFeRD 1."""

from collections.abc import Iterator
from decimal import Decimal

from extractors.node import (
    Node,
    Position,
    amount,
    charges,
    compact,
    date,
    ibans,
    in_currency,
    invoiced,
    line_charges,
    makers_number,
    net_price,
    number,
    serial_numbers,
    type_code,
)
from model.invoice import Invoice, InvoiceLine, Party, Totals, VatBreakdown

NAMES = {
    "ExchangedDocument": "Document",
    "HeaderExchangedDocument": "Document",
    "SupplyChainTradeTransaction": "Transaction",
    "SpecifiedSupplyChainTradeTransaction": "Transaction",
    "ApplicableHeaderTradeAgreement": "Agreement",
    "ApplicableSupplyChainTradeAgreement": "Agreement",
    "SpecifiedLineTradeAgreement": "Agreement",
    "SpecifiedSupplyChainTradeAgreement": "Agreement",
    "SpecifiedLineTradeDelivery": "Delivery",
    "SpecifiedSupplyChainTradeDelivery": "Delivery",
    "ApplicableHeaderTradeSettlement": "Settlement",
    "ApplicableSupplyChainTradeSettlement": "Settlement",
    "SpecifiedLineTradeSettlement": "Settlement",
    "SpecifiedSupplyChainTradeSettlement": "Settlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "Summation",
    "SpecifiedTradeSettlementLineMonetarySummation": "Summation",
    "SpecifiedTradeSettlementMonetarySummation": "Summation",
    "RateApplicablePercent": "Percent",
    "ApplicablePercent": "Percent",
}
"""One name for what ZUGFeRD 1 and the later versions, header and line, call differently. Other names stay."""

NOT_COUNTED = frozenset({"GROUP", "INFORMATION"})
"""Subtypes of a line (BT-X-8) that no sum counts (BR-FXEXT-CO-10): a subtotal, a remark."""


def read(root: Node) -> Invoice:
    """Read an invoice from the root of a tree whose names went through NAMES."""
    document, transaction = root.first("Document"), root.first("Transaction")
    agreement, settlement = transaction.first("Agreement"), transaction.first("Settlement")
    issued = document.first("IssueDateTime")
    lines_total = amount(settlement.value("Summation", "LineTotalAmount"))
    return Invoice(
        type_code=type_code(document.value("TypeCode")),
        number=document.value("ID"),
        issue_date=date(issued.value("DateTimeString") or issued.value("DateTime")),
        currency_code=settlement.value("InvoiceCurrencyCode"),
        preceding_invoice_number=_preceding(settlement.first("InvoiceReferencedDocument")),
        seller=_seller(agreement.first("SellerTradeParty"), settlement),
        buyer=_buyer(agreement.first("BuyerTradeParty")),
        lines=invoiced(_positions(transaction), lines_total),
        totals=_totals(settlement, lines_total),
    )


def _preceding(reference: Node) -> str | None:
    return reference.value("IssuerAssignedID") or reference.value("ID")


def _party(party: Node) -> Party:
    address = party.first("PostalTradeAddress")
    return Party(
        name=party.value("Name"),
        vat_identifier=_vat_identifier(party),
        street=address.value("LineOne"),
        postal_code=address.value("PostcodeCode"),
        city=address.value("CityName"),
        country_code=address.value("CountryID"),
    )


def _vat_identifier(party: Node) -> str | None:
    """Return BT-31 / BT-48; a tax number (schemeID FC) is none."""
    registrations = party.all("SpecifiedTaxRegistration", "ID")
    return next((compact(node.value()) for node in registrations if node.attribute("schemeID") == "VA"), None)


def _seller(party: Node, settlement: Node) -> Party:
    means = settlement.all("SpecifiedTradeSettlementPaymentMeans", "PayeePartyCreditorFinancialAccount", "IBANID")
    accounts = ibans(node.value() for node in means)
    register_number = party.value("SpecifiedLegalOrganization", "ID")
    return _party(party).model_copy(
        update={"register_number": register_number, "iban": next(iter(accounts), None), "other_ibans": accounts[1:]}
    )


def _buyer(party: Node) -> Party:
    """Read the buyer; BT-46 is the number that the seller gave, else a global one (GLN ...)."""
    return _party(party).model_copy(update={"customer_number": party.value("ID") or party.value("GlobalID")})


def _totals(settlement: Node, lines_total: Decimal | None) -> Totals:
    summation = settlement.first("Summation")
    vat = in_currency(summation.all("TaxTotalAmount"), settlement.value("InvoiceCurrencyCode"))
    return Totals(
        net=amount(summation.value("TaxBasisTotalAmount")),
        vat=amount(vat.value()),
        gross=amount(summation.value("GrandTotalAmount")),
        charges=charges(summation, lines_total),
        breakdown=tuple(_breakdown(settlement)),
    )


def _breakdown(settlement: Node) -> Iterator[VatBreakdown]:
    for tax in settlement.all("ApplicableTradeTax"):
        yield VatBreakdown(
            rate=number(tax.value("Percent")),
            base=amount(tax.value("BasisAmount")),
            amount=amount(tax.value("CalculatedAmount")),
        )


def _positions(transaction: Node) -> list[Position]:
    """Read the lines that count, each with the index of the line that it is a part of (BT-X-304)."""
    counted = [item for item in transaction.all("IncludedSupplyChainTradeLineItem") if _counts(item)]
    numbers = [item.value("AssociatedDocumentLineDocument", "LineID") for item in counted]
    places = {name: index for index, name in reversed(list(enumerate(numbers))) if name}
    wholes = [places.get(item.value("AssociatedDocumentLineDocument", "ParentLineID") or "") for item in counted]
    return [
        Position(_line(item), None if whole == index else whole)
        for index, (item, whole) in enumerate(zip(counted, wholes, strict=True))
    ]


def _counts(item: Node) -> bool:
    """Say whether an item is a position: with a quantity or an amount (else it is a text), and left out by no sum."""
    subtype = item.value("AssociatedDocumentLineDocument", "LineStatusReasonCode") or ""
    stated = item.value("Delivery", "BilledQuantity") or item.value("Settlement", "Summation", "LineTotalAmount")
    return stated is not None and subtype.upper() not in NOT_COUNTED


def _line(item: Node) -> InvoiceLine:
    product, settlement = item.first("SpecifiedTradeProduct"), item.first("Settlement")
    billed = item.first("Delivery", "BilledQuantity")
    attributes = [
        (node.value("Description") or node.value("TypeCode") or "", node.value("Value") or "")
        for node in product.all("ApplicableProductCharacteristic")
    ]
    extra = settlement.all("SpecifiedTradeAllowanceCharge")
    instances = product.all("IndividualTradeProductInstance", "SerialID")
    return InvoiceLine(
        identifier=item.value("AssociatedDocumentLineDocument", "LineID"),
        item_name=product.value("Name"),
        sellers_item_identifier=product.value("SellerAssignedID"),
        manufacturers_item_identifier=makers_number(product.value("ManufacturerAssignedID"), attributes),
        standard_item_identifier=compact(product.value("GlobalID")),
        quantity=number(billed.value()),
        unit_code=billed.attribute("unitCode"),
        net_price=_net_price(item.first("Agreement")),
        net_amount=amount(settlement.value("Summation", "LineTotalAmount")),
        charges=line_charges(extra, "ActualAmount", "ChargeIndicator", "Indicator"),
        vat_rate=number(settlement.value("ApplicableTradeTax", "Percent")),
        serial_numbers=serial_numbers((node.value() for node in instances), attributes),
    )


def _net_price(agreement: Node) -> Decimal | None:
    """Return the price per unit; the base quantity BT-149 may stand at the net price or only at the gross price."""
    net, gross = agreement.first("NetPriceProductTradePrice"), agreement.first("GrossPriceProductTradePrice")
    return net_price(net.value("ChargeAmount"), net.value("BasisQuantity") or gross.value("BasisQuantity"))
