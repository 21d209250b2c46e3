import numpy as np
import pytest
from sample_pages import LETTER, picture

from extractors import tesseract
from extractors.images import Picture


def test_words_come_with_places_in_the_picture_handed_over() -> None:
    page = picture(LETTER, dpi=150)
    found = {word.text: word for word in tesseract.words(page)}
    assert {"Müller", "RG-2026-10482", "1.158,99", "Rückgabe"} <= set(found)
    amount = found["1.158,99"]
    assert amount.x0 * 72 / 150 == pytest.approx(481, abs=1.5)
    assert amount.bottom * 72 / 150 == pytest.approx(281, abs=2.5)
    assert 0.5 < amount.confidence <= 1


def test_uneven_light_hides_nothing() -> None:
    page = picture(LETTER, dpi=150)
    light = np.linspace(0.25, 1, page.gray.shape[1])
    dim = Picture((page.gray * light).astype(np.uint8), page.width, page.height)
    assert {"Müller", "RG-2026-10482", "1.158,99"} <= {word.text for word in tesseract.words(dim)}


def test_a_blank_page_has_no_words() -> None:
    assert tesseract.words(Picture(np.full((800, 600), 255, np.uint8), 595, 842)) == ()


def test_a_page_that_takes_too_long_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "TIMEOUT", 0.01)
    assert tesseract.words(picture()) == ()


def test_a_missing_program_and_a_missing_language_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "LANGUAGES", "xyz")
    with pytest.raises(tesseract.TesseractMissing, match="xyz"):
        tesseract.words(picture())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tesseract.TesseractMissing, match="apt-get install tesseract-ocr"):
        tesseract.words(picture())
