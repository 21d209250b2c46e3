import pytest
from sample_pages import LETTER, pdf

from extractors import pdfium, textlayer
from model.contents import Unreadable


def test_words_with_their_boxes_page_by_page() -> None:
    first, second = textlayer.text_pages(pdf([(60, 100, "5 Stck 158,99")], [(300, 200, "Übertrag")]))
    assert [word.text for word in first.words] == ["5", "Stck", "158,99"]
    assert [word.box.x0 for word in first.words] == pytest.approx([60, 69.2, 93.6], abs=0.5)
    assert (first.words[0].box.top, first.words[0].box.bottom) == pytest.approx((91, 102), abs=2)
    assert [(word.text, word.confidence) for word in second.words] == [("Übertrag", 1.0)]
    assert (second.number, second.width, second.height, second.origin, second.rung) == (
        2,
        595,
        842,
        "text",
        "pdfplumber",
    )


def test_only_the_pages_asked_for() -> None:
    (page,) = textlayer.text_pages(pdf([(60, 100, "eins")], [(60, 100, "zwei")]), [2])
    assert (page.number, page.words[0].text) == (2, "zwei")


def test_it_sees_what_pdfium_sees() -> None:
    data = pdf(LETTER)
    (one,), (other,) = pdfium.text_pages(data), textlayer.text_pages(data)
    assert [word.text for word in one.words] == [word.text for word in other.words]
    assert [word.box.x0 for word in one.words] == pytest.approx([word.box.x0 for word in other.words], abs=1)


def test_letters_printed_twice_for_boldness_count_once() -> None:
    (page,) = textlayer.text_pages(pdf([(60, 100, "Rechnung"), (60.3, 100, "Rechnung")]))
    assert [word.text for word in page.words] == ["Rechnung"]


def test_what_cannot_be_parsed_is_damaged() -> None:
    with pytest.raises(Unreadable) as caught:
        textlayer.text_pages(b"%PDF-1.7 nothing else")
    assert caught.value.code == "damaged"
