"""Invoices and credit notes in the OASIS syntax UBL 2.1 (XRechnung, Peppol BIS Billing)."""

from collections.abc import Iterator
from decimal import Decimal

from extractors.node import (
    NOTHING,
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

CREDIT_NOTE = "381"
VAT_SCHEMES = frozenset({"VAT", "VA"})


def read(root: Node) -> Invoice:
    """Read an invoice from the root element, Invoice or CreditNote.

    A root CreditNote is a credit note whatever its type code says, and so is a root Invoice with a credit note's code.
    """
    currency = root.value("DocumentCurrencyCode")
    totals = root.first("LegalMonetaryTotal")
    lines_total = amount(totals.value("LineExtensionAmount"))
    return Invoice(
        type_code=CREDIT_NOTE if root.name == "CreditNote" else type_code(root.value("InvoiceTypeCode")),
        number=root.value("ID"),
        issue_date=date(root.value("IssueDate")),
        currency_code=currency,
        preceding_invoice_number=root.value("BillingReference", "InvoiceDocumentReference", "ID"),
        seller=_seller(root),
        buyer=_buyer(root.first("AccountingCustomerParty", "Party")),
        lines=invoiced(_positions(root), lines_total),
        totals=_totals(root, currency, lines_total),
    )


def _party(party: Node) -> Party:
    address = party.first("PostalAddress")
    return Party(
        name=party.value("PartyLegalEntity", "RegistrationName") or party.value("PartyName", "Name"),
        vat_identifier=_vat_identifier(party),
        street=address.value("StreetName"),
        postal_code=address.value("PostalZone"),
        city=address.value("CityName"),
        country_code=address.value("Country", "IdentificationCode"),
    )


def _vat_identifier(party: Node) -> str | None:
    """Return BT-31 / BT-48; a tax number (scheme FC) is none."""
    registrations = party.all("PartyTaxScheme")
    own = (node.value("CompanyID") for node in registrations if node.value("TaxScheme", "ID") in VAT_SCHEMES)
    return compact(next(own, None))


def _seller(root: Node) -> Party:
    party = root.first("AccountingSupplierParty", "Party")
    accounts = ibans(node.value() for node in root.all("PaymentMeans", "PayeeFinancialAccount", "ID"))
    register_number = party.value("PartyLegalEntity", "CompanyID")
    return _party(party).model_copy(
        update={"register_number": register_number, "iban": next(iter(accounts), None), "other_ibans": accounts[1:]}
    )


def _buyer(party: Node) -> Party:
    """Read the buyer; BT-46 is the number that the seller gave, else a global one (with a scheme: GLN ...)."""
    stated = sorted(party.all("PartyIdentification", "ID"), key=lambda node: "schemeID" in node.attributes)
    return _party(party).model_copy(update={"customer_number": next((node.value() for node in stated), None)})


def _totals(root: Node, currency: str | None, lines_total: Decimal | None) -> Totals:
    """Read the totals; the VAT total may stand a second time, in the currency of the tax office."""
    totals, vat = root.first("LegalMonetaryTotal"), in_currency(root.all("TaxTotal"), currency, "TaxAmount")
    return Totals(
        net=amount(totals.value("TaxExclusiveAmount")),
        vat=amount(vat.value("TaxAmount")),
        gross=amount(totals.value("TaxInclusiveAmount")),
        charges=charges(totals, lines_total),
        breakdown=tuple(_breakdown(vat)),
    )


def _breakdown(tax: Node) -> Iterator[VatBreakdown]:
    for row in tax.all("TaxSubtotal"):
        yield VatBreakdown(
            rate=number(row.value("TaxCategory", "Percent")),
            base=amount(row.value("TaxableAmount")),
            amount=amount(row.value("TaxAmount")),
        )


def _positions(root: Node) -> list[Position]:
    """Read the lines and, below each, its sub-lines (BG-DEX-01), with the index of the line they are a part of."""
    positions: list[Position] = []
    waiting: list[tuple[Node, int | None]] = []
    waiting += ((line, None) for line in reversed(_items(root)))
    while waiting:
        item, whole = waiting.pop()
        waiting += ((part, len(positions)) for part in reversed(_items(item)))
        positions.append(Position(_line(item), whole))
    return positions


def _items(node: Node) -> list[Node]:
    names = {"InvoiceLine", "CreditNoteLine", "SubInvoiceLine", "SubCreditNoteLine"}
    return [child for child in node.children if child.name in names]


def _line(item: Node) -> InvoiceLine:
    product, price = item.first("Item"), item.first("Price")
    quantity = next(
        (child for child in item.children if child.name in {"InvoicedQuantity", "CreditedQuantity"}), NOTHING
    )
    properties = product.all("AdditionalItemProperty")
    attributes = [(node.value("Name") or "", node.value("Value") or "") for node in properties]
    serials = (node.value() for node in product.all("ItemInstance", "SerialID"))
    return InvoiceLine(
        identifier=item.value("ID"),
        item_name=product.value("Name"),
        sellers_item_identifier=product.value("SellersItemIdentification", "ID"),
        manufacturers_item_identifier=makers_number(product.value("ManufacturersItemIdentification", "ID"), attributes),
        standard_item_identifier=compact(product.value("StandardItemIdentification", "ID")),
        quantity=number(quantity.value()),
        unit_code=quantity.attribute("unitCode"),
        net_price=net_price(price.value("PriceAmount"), price.value("BaseQuantity")),
        net_amount=amount(item.value("LineExtensionAmount")),
        charges=line_charges(item.all("AllowanceCharge"), "Amount", "ChargeIndicator"),
        vat_rate=number(product.value("ClassifiedTaxCategory", "Percent")),
        serial_numbers=serial_numbers(serials, attributes),
    )
