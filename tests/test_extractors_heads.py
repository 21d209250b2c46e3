"""The head of a document, drawn as text: its number, its parties, its title, wherever they stand."""

import datetime as dt
from dataclasses import replace

import pytest
from drawn_pages import drawn

from extractors.addresses import place_in, sender_line
from extractors.identifiers import register_numbers
from extractors.printed import Printed, read_printed
from extractors.rows import rows_of
from extractors.vocabulary import labels
from model.page import Box, Page, Word

LINES = """
Pos  Bezeichnung                    Artikel     Menge     Preis    Betrag
1    Snom D785 schwarz              99-56967    5 Stck   158,99    794,95

                                              Nettobetrag          794,95
                                              MwSt. 19,00 %        151,04
                                              Gesamtbetrag EUR     945,99
"""


def headed(head: str) -> Printed:
    """Return what is read of an invoice below this head."""
    return read_printed([drawn(head + LINES)])


STRIP = """INVOICE

Delivery note   Customer no.   No.          Date
83842765        K-83191        2026041770   2026-04-26
"""
SENTENCE = "Invoice\n\nNo. 2026093527, Document date 18 Aug 2026, Customer number K-83191\n"
TAX_NUMBER = "Rechnung\n\nSt.-Nr.        Beleg-Nr.\n99/602/44679   9879503210\n"
COLUMN = """                          Issued               20 May 2026
                          Customer VAT no.     DE935624349
                          No.                  9974844601

Invoice
"""
APART = "Tax number :     99/671/71758\nNo. :            2026038443\nDelivery date :  10 Sep 2026\n\nInvoice\n"
WRAPPED = """INVOICE

Customer number K-83191, Document date 16 May 2026, Contact Dr. C. Probe, Inv.
No. INV/26/71964, Tracking no. 003409998602052925
"""
LISTED = "INVOICE\n\nDate 07-May-2026, Client no. K-83191, Your reference B-18500, No. F2652268, Contact K. M.\n"
RETURN = "Rechnung\n\nBeleg-Nr.     Kundennr.\n2026055631    K-83191\n\nRückgabe aus Rechnung 2026071687\n"


@pytest.mark.parametrize(
    ("head", "number"),
    [
        (STRIP, "2026041770"),
        (SENTENCE, "2026093527"),
        (COLUMN, "9974844601"),
        (APART, "2026038443"),
        (WRAPPED, "INV/26/71964"),
        (LISTED, "F2652268"),
        (TAX_NUMBER, "9879503210"),
        (RETURN, "2026055631"),
    ],
    ids=[
        "bare label in a strip",
        "in a sentence",
        "in a column",
        "with its colon apart",
        "broken",
        "bare label in a list",
        "tax number",
        "another invoice's number",
    ],
)
def test_the_number_is_the_document_s_own(head: str, number: str) -> None:
    assert headed(head).invoice.number == number


def test_a_bare_word_before_a_date_makes_it_the_document_s_own() -> None:
    head = "Rechnung 4711\n\nLieferdatum:   02.05.2026\nErstellt am:   12.05.2026\nvom:           09.05.2026\n"
    assert headed(head).invoice.issue_date == dt.date(2026, 5, 9)


def test_a_date_may_fall_into_two_cells() -> None:
    assert headed("INVOICE 20-2460425 of June 5,    2026\n").invoice.issue_date == dt.date(2026, 6, 5)


def test_a_label_above_the_number_of_a_delivery_is_no_title() -> None:
    assert headed("Facture RE474598\n\nBon de livraison\n85644359\n").document_class == "invoice"


def test_a_correction_that_says_that_it_is_a_credit_note_is_one() -> None:
    assert (
        headed("Rechnungskorrektur (Gutschrift)\n\nGutschriftsnummer: R-2026-32520\n").document_class == "credit_note"
    )
    assert headed("Rechnungskorrektur (Gutschrift) 2026096093\n").document_class == "credit_note"


@pytest.mark.parametrize(
    ("text", "name", "code", "city"),
    [
        ("Muster IT-Systeme GmbH.Probeallee 132.26122 Oldenburg", "Muster IT-Systeme GmbH", "26122", "Oldenburg"),
        ("Muster-Telecom West e.K. . Ringweg 147.86150 Augsburg", "Muster-Telecom West e.K.", "86150", "Augsburg"),
        ("Muster Telecom B.V. · Voorbeeldweg 179,3542 AB Utrecht", "Muster Telecom B.V.", "3542 AB", "Utrecht"),
        ("Exempla SAS 178 rue de 1'Exemple . 59800 Lille", "Exempla SAS", "59800", "Lille"),
        ("Muster AG· Ringweg 200- 66386 St. Ingbert", "Muster AG", "66386", "St. Ingbert"),
    ],
)
def test_a_sender_s_line_is_read_with_its_marks_misread(text: str, name: str, code: str, city: str) -> None:
    (row,) = rows_of(drawn(text))
    found = sender_line(row.spot())
    assert found is not None
    assert (found[0], *found[2:]) == (name, code, city)


def test_a_running_title_with_a_number_is_no_address() -> None:
    (row,) = rows_of(drawn("Muster-Telecom · Rechnung R-2026-62554"))
    assert sender_line(row.spot()) is None


def test_the_year_of_a_date_is_no_postal_code() -> None:
    (row,) = rows_of(drawn("Payable by July 5, 2026 without deduction."))
    assert sender_line(row.spot()) is None


def test_a_city_does_not_begin_with_a_zero() -> None:
    assert place_in("26122 0ldenburg") == ("26122", "Oldenburg")


def test_a_sender_s_line_of_two_rows_is_no_part_of_the_address_below_it() -> None:
    buyer = headed(
        "Phantasia Vertrieb GmbH & Co. KG . Platzhalterring\n118.80339 München\n\n"
        "Exempla Service GmbH & Co. KG\nBeispielstraße 27\n24103 Kiel\n\nRechnung 4711\n"
    ).invoice.buyer
    assert (buyer.name, buyer.city) == ("Exempla Service GmbH & Co. KG", "Kiel")


def test_a_city_that_falls_off_the_sender_s_small_line_is_no_name() -> None:
    page = drawn(
        "Imaginär IT e.K. · Am Hafen 24 · 79098 Freiburg im\nBreisgau\n\n"
        "Exempla Service KG\nRingweg 123\n66111 Saarbrücken\n\nRechnung 4711\n"
    )
    small = [replace(word, box=replace(word.box, bottom=word.box.top + 7)) for word in page.words[:12]]
    buyer = read_printed([replace(page, words=(*small, *page.words[12:]))]).invoice.buyer
    assert buyer.name == "Exempla Service KG"


def test_an_address_below_another_one_begins_with_its_own_name() -> None:
    read = headed(
        "                                 Specimenplatz 2, 65183 Wiesbaden\n"
        "Muster GmbH                      Exempla Telecom e.K.\n"
        "Ringweg 5                        Specimenplatz 2\n"
        "24103 Kiel                       65183 Wiesbaden\n\nRechnung 4711\n"
    )
    assert (read.invoice.buyer.name, read.invoice.seller.name) == ("Muster GmbH", "Exempla Telecom e.K.")


def test_a_label_whose_second_word_is_misread_is_one_label() -> None:
    words = (Word("Amount", Box(0, 0, 36, 10)), Word("duc", Box(39, 0, 57, 10)), Word("945,99", Box(200, 0, 236, 10)))
    (row,) = rows_of(Page(1, 595.0, 842.0, words, "ocr", "drawn"))
    assert [(label.spot.text, set(label.fields)) for label in labels(row)] == [("Amount duc", {"total_gross"})]


def test_a_date_in_running_text_may_have_no_more_than_a_bare_word() -> None:
    head = "Rechnung\n\nKundennr. K-83191, Lieferdatum 1. Juli 2026, vom 2. Juli 2026, Rechnungsnr. 2026031763\n"
    assert headed(head).invoice.issue_date == dt.date(2026, 7, 2)


def test_a_month_is_no_misread_word_of_a_label() -> None:
    words, x = [], 0.0
    for text in ("20-878734,", "Date", "of", "issue", "May", "2,2026,", "Contact"):
        words.append(Word(text, Box(x, 0.0, x + 5 * len(text), 10.0)))
        x += 5 * len(text) + 3
    (row,) = rows_of(Page(1, 595, 842, tuple(words), "ocr", "drawn"))
    assert "Date of issue" in [label.spot.text for label in labels(row)]


def test_a_delivery_note_whose_title_has_its_number_is_one() -> None:
    page = drawn("Lieferschein RE577602 vom 01.09.2026\n" + LINES)
    large = [replace(w, box=replace(w.box, bottom=w.box.top + 14)) if w.box.top == 0 else w for w in page.words]
    assert read_printed([replace(page, words=tuple(large))]).document_class == "delivery_note"


def test_whose_vat_identifier_it_is_may_stand_behind_its_label() -> None:
    strip = "Debitor      USt-IdNr. Kunde    Ihre Referenz\nK-83191      DE964591817        Best. 43289\n"
    found = headed("Rechnung RE573091 vom 22.07.2026\n\n" + strip).invoice
    assert (found.buyer.vat_identifier, found.seller.vat_identifier) == ("DE964591817", None)


def test_an_address_whose_sender_s_line_fell_apart_is_the_one_below_it() -> None:
    head = """
Ersonnen-Kommunikation West GmbH & Co. KG
50667 Köln
Muster-IT-Service Rhein-Ruhr GmbH & Co. KG
Am Phantasiehafen 67
90402 Nürnberg

Rechnung RE573091 vom 22.07.2026
"""
    buyer = headed(head).invoice.buyer
    assert (buyer.name, buyer.postal_code) == ("Muster-IT-Service Rhein-Ruhr GmbH & Co. KG", "90402")


def test_a_mark_read_as_a_digit_behind_a_register_number_is_no_part_of_it() -> None:
    (row,) = rows_of(drawn("Amtsgericht Erfurt, HRB 996500 1 Geschäftsleitung: Irgendwer", origin="ocr"))
    assert [found.value for found in register_numbers(row)] == ["HRB 996500"]
    (row,) = rows_of(drawn("HRB 104 711"))
    assert [found.value for found in register_numbers(row)] == ["HRB 104711"]
