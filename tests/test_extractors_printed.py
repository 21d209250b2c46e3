"""Whole pages, drawn as text: what the printed reader makes of them."""

import datetime as dt
from decimal import Decimal

import pytest
from drawn_pages import drawn

from extractors.printed import Printed, read_printed
from extractors.proof import SUM_GROSS

GERMAN = """
Nordlicht Distribution GmbH · Hafenweg 3 · 20457 Hamburg
Testhaus Elbe GmbH                            Rechnungs-Nr.   RG-2026-77
Königstraße 55                                Datum           01.08.2026
01099 Dresden                                 Kunden-Nr.      D12635
                                              Lieferschein    8270500 / 23.07.2026
Rechnung
Pos  Bezeichnung                    Artikel     Menge     Preis    Betrag
1    Snom D785 schwarz              99-56967    5 Stck   158,99    794,95
     MAC: 0004130417E3, 000413E949BA,
     000413A6CEB9
2    Steckernetzteil                20-83612    2 Stck    10,00     20,00
     EAN: 4260059580397
                                              Nettobetrag          814,95
                                              MwSt. 19,00 %        154,84
                                              Gesamtbetrag EUR     969,79
Zahlbar bis 11.08.2026 mit 2,00 % Skonto = 950,39 EUR

Nordlicht Distribution GmbH   IBAN DE02 1203 0000 0000 2020 51   USt-IdNr. DE 136 695 976
"""


@pytest.fixture(scope="module")
def german() -> Printed:
    return read_printed([drawn(GERMAN)])


def test_header_fields_stand_at_their_labels(german: Printed) -> None:
    invoice = german.invoice
    assert invoice.number == "RG-2026-77"
    assert invoice.issue_date == dt.date(2026, 8, 1)
    assert (invoice.type_code, invoice.currency_code) == ("380", "EUR")
    assert (invoice.buyer.name, invoice.buyer.postal_code, invoice.buyer.city) == (
        "Testhaus Elbe GmbH",
        "01099",
        "Dresden",
    )
    assert invoice.buyer.customer_number == "D12635"
    assert (invoice.seller.name, invoice.seller.city) == ("Nordlicht Distribution GmbH", "Hamburg")
    assert (invoice.seller.vat_identifier, invoice.seller.iban) == ("DE136695976", "DE02120300000000202051")


def test_lines_have_their_columns(german: Printed) -> None:
    first, second = german.invoice.lines
    assert (first.quantity, first.unit_code, first.net_price) == (Decimal(5), "Stck", Decimal("158.99"))
    assert (first.item_name, first.sellers_item_identifier) == ("Snom D785 schwarz", "99-56967")
    assert first.serial_numbers == ("0004130417E3", "000413E949BA", "000413A6CEB9")
    assert (second.item_name, second.standard_item_identifier) == ("Steckernetzteil", "4260059580397")


def test_what_adds_up_is_proven(german: Printed) -> None:
    proofs = {path: found.proof for path, found in german.evidence.items()}
    assert proofs["lines.0.quantity"] == ("quantity x price = amount",)
    assert proofs["lines.1.net_amount"] == ("sum of lines = net", "quantity x price = amount")
    assert proofs["totals.gross"] == ("net + VAT = gross",)
    assert not german.contradictions


@pytest.mark.parametrize(
    ("figure", "altered"),
    [("5 Stck", "6 Stck"), ("158,99", "158,89"), ("794,95", "784,95"), ("20,00", "29,00")],
)
def test_one_altered_figure_is_a_contradiction_and_proves_no_quantity_of_its_line(figure: str, altered: str) -> None:
    read = read_printed([drawn(GERMAN.replace(figure, altered, 1))])
    unproven = [i for i in range(len(read.invoice.lines)) if not read.evidence[f"lines.{i}.quantity"].proof]
    assert read.contradictions
    assert unproven


def test_an_altered_net_is_a_contradiction_but_lines_that_make_the_gross_with_the_vat_stay_proven() -> None:
    read = read_printed([drawn(GERMAN.replace("814,95", "814,05", 1))])
    assert read.contradictions
    assert "totals.net" not in read.evidence or not read.evidence["totals.net"].proof
    assert all(SUM_GROSS in read.evidence[f"lines.{i}.net_amount"].proof for i in range(len(read.invoice.lines)))


def test_a_dropped_line_proves_nothing() -> None:
    whole = GERMAN.splitlines()
    short = "\n".join(line for line in whole if "Steckernetzteil" not in line)
    read = read_printed([drawn(short)])
    assert [line.net_amount for line in read.invoice.lines] == [Decimal("794.95")]
    assert not read.evidence["lines.0.quantity"].proof


def test_description_first_prices_before_quantities_and_freight_among_the_totals() -> None:
    read = read_printed(
        [
            drawn("""
        Invoice No. 4711                    Invoice date: 24-Aug-2026
        Article                   Unit price      Qty        Amount
        Cable, black                3.39 EUR      5 x     16.95 EUR
        IP Phone                  156.45 EUR     25 x  3,911.25 EUR
        MPN: 00004104
        Subtotal                                       3,928.20 EUR
        Freight                                            6.90 EUR
        Net amount                                     3,935.10 EUR
        VAT 19.00 %                                      747.67 EUR
        Total amount due                               4,682.77 EUR
    """)
        ]
    )
    invoice = read.invoice
    assert [(line.item_name, line.quantity) for line in invoice.lines] == [
        ("Cable, black", Decimal(5)),
        ("IP Phone", Decimal(25)),
    ]
    assert invoice.lines[1].manufacturers_item_identifier == "00004104"
    assert (invoice.totals.net, invoice.totals.vat, invoice.totals.gross) == (
        Decimal("3935.10"),
        Decimal("747.67"),
        Decimal("4682.77"),
    )
    assert invoice.totals.charges == Decimal("6.90")
    assert read.evidence["lines.1.quantity"].proof


def test_a_table_goes_on_over_pages_and_carried_sums_are_no_lines() -> None:
    first = drawn("""
        Rechnung Nr. 9143 vom 12.06.2026
        Pos  Bezeichnung        Menge   Einzelpreis   Gesamtpreis
        1    snom D735              2        100,00        200,00
                                         Übertrag          200,00
    """)
    second = drawn(
        """
        Rechnung Nr. 9143   Seite 2 von 2
        Pos  Bezeichnung        Menge   Einzelpreis   Gesamtpreis
                                         Übertrag          200,00
        2    snom D785              3        150,00        450,00
                                     Nettobetrag           650,00
                                     MwSt. 19 %            123,50
                                     Rechnungsbetrag       773,50
    """,
        number=2,
    )
    read = read_printed([first, second])
    assert [line.net_amount for line in read.invoice.lines] == [Decimal("200.00"), Decimal("450.00")]
    assert (read.invoice.number, read.invoice.issue_date) == ("9143", dt.date(2026, 6, 12))
    assert read.evidence["lines.1.quantity"].page == 2
    assert all(read.evidence[f"lines.{i}.quantity"].proof for i in (0, 1))


def test_a_quantity_that_ocr_overlooked_is_restored_only_where_nothing_else_fits() -> None:
    picture = """
        Rechnung Nr. 9143 vom 12.06.2026
        Pos  Bezeichnung        Menge   Einzelpreis   Gesamtpreis
        1    snom M70                        126,20        631,00
        2    snom D785              3        150,00        450,00
                                     Nettobetrag          1081,00
                                     MwSt. 19 %            205,39
                                     Rechnungsbetrag      1286,39
    """
    seen = read_printed([drawn(picture, origin="ocr", confidence=0.98)])
    assert seen.invoice.lines[0].quantity == 5
    assert seen.evidence["lines.0.quantity"].repaired
    assert seen.evidence["lines.0.quantity"].text is None
    text = read_printed([drawn(picture)])
    assert text.invoice.lines[0].quantity is None


def test_a_date_that_no_label_names_is_a_guess_and_one_at_the_foot_is_none() -> None:
    head = read_printed([drawn("Hamburg, 12.06.2026\n\nRechnung Nr. 9143")])
    assert head.invoice.issue_date == dt.date(2026, 6, 12)
    assert head.evidence["issue_date"].confidence == 0.5
    stamped = read_printed([drawn("Rechnung Nr. 9143" + "\n" * 45 + "12.06.2026")])
    assert stamped.invoice.issue_date is None


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Auftragsbestätigung", "order_confirmation"),
        ("Lieferschein", "delivery_note"),
        ("Angebot", "offer"),
        ("Zahlungserinnerung", "reminder"),
        ("Gutschrift", "credit_note"),
        ("Rechnung", "invoice"),
        ("Factuur", "invoice"),
    ],
)
def test_the_title_tells_the_class(title: str, kind: str) -> None:
    assert read_printed([drawn(f"{title}\n\nPos  Menge  Preis\n1    2      3,00")]).document_class == kind
