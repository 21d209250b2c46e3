from collections.abc import Sequence

import pytest
from sample_pages import LETTER, Text, gray, pdf, scanned

from extractors import pdfium, quality
from model.page import Box, Word


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, Box(0, 0, 10, 10)) for text in texts)


def judged(data: bytes) -> bool:
    (page,) = pdfium.text_pages(data)
    return quality.good(page.words, pdfium.render(data, 1, quality.DPI))


@pytest.mark.parametrize(
    "texts",
    [
        ("Rechnung", "Nr.", "RG-2026/104", "vom", "14.08.2026", "1.158,99", "€", "Großhandel", "(netto)"),
        ("Facture", "n°", "F2026-12", "Total", "1 234,56", "T.V.A."),
        ("19", "%", "12,00", "GmbH"),
    ],
)
def test_words_and_numbers_are_legible(texts: Sequence[str]) -> None:
    assert quality.legible(words(*texts))


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("(cid:53)(cid:72)", "(cid:70)", "Rechnung"),
        ("\ue012\ue013\ue014", "\ue015", "Summe"),
        ("\ufffd\ufffdng", "R\ufffdch", "12"),
        ("Uhfkqxqj", "Jhvdpwehwudj", "Wlvfkwhohirq", "Phqjh"),
        ("5HFKQXQJ", "*HVDPWEHWUDJ", "7LVFKWHOHIRQ", "%HVWHOOXQJ", "VFKZDU]", "0HQJH", "8PVDW]VWHXHU"),
    ],
)
def test_shuffled_or_unmapped_letters_are_not(texts: Sequence[str]) -> None:
    assert not quality.legible(words(*texts))


def test_a_digital_page_is_good() -> None:
    assert judged(pdf(LETTER))


def test_a_scan_with_its_ocr_layer_is_good() -> None:
    assert judged(scanned(gray(), stamp=LETTER))


STAMP: tuple[Text, ...] = ((430, 30, "Eingegangen am 17.08.2026"),)


@pytest.mark.parametrize("stamp", [(), STAMP, LETTER[:6]])
def test_a_scan_of_which_only_a_part_is_text_is_not(stamp: Sequence[Text]) -> None:
    assert not judged(scanned(gray(), stamp=stamp))


def test_a_rule_and_a_dark_bar_need_no_words() -> None:
    page = gray(LETTER, quality.DPI)
    page[100:101, 30:380] = 0
    page[170:176, 30:380] = 90
    (read,) = pdfium.text_pages(pdf(LETTER))
    assert quality.covered(read.words, page) > 0.95


def test_words_placed_off_the_page_cover_nothing() -> None:
    page = gray(LETTER, quality.DPI)
    off = [Word("x", Box(-500, -500, -400, -10)), Word("y", Box(0, float("nan"), float("inf"), 0.0))]
    assert quality.covered(off, page) < 0.1
