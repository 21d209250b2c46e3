"""Ways in which invoices lay out tables and totals, each as a drawing with the figures that have to come of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from drawn_pages import drawn

from extractors.columns import find_headers
from extractors.printed import Printed, read_printed
from extractors.rows import rows_of
from model.page import Box, Page, Word

Line = tuple[str, str, str]
"""Quantity, net price and net amount."""
Totals = tuple[str, str, str]
"""Net, VAT and gross."""


def read(picture: str, *, ocr: bool = False) -> Printed:
    return read_printed([drawn(picture, origin="ocr" if ocr else "text")])


def lines(found: Printed) -> list[Line]:
    return [(f"{x.quantity}", f"{x.net_price}", f"{x.net_amount}") for x in found.invoice.lines]


def totals(found: Printed) -> Totals:
    sums = found.invoice.totals
    return f"{sums.net}", f"{sums.vat}", f"{sums.gross}"


def proven(found: Printed) -> bool:
    """Whether all quantities, amounts and totals are."""
    paths = [f"lines.{i}.{name}" for i in range(len(found.invoice.lines)) for name in ("quantity", "net_amount")]
    return all(found.evidence[path].proof for path in (*paths, "totals.net", "totals.gross"))


TABLE = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Menge    Preis     Betrag
    1    snom D735               2   100,00     200,00
    2    snom D785               3   150,00     450,00
"""
SUMMED = ("650.00", "123.50", "773.50")
TWO = [("2", "100.00", "200.00"), ("3", "150.00", "450.00")]


@pytest.mark.parametrize(
    "sums",
    [
        """
    Summe netto                                 650,00
    zzgl. 19 % MwSt.                            123,50
    Gesamtbetrag                                773,50
    """,
        """
    Zwischensumme vor Steuern                   650,00
    Summe USt.                                  123,50
    Endsumme mit MwSt.                          773,50
    """,
        """
    Satz      Netto      MwSt.     Brutto       Gesamt netto      650,00
    19 %     650,00     123,50     773,50       Rechnungsbetrag   773,50
    """,
        """
    Total netto      Summe MwSt.     Bruttobetrag
         650,00           123,50           773,50
    """,
        """
    Nettobetrag        19 % USt. aus 650,00       Gesamtbetrag
         650,00                      123,50             773,50
    """,
    ],
    ids=["rows", "composed-labels", "vat-table", "strip", "strip-with-base"],
)
def test_totals_stand_in_rows_tables_and_strips(sums: str) -> None:
    found = read(TABLE + sums)
    assert lines(found) == TWO
    assert totals(found) == SUMMED
    assert proven(found)


def test_charges_among_the_labels_of_a_strip_belong_to_the_net_total() -> None:
    found = read(
        TABLE
        + """
    Total netto      Fracht     Bemessungsgrundlage     MwSt. 19 %     Gesamtbetrag
         650,00       10,00                  660,00         125,40           785,40
    """
    )
    assert totals(found) == ("660.00", "125.40", "785.40")
    assert found.invoice.totals.charges == Decimal("10.00")
    assert proven(found)


def test_several_rates_are_summed_and_make_the_breakdown() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Menge    Preis     Betrag    MwSt.
    1    snom D735               2   100,00     200,00    19 %
    2    Fachbuch                1    50,00      50,00     7 %
    Nettobetrag                                 250,00
    19 % USt. auf 200,00                         38,00
    7 % USt. auf 50,00                            3,50
    Gesamtbetrag                                291,50
    """)
    assert totals(found) == ("250.00", "41.50", "291.50")
    assert [(row.rate, row.base, row.amount) for row in found.invoice.totals.breakdown] == [
        (Decimal(19), Decimal("200.00"), Decimal("38.00")),
        (Decimal(7), Decimal("50.00"), Decimal("3.50")),
    ]
    assert proven(found)


@pytest.mark.parametrize(
    ("header", "row", "line"),
    [
        ("Menge    Preis   Rabatt      Betrag", "4   100,00     10 %      360,00", ("4", "90.0", "360.00")),
        ("Menge    Preis   Rabatt      Betrag", "4   100,00    40,00      360,00", ("4", "9E+1", "360.00")),
        ("Menge    Preis   Rabatt      Betrag", "4   100,00    10,00      360,00", ("4", "90.00", "360.00")),
        ("Menge    Preis    je         Betrag", "40   90,00   100          36,00", ("40", "0.9", "36.00")),
        ("Menge Listenpreis Ihr Preis  Betrag", "4   100,00    90,00      360,00", ("4", "90.00", "360.00")),
    ],
    ids=["percent", "of-the-line", "of-a-piece", "price-base", "list-price"],
)
def test_prices_have_discounts_and_bases(header: str, row: str, line: Line) -> None:
    found = read(f"""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             {header}
    1    snom D735               {row}
    Nettobetrag                                 {line[2].replace(".", ",")}
    """)
    got = found.invoice.lines[0]
    assert (got.quantity, got.net_price, got.net_amount) == tuple(map(Decimal, line))


def test_a_price_per_hundred_stands_in_words_beside_it() -> None:
    found = read("""
    Facture n° 4711 du 12/06/2026
    Ligne  Article             Nb         Prix tarif       Prix remisé     Montant HT
    1      Collier        150,00 pce    6,9700 les 100        6,9700            10,46
    2      SNOM D713        4,00 pce        109,65             84,43           337,72
    Total HT                                                                   348,18
    """)
    assert lines(found) == [("150.00", "0.0697", "10.46"), ("4.00", "84.43", "337.72")]


def test_a_column_that_no_header_names_is_found_by_arithmetic() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Menge    Xyzzy     Betrag
    1    snom D735               2   100,00     200,00
    2    snom D785               3   150,00     450,00
    Nettobetrag                                 650,00
    """)
    assert lines(found) == TWO


def test_names_above_the_figures_belong_to_their_position_from_the_first_on() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
              Artikel / Bezeichnung
    Nummer                     Menge    Einzelpreis     Gesamt
              snom D735 schwarz
    83-18575                       2         100,00     200,00

              snom D785
    97-25650                       3         150,00     450,00
    Nettobetrag                                         650,00
    """)
    assert [x.item_name for x in found.invoice.lines] == ["snom D735 schwarz", "snom D785"]
    assert lines(found) == TWO


def test_allowances_below_a_position_are_its_own() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Menge    Preis     Betrag
    1    snom D735               2   100,00     190,00
         Rabatt                                  10,00
    2    snom D785               3   150,00     450,00
    Nettobetrag                                 640,00
    """)
    assert [(x.net_amount, x.charges) for x in found.invoice.lines] == [
        (Decimal("190.00"), Decimal("-10.00")),
        (Decimal("450.00"), None),
    ]


def test_a_figure_that_ocr_set_close_to_the_next_keeps_its_column() -> None:
    found = read(
        """
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel               Menge EH    Preis        Betrag
    snom C520             20 Stck. 397,07 EUR 7941,40 EUR
    Nettobetrag                               7941,40 EUR
    """,
        ocr=True,
    )
    assert lines(found) == [("20", "397.07", "7941.40")]


def test_a_total_that_is_smaller_than_another_one_is_no_gross_and_proves_nothing() -> None:
    found = read(
        TABLE
        + """
    Gesamt netto                                650,00
    Unbekannt                                    10,00
    Rechnungsbetrag                             785,40
    """
    )
    assert not found.evidence["totals.net"].proof


def test_the_position_below_a_bare_title_is_no_invoice_number() -> None:
    found = read("""
                                      Re.-Nr.
                                      F2685504
    Rechnung
    Pos  Artikel             Menge    Preis     Betrag
    1    snom D735               2   100,00     200,00
    Nettobetrag                                 200,00
    """)
    assert found.invoice.number == "F2685504"


def test_a_stamp_that_bears_an_amount_is_no_line() -> None:
    found = read_printed(
        [
            drawn(TABLE),
            drawn(
                """
    Eingang geprüft                           1.408,50 EUR
    3    snom D717               1   100,00     100,00
    Nettobetrag                                 750,00
    MwSt. 19 %                                  142,50
    Gesamtbetrag                                892,50
    """,
                number=2,
            ),
        ]
    )
    assert lines(found) == [*TWO, ("1", "100.00", "100.00")]
    assert proven(found)


def test_remarks_below_a_position_are_no_part_of_its_name() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel                 Menge    Preis     Betrag
    1    snom M55                    2   100,00     200,00
         Urheberrechtsabgabe 1,25 EUR enthalten

    2    Navigationssystem -         3   150,00     450,00
         Garantie
    Nettobetrag                                     650,00
    """)
    assert [x.item_name for x in found.invoice.lines] == ["snom M55", "Navigationssystem - Garantie"]


def test_serial_numbers_stand_below_a_label_of_their_own() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel                 Menge    Preis     Betrag
    1    snom D713                   2   100,00     200,00
         S/N:
         F6897818654   C4708610075
    Nettobetrag                                     200,00
    """)
    assert found.invoice.lines[0].serial_numbers == ("F6897818654", "C4708610075")


@pytest.mark.parametrize("title", ["Gutschrift", "Facture d'avoir", "Credit note", "Creditfactuur"])
def test_a_credit_note_is_one_whatever_it_is_called(title: str) -> None:
    found = read(TABLE.replace("Rechnung Nr. 4711", f"{title}\n    Nr. 4711") + "    Nettobetrag            650,00\n")
    assert found.invoice.type_code == "381"


def test_an_invoice_that_refers_to_another_one_is_in_doubt() -> None:
    found = read(TABLE.replace("    Pos", "    zu Rechnung: RE-4700\n    Pos") + "    Nettobetrag      650,00\n")
    assert found.invoice.preceding_invoice_number == "RE-4700"
    assert "type_code" not in found.evidence


def test_a_price_named_by_signs_and_a_heading_close_to_the_next() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Liefermenge  €/Einheit   Betrag  MwSt.
    1    snom D735                  2,00     100,00   200,00     19
    2    snom D785                  3,00     150,00   450,00     19
    Nettobetrag                                       650,00
    """)
    assert [x.vat_rate for x in found.invoice.lines] == [Decimal(19), Decimal(19)]
    assert lines(found) == [("2.00", "100.00", "200.00"), ("3.00", "150.00", "450.00")]
    assert found.evidence["lines.0.quantity"].proof


def test_a_charge_whose_heading_stands_close_to_a_total_s_is_found() -> None:
    found = read(
        TABLE
        + """
    Summe Positionen Fracht     Projektnachlass   Summe netto   MwSt. 19 %   Zu zahlen
              650,00  10,00              -60,00        600,00       114,00      714,00
    """
    )
    assert totals(found) == ("600.00", "114.00", "714.00")
    assert found.invoice.totals.charges == Decimal("-50.00")
    assert proven(found)


def test_a_heading_may_go_on_with_a_figure_above_its_amount() -> None:
    found = read(
        TABLE
        + """
    Nettobetrag        MwSt. 19 % von       Rechnungsbetrag
                               650,00
         650,00                123,50                773,50
    """
    )
    assert totals(found) == SUMMED
    assert proven(found)


def test_a_quantity_close_behind_an_article_number_has_its_column() -> None:
    found = read(
        """
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel               Art.-Nr.      Menge          Preis      Betrag
    snom D735             93-15371 40,00 Stück        78,000    3.120,00
    Nettobetrag                                                 3.120,00
    """
    )
    assert lines(found) == [("40.00", "78.000", "3120.00")]


def test_a_number_behind_an_article_number_s_slash_is_no_price_base() -> None:
    found = read(
        """
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel               Menge          Preis      Betrag
    snom D735                20         111,35    2.227,00
    Teile-Nr.: 99/65000
    Nettobetrag                                   2.227,00
    MwSt. 19 %                                      423,13
    Gesamtbetrag                                  2.650,13
    """
    )
    assert lines(found) == [("20", "111.35", "2227.00")]
    assert proven(found)


def test_a_total_above_a_column_is_an_amount_and_specks_before_it_change_nothing() -> None:
    found = read(
        """
    Invoice no. 4711 of 2026-06-12
    Line   Item description        Quantity      Rate    2 9 Total EUR
    1      snom D735                      5    120,27           601,35
    Net total                                                   601,35
    """,
        ocr=True,
    )
    assert lines(found) == [("5", "120.27", "601.35")]


def test_a_wide_blank_between_thousands_is_settled_by_the_sum() -> None:
    found = read(
        """
    Gutschrift Nr. 4711 vom 12.06.2026
    Artikel               Menge          Preis      Betrag
    snom D735               25-         235,80   5.895,00-
    snom D765                5-         173,63     868,15-
    Summe netto                                 6 763,15-
    MwSt. 19 %                                  1 285,00-
    Gesamtbetrag                                8 048,15-
    """
    )
    assert totals(found) == ("-6763.15", "-1285.00", "-8048.15")
    assert proven(found)


def test_the_sum_of_one_delivery_ends_no_table() -> None:
    found = read(
        """
    Rechnung Nr. 4711 vom 12.06.2026
    Preis      Bezeichnung        Menge      Betrag
    Lieferschein 88101550 vom 10.06.2026
    100,00                          2        200,00
               snom D735
    Summe Lieferschein 88101550              200,00
    Lieferschein 88101551 vom 11.06.2026
    150,00                          3        450,00
               snom D785
    Summe Lieferschein 88101551              450,00
    """
        + SUMS
    )
    assert lines(found) == TWO
    assert proven(found)


SUMS = """
    Summe netto                              650,00
    zzgl. 19 % MwSt.                         123,50
    Gesamtbetrag                             773,50
"""


@pytest.mark.parametrize(
    "serials",
    [
        "S/N: 000413AB12CD, 0004139F1000",
        "Serienliste: 000413AB12CD, 0004139F1000",
        "MAC-Adressen:\n         000413AB12CD    0004 139F1000    000413945467",
        "Serial no.\n         000413AB12CD    0004139F1000",
        "MAC: 000413AB12CD0004139F1000",
    ],
    ids=["labelled", "unknown-label", "grid-with-torn-and-plain-digits", "label-without-colon", "glued"],
)
def test_serial_numbers_are_found_however_they_are_listed(serials: str) -> None:
    found = read(
        f"""
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             Menge    Preis     Betrag
    1    snom D735               2   100,00     200,00
         {serials}
    """,
        ocr=True,
    )
    (line,) = found.invoice.lines
    assert line.item_name == "snom D735"
    assert line.serial_numbers[:2] == ("000413AB12CD", "0004139F1000")


def test_a_price_below_the_heading_of_the_amounts_is_no_quantity() -> None:
    found = read(
        """
    Facture 4711 du 12/06/2026
    Ligne   Description        Art.          Qté       Prix Total HT
    10      snom D735          10009685     8,00    4,60       36,80
    20      snom D785          10002151     6,00  140,72      844,32
    Total net HT                                              881,12
    """
    )
    assert lines(found) == [("8.00", "4.60", "36.80"), ("6.00", "140.72", "844.32")]


def test_a_surcharge_by_whatever_name_below_the_positions_is_a_charge() -> None:
    found = read(
        TABLE
        + """
    Energiekostenzuschlag                        10,00
    Nettobetrag                                 660,00
    MwSt. 19 %                                  125,40
    Gesamtbetrag                                785,40
    """
    )
    assert lines(found) == TWO
    assert totals(found) == ("660.00", "125.40", "785.40")
    assert proven(found)


def test_a_total_beside_its_label_that_nothing_makes_denies_what_the_vat_table_proves() -> None:
    sums = """
    Summe netto                                 {net}
    Summe MwSt.                                 123,50
    Zu zahlen                                   773,50

    MwSt.-Satz    Netto    MwSt.    Brutto
    19 %         650,00   123,50    773,50
    """
    honest, altered = (read(TABLE + sums.format(net=net)) for net in ("650,00", "750,00"))
    assert (honest.other_total, proven(honest)) == (None, True)
    assert (altered.other_total, proven(altered)) == (Decimal("750.00"), False)


def test_a_name_below_the_figures_row_s_heading_leaves_the_quantity_its_column() -> None:
    found = read("""
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel-Nr.       Mge.       Listenpreis   Netto-EP      Wert
              Artikelbezeichnung
    T78863        20 Stück             62,11      54,66   1093,20
              snom D735 schwarz
    T33228         1 Stück             87,83      65,87     65,87
              snom D120 anthrazit
    Nettobetrag                                           1159,07
    """)
    assert lines(found) == [("20", "54.66", "1093.20"), ("1", "65.87", "65.87")]


def test_a_base_below_the_price_stands_in_a_cell_of_its_own() -> None:
    found = read("""
    Invoice 4711 of 2026-06-12
    Item  Quantity   Description                             Price     Amount
    10        6.00   snom D385 IP phone                      67.58     405.48
    20      200.00   RJ45 plug, loose, bulk, new             41.55      83.10
                     original, OEM packed                    / 100
    Net amount                                                         488.58
    """)
    assert lines(found) == [("6.00", "67.58", "405.48"), ("200.00", "0.4155", "83.10")]


def test_a_rate_that_is_the_only_price_is_no_vat_rate() -> None:
    found = read("""
    Invoice 4711 of 2026-06-12
    Line   Description         Qty shipped        Rate     Net amount
    1      snom D120 IP phone        10.00       14.76         147.60
    Net total                                                  147.60
    Amount due                                                 147.60
    """)
    assert lines(found) == [("10.00", "14.76", "147.60")]
    assert found.invoice.lines[0].vat_rate is None
    assert proven(found)


def test_a_name_may_begin_with_a_word_and_a_colon() -> None:
    found = read("""
    Facture n° 4711 du 12/06/2026
    Ligne  Réf.                      Qté       P.U.      Montant
    4      Livre: téléphonie
           T15980               1,00 pce      29,00        29,00
           Code EAN: 2969748305212
    Total HT                                               29,00
    """)
    assert found.invoice.lines[0].item_name == "Livre: téléphonie"


@pytest.mark.parametrize(("left", "role"), [("VAT", "vat_rate"), ("Net", "line_net_amount")])
def test_two_headings_close_together_are_no_third_one(left: str, role: str) -> None:
    """ "VAT amount" and "net amount" are headings too, if a letter's blank is between their words."""
    apart, together = (Word("Amount", Box(118.0 + blank, 0.0, 154.0 + blank, 10.0)) for blank in (0.9 * 10, 0.3 * 10))
    names = [("Line", 0), ("Qty", 50), (left, 100)]
    words = [Word(text, Box(x, 0.0, x + 18.0, 10.0)) for text, x in names]
    columns = [
        find_headers(rows_of(Page(1, 595, 842, (*words, last), "ocr", "drawn")), ".")[0].columns
        for last in (apart, together)
    ]
    assert [len(found) for found in columns] == [4, 3]
    assert role in columns[0][2].roles
    assert "line_net_amount" in columns[0][3].roles


def test_specks_and_torn_cents_of_ocr_leave_a_number_what_it_is() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel      Menge      Preis     Betrag
    1    snom C620   8. Stk     292,56   2.340,48
    Zwischensumme                        2.340,48
    Versicherung                          44,1 1
    Nettobetrag                          2.384,59
    MwSt. 19 %                             453,07
    Gesamtbetrag                         2.837,66
    """
    found = read_printed([drawn(picture, origin="ocr")])
    assert lines(found) == [("8", "292.56", "2340.48")]
    assert proven(found)


def test_an_overlooked_quantity_is_restored_beside_list_prices_and_not_beside_a_discount() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel      Menge  Listenpreis  Rabatt   {}   Betrag
    1    snom D862               223,54   -93,88   176,60   353,20
    Nettobetrag                                             353,20
    """
    net, none = (read_printed([drawn(picture.format(head), origin="ocr")]) for head in ("Netto-EP", "        "))
    assert lines(net) == [("2", "176.60", "353.20")]
    assert none.invoice.lines[0].quantity is None


def test_an_article_number_under_the_heading_of_quantities_is_none() -> None:
    """Below an overlooked quantity it changes nothing; in its place it shows that the quantity was not overlooked."""
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel-Nr.      Menge       Preis     Betrag
    T60357        {:>8}    207,1600     621,48
                  {:>8}
    Nettobetrag                          621,48
    """
    below, instead = (
        read_printed([drawn(picture.format(*cells), origin="ocr")]) for cells in (("", "99309456"), ("99309456", ""))
    )
    assert lines(below) == [("3", "207.1600", "621.48")]
    assert instead.invoice.lines[0].quantity is None


@pytest.mark.parametrize(
    ("price", "amount"),
    [("157, -", "1.884,-"), ("157:00 €", "1 '884,00"), ("157,00", "1'884,-")],
    ids=["a dash apart", "a colon for the mark", "an apostrophe"],
)
def test_ocr_sets_marks_and_dashes_apart_or_takes_them_for_others(price: str, amount: str) -> None:
    picture = f"""
    Rechnung Nr. 4711 vom 12.06.2026
    Artikel         Menge       Preis        Betrag
    snom M900       12,00    {price:>8}   {amount:>9}
    Nettobetrag                            1.884,00
    """
    assert lines(read_printed([tight(drawn(picture, origin="ocr"))])) == [("12.00", "157.00", "1884.00")]


def tight(page: Page) -> Page:
    """The page with its letters as high as a blank is wide, twice over: blanks do not part cells."""
    words = tuple(replace(w, box=replace(w.box, bottom=w.box.top + 12)) for w in page.words)
    return replace(page, words=words)


def test_a_returned_piece_whose_minus_is_read_as_a_speck_stays_returned() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel      Menge       Preis    Betrag
    1    snom D735    2 Stk      149,40    298,80
    2    snom D735    1. Stk     149,40    149,40-
    Nettobetrag                            149,40
    """
    assert lines(read_printed([drawn(picture, origin="ocr")])) == [
        ("2", "149.40", "298.80"),
        ("-1", "149.40", "-149.40"),
    ]


def test_an_article_number_close_to_the_name_is_no_part_of_it() -> None:
    words = [
        ("Code", 60, 78, 0),
        ("Name", 99, 126, 0),
        ("Qty", 300, 318, 0),
        ("Price", 350, 372, 0),
        ("Value", 400, 424, 0),
    ]
    words += [("T16633", 62, 91, 20), ("Wall", 102, 118, 20), ("mount", 121, 144, 20), ("kit", 147, 155, 20)]
    words += [("5", 312, 318, 20), ("8.00", 352, 372, 20), ("40.00", 400, 424, 20)]
    page = Page(1, 595, 842, tuple(Word(t, Box(x0, y, x1, y + 14), 1.0) for t, x0, x1, y in words), "ocr", "drawn")
    (line,) = read_printed([page]).invoice.lines
    assert (line.item_name, line.sellers_item_identifier) == ("Wall mount kit", "T16633")


def test_the_labels_of_a_strip_may_stand_close_to_each_other() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel      Menge       Preis       Betrag
    1    snom D735    100        120,00    12.000,00

    Summe netto      USt. 19 % auf 12 Rechnungsendbetrag
                     000,00                         EUR
    12.000,00        2.280,00                 14.280,00
    """
    assert totals(read(picture)) == ("12000.00", "2280.00", "14280.00")


def test_a_strip_of_totals_may_name_the_base_of_the_tax_among_its_labels() -> None:
    picture = """
    Factuur F2638313 van 23-04-2026
    Artikelnr.  Omschrijving              Aantal    Prijs    Bedrag
    A-74503     Snom C520                      2   530,14   1060,28
    A-33229     Wandkast                       5   120,77    603,85

    Goederen     Bonus in mindering       Netto     19 % BTW van 1647,49 EUR     Totaalbedrag
     1664,13                 -16,64     1647,49                   313,02          1960,51
    """
    found = read(picture)
    assert (len(found.invoice.lines), totals(found)) == (2, ("1647.49", "313.02", "1960.51"))


def test_a_heading_may_be_known_by_the_looks_of_its_letters() -> None:
    picture = TABLE.replace("Menge ", "AnzahI")
    assert lines(read(picture, ocr=True)) == TWO
    (header,) = find_headers(rows_of(drawn(picture, origin="ocr")), ",")
    assert [column.box.x0 for column in header.columns if "quantity" in column.roles]


def test_two_charges_in_a_strip_may_stand_close_to_each_other() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel      Menge       Preis       Betrag
    1    snom D735      5        100,00       500,00

    Netto     Frachtkosten Verpackungspauschale    Steuerpflichtiger    zzgl. 19 % MwSt.     Gesamtsumme
                                                              Betrag
    500,00           34,17                 7,11               541,28              102,84          644,12
    """
    found = read(picture)
    assert totals(found) == ("541.28", "102.84", "644.12")
    assert found.invoice.totals.charges == Decimal("41.28")
