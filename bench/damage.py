"""Damages the words of a page as readers, scanners and forgers do: one fault, or two, in what the page says.

A damage is a function from pages and seeded chance to damaged pages, or None where it has nothing to bite on. None
changes a value and at the same time all that would betray the change: what is left must not be proven where it is
wrong.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random

from model.page import Box, Page, Word

Pages = tuple[Page, ...]
Place = tuple[int, int]
"""A word: the index of its page, and its own on that page."""
Damage = Callable[[Pages, Random], Pages | None]

FIGURE = re.compile(r"[-+(]?\d{1,3}(?:[.,']?\d{3})*(?:[.,]\d{1,4})?[-)%€]?")
"""What may be a quantity, a price, an amount or a rate; not a date, an article number with letters or a telephone."""
VALUES = 0.8
"""Share of the damages that go for figures; the others take any word with a digit."""
LOOK_ALIKES = {
    "0": "O86", "1": "l7I", "2": "Z7", "3": "89", "4": "91", "5": "S63", "6": "85b", "7": "12", "8": "3B6", "9": "g34",
}  # fmt: skip
"""What each digit is taken for."""


def figures(pages: Pages) -> list[Place]:
    """Return the places of all figures."""
    return [place for place in with_digits(pages) if FIGURE.fullmatch(word(pages, place).text)]


def with_digits(pages: Pages) -> list[Place]:
    """Return the places of all words with a digit."""
    return [
        (number, index)
        for number, page in enumerate(pages)
        for index, found in enumerate(page.words)
        if any(letter.isdigit() for letter in found.text)
    ]


def word(pages: Pages, place: Place) -> Word:
    """Return the word at a place."""
    return pages[place[0]].words[place[1]]


def replaced(pages: Pages, words: Mapping[Place, Sequence[Word]]) -> Pages:
    """Return the pages with other words at some places: none, one or several for one."""
    return tuple(
        replace(
            page,
            words=tuple(new for index, old in enumerate(page.words) for new in words.get((number, index), (old,))),
        )
        for number, page in enumerate(pages)
    )


def chosen(pages: Pages, chance: Random, count: int) -> list[Place]:
    """Choose some words with digits, mostly figures; none where there are not enough."""
    places = figures(pages) if chance.random() < VALUES else with_digits(pages)
    return chance.sample(places, count) if len(places) >= count else []


# ---- one word after another ------------------------------------------------------------------------------------------


def reworded(change: Callable[[str, Random], str], count: int, pages: Pages, chance: Random) -> Pages | None:
    """Change the text of some words."""
    places = chosen(pages, chance, count)
    texts = {place: change(word(pages, place).text, chance) for place in places}
    if not texts or any(text == word(pages, place).text for place, text in texts.items()):
        return None
    return replaced(pages, {place: [replace(word(pages, place), text=text)] for place, text in texts.items()})


def other_digit(text: str, chance: Random) -> str:
    """Change a digit into any other."""
    place = _digit(text, chance)
    return text[:place] + chance.choice([digit for digit in "0123456789" if digit != text[place]]) + text[place + 1 :]


def look_alike(text: str, chance: Random) -> str:
    """Take a digit for what looks like it."""
    place = _digit(text, chance)
    return text[:place] + chance.choice(LOOK_ALIKES.get(text[place], "0")) + text[place + 1 :]


def without_digit(text: str, chance: Random) -> str:
    """Lose a digit; a word that has only one is left alone."""
    place = _digit(text, chance)
    return text[:place] + text[place + 1 :] if sum(letter.isdigit() for letter in text) > 1 else text


def without_mark(text: str, chance: Random) -> str:
    """Lose a decimal or thousands mark, or take one for the other."""
    marks = [index for index, letter in enumerate(text) if letter in ".," and 0 < index < len(text) - 1]
    if not marks:
        return text
    place = chance.choice(marks)
    other = {".": ",", ",": "."}[text[place]]
    return text[:place] + chance.choice(["", "", other]) + text[place + 1 :]


def _digit(text: str, chance: Random) -> int:
    return chance.choice([index for index, letter in enumerate(text) if letter.isdigit()])


def dropped(count: int, pages: Pages, chance: Random) -> Pages | None:
    """Lose some words."""
    places = chosen(pages, chance, count)
    return replaced(pages, dict.fromkeys(places, ())) if places else None


def doubled(pages: Pages, chance: Random) -> Pages | None:
    """See a word twice: at its place, or beside it."""
    places = chosen(pages, chance, 1)
    if not places:
        return None
    seen = word(pages, places[0])
    aside = chance.choice((0.0, 0.0, seen.box.width + 2, -seen.box.width - 2))
    return replaced(pages, {places[0]: [seen, moved(seen, aside, 0.0)]})


def exchanged(pages: Pages, chance: Random) -> Pages | None:
    """Exchange the texts of two words."""
    places = chosen(pages, chance, 2)
    if not places:
        return None
    one, other = (word(pages, place) for place in places)
    if one.text == other.text:
        return None
    return replaced(pages, {places[0]: [replace(one, text=other.text)], places[1]: [replace(other, text=one.text)]})


# ---- rows and columns ------------------------------------------------------------------------------------------------


def moved(seen: Word, right: float, down: float) -> Word:
    """Return a word elsewhere, by so many points."""
    box = seen.box
    return replace(seen, box=Box(box.x0 + right, box.top + down, box.x1 + right, box.bottom + down))


def row_of(pages: Pages, place: Place) -> list[Place]:
    """Return the places of the words that stand in one row with a word, itself among them."""
    box = word(pages, place).box
    page = pages[place[0]]
    return [(place[0], i) for i, seen in enumerate(page.words) if box.top <= seen.box.middle <= box.bottom]


def column_of(pages: Pages, place: Place) -> list[Place]:
    """Return the places of the figures that stand above and below a figure, itself among them."""
    box = word(pages, place).box
    return [
        other
        for other in figures(pages)
        if other[0] == place[0] and box.x0 < word(pages, other).box.x1 and word(pages, other).box.x0 < box.x1
    ]


def row_dropped(pages: Pages, chance: Random) -> Pages | None:
    """Lose a row with a figure."""
    places = figures(pages)
    return replaced(pages, dict.fromkeys(row_of(pages, chance.choice(places)), ())) if places else None


def column_dropped(pages: Pages, chance: Random) -> Pages | None:
    """Lose a column of two figures or more."""
    places = figures(pages)
    column = column_of(pages, chance.choice(places)) if places else []
    return replaced(pages, dict.fromkeys(column, ())) if len(column) > 1 else None


def page_dropped(pages: Pages, chance: Random) -> Pages | None:
    """Lose a page of several."""
    if len(pages) < 2:
        return None
    lost = chance.randrange(len(pages))
    return tuple(page for index, page in enumerate(pages) if index != lost)


def rows_exchanged(pages: Pages, chance: Random) -> Pages | None:
    """Exchange the places of two rows with figures on one page."""
    places = figures(pages)
    if len(places) < 2:
        return None
    first, second = chance.sample(places, 2)
    above, below = row_of(pages, first), row_of(pages, second)
    if first[0] != second[0] or set(above) & set(below):
        return None
    down = word(pages, second).box.middle - word(pages, first).box.middle
    return replaced(
        pages,
        {place: [moved(word(pages, place), 0.0, down)] for place in above}
        | {place: [moved(word(pages, place), 0.0, -down)] for place in below},
    )


def columns_exchanged(pages: Pages, chance: Random) -> Pages | None:
    """Exchange two columns of figures in the rows that have both, but not what stands above them."""
    places = figures(pages)
    if not places:
        return None
    first = chance.choice(places)
    beside = [place for place in row_of(pages, first) if place in places and place != first]
    if not beside:
        return None
    right = column_of(pages, chance.choice(beside))
    changes: dict[Place, Sequence[Word]] = {}
    for one in column_of(pages, first):
        other = next((place for place in row_of(pages, one) if place in right and place != one), None)
        if other is not None and one not in changes and other not in changes:
            step = word(pages, other).box.x1 - word(pages, one).box.x1
            changes[one], changes[other] = [moved(word(pages, one), step, 0.0)], [moved(word(pages, other), -step, 0.0)]
    return replaced(pages, changes)


def twice(pages: Pages, chance: Random) -> Pages | None:
    """Damage two places in different ways."""
    damaged: Pages | None = pages
    for name in chance.sample(SINGLE, 2):
        damaged = KINDS[name](damaged, chance) if damaged else None
    return damaged


KINDS: dict[str, Damage] = {
    "digit-changed": partial(reworded, other_digit, 1),
    "two-digits-changed": partial(reworded, other_digit, 2),
    "look-alike": partial(reworded, look_alike, 1),
    "two-look-alikes": partial(reworded, look_alike, 2),
    "digit-lost": partial(reworded, without_digit, 1),
    "mark-lost": partial(reworded, without_mark, 1),
    "word-dropped": partial(dropped, 1),
    "two-words-dropped": partial(dropped, 2),
    "word-doubled": doubled,
    "words-exchanged": exchanged,
    "row-dropped": row_dropped,
    "rows-exchanged": rows_exchanged,
    "column-dropped": column_dropped,
    "columns-exchanged": columns_exchanged,
    "page-dropped": page_dropped,
    "two-damages": twice,
}
SINGLE = ("digit-changed", "look-alike", "digit-lost", "mark-lost", "word-dropped", "word-doubled", "row-dropped")
"""Of which `twice` takes two."""
