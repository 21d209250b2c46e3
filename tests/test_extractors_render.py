import numpy as np
import pytest
from sample_pages import LETTER, pdf

from extractors import pdfium, render
from model.contents import Unreadable


def test_poppler_shows_the_page_that_pdfium_shows() -> None:
    data = pdf(LETTER, [(60, 100, "zwei")])
    for number in (1, 2):
        one, other = pdfium.render(data, number, 100), render.render(data, number, 100)
        assert other.dtype == np.uint8
        assert one.shape == pytest.approx(other.shape, abs=1)
        tiles = [255 - picture[:1160, :820].reshape(58, 20, 41, 20).mean(axis=(1, 3)) for picture in (one, other)]
        assert np.corrcoef(tiles[0].ravel(), tiles[1].ravel())[0, 1] > 0.95


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing else", pdf(LETTER)[:900]])
def test_what_cannot_be_rendered_is_damaged(data: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        render.render(data, 1, 50)
    assert caught.value.code == "damaged"


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="apt-get install poppler-utils"):
        render.render(pdf(LETTER), 1, 50)
