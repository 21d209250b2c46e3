from decimal import Decimal

from drawn_pages import drawn

from extractors.rows import figures, rows_of
from model.page import Box, Page, Word


def test_words_on_one_base_line_are_a_row() -> None:
    page = drawn("""
        Pos  Bezeichnung      Betrag
        1    snom D785        229,00
    """)
    assert [row.text for row in rows_of(page)] == ["Pos Bezeichnung Betrag", "1 snom D785 229,00"]


def test_words_that_lie_a_little_off_still_share_a_row() -> None:
    words = (Word("Menge", Box(0, 100, 30, 110)), Word("5", Box(60, 103, 66, 113)), Word("Fuß", Box(0, 120, 20, 130)))
    assert [row.text for row in rows_of(Page(1, 200, 200, words, "ocr", "x"))] == ["Menge 5", "Fuß"]


def test_a_wide_gap_parts_cells() -> None:
    row = rows_of(drawn("snom D785 schwarz     5 Stck   229,00"))[0]
    assert [row.spot(a, b).text for a, b in row.cells()] == ["snom D785 schwarz", "5 Stck", "229,00"]


def test_glued_labels_and_units_are_parted() -> None:
    row = rows_of(drawn("Kundennummer:2  4Stck  10:30  GmbH"))[0]
    assert row.text == "Kundennummer: 2 4 Stck 10:30 GmbH"


def test_figures_take_their_currency_sign_and_thousands_along() -> None:
    row = rows_of(drawn("Port  12    - € 2,00    19 %   1.064,64 EUR   D785"))[0]
    found = [(f.number.value, f.spot.text) for f in figures(row, ",")]
    assert found == [
        (Decimal(12), "12"),
        (Decimal("-2.00"), "- € 2,00"),
        (Decimal(19), "19 %"),
        (Decimal("1064.64"), "1.064,64 EUR"),
    ]


def test_a_narrow_blank_groups_thousands_and_a_wide_one_does_not() -> None:
    def row(blank: float) -> list[Decimal]:
        words = (Word("1", Box(0, 0, 5, 10)), Word("234,56", Box(5 + blank, 0, 40, 10)))
        return [f.number.value for f in figures(rows_of(Page(1, 200, 200, words, "text", "x"))[0], ",")]

    assert row(2.5) == [Decimal("1234.56")]
    assert row(7.0) == [Decimal(1), Decimal("234.56")]


def test_a_count_and_a_price_are_two_figures() -> None:
    row = rows_of(drawn("5   120,00"))[0]
    assert [f.number.value for f in figures(row, ",")] == [Decimal(5), Decimal("120.00")]


def test_evidence_is_a_share_of_the_page() -> None:
    row = rows_of(drawn("Summe"))[0]
    assert row.spot().evidence(["label"]).model_dump() == {
        "page": 1,
        "box": (0.0, 0.0, 0.0504, 0.0119),
        "text": "Summe",
        "rung": "drawn",
        "confidence": 1.0,
        "repaired": False,
        "proof": ("label",),
    }
