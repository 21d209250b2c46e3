from extractors.overprint import overprinted
from model.page import Box, Page, Word


def page(*words: Word) -> Page:
    return Page(1, 200, 200, words, "text", "x")


def test_a_figure_pasted_over_another_is_seen() -> None:
    below, above = Word("20", Box(370, 290, 380, 300)), Word("80", Box(371, 289, 380, 299))
    assert list(overprinted(page(below, above))) == [(above, below)]


def test_bold_letters_printed_twice_and_neighbours_are_honest() -> None:
    twice = Word("Summe", Box(10, 10, 40, 20)), Word("Summe", Box(10.3, 10, 40.3, 20))
    beside = Word("229,00", Box(42, 10, 70, 20)), Word("Pos", Box(10, 19, 30, 29))
    assert not list(overprinted(page(*twice, *beside)))
