"""Words printed over other words: a text layer that says two things at one place says nothing that can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.page import Page, Word

SHARED = 0.5
"""Two words that share more of the smaller one's area than this stand at the same place."""


def overprinted(page: Page) -> Iterator[tuple[Word, Word]]:
    """Yield pairs of different words that stand at the same place; shadows of a word printed twice are none."""
    for one, other in _neighbours(page.words):
        if one.text != other.text and _shared(one, other) > SHARED:
            yield one, other


def _neighbours(words: Iterable[Word]) -> Iterator[tuple[Word, Word]]:
    """Yield the pairs of words whose boxes begin close enough above each other to overlap, from top to bottom."""
    near: list[Word] = []
    for word in sorted(words, key=lambda w: w.box.top):
        near = [other for other in near if other.box.bottom > word.box.top]
        yield from ((other, word) for other in near)
        near.append(word)


def _shared(one: Word, other: Word) -> float:
    """The share of the smaller box that both cover."""
    wide = min(one.box.x1, other.box.x1) - max(one.box.x0, other.box.x0)
    if wide <= 0:
        return 0.0
    high = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    smaller = min(one.box.width * one.box.height, other.box.width * other.box.height)
    return wide * high / smaller if high > 0 and smaller > 0 else 0.0
