"""Judge a page's text layer: whether it consists of words, and whether it covers what the page shows.

A text layer may be missing, may hold glyphs that nobody can map to letters, or may be a small digital stamp on a scan.
The words themselves tell the second; for the third the page is rendered small and its letter-sized ink is looked up
under the words. On 154 pages with a good layer .93 of that ink and more lies under words, on one whose footer is a
picture .70.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from extractors.images import blobs, inked
from extractors.vocabulary import compact, labels, page_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractors.images import Gray
    from model.page import Page, Word

DPI = 50
"""The resolution at which a page is rendered to see what it shows: 2 ms; 100 dpi tells no more."""
COVERED = 0.85
"""Share of the letter-sized ink that must lie under words."""
LEGIBLE = 0.8
"""Share of the words that must look like words or numbers."""
VOWELS = 0.2
"""Share of vowels among the letters of longer words: the languages at hand have .30 to .44, shuffled letters .15 ..."""
ENOUGH = 30
"""... which so many letters tell."""
MUCH = 300
"""A page with so many letters names something ..."""
WORD = 6
"""... in a word of so many letters: shorter ones come by chance."""
LETTER = (2.5, 25.0)
"""Heights in points between which ink may be letters."""
LONG = 8.0
"""Ink so many times wider than high is a rule, not letters that touch."""
_UNMAPPED = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff\x00-\x1f\x7f-\x9f]")
_WORDLIKE = re.compile(r"[\w.,:;!?()/&+*'\"%€$£@#§°=<>|\u2013\u2014\u00b7\u2022\[\]_-]+")
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_VOWEL = re.compile(r"[aeiouyäöüáàâéèêëíîïóôúûœæøåą]", re.IGNORECASE)


def good(words: Sequence[Word], gray: Gray) -> bool:
    """Whether the words of a text layer can stand for the page, of which `gray` is a picture at `DPI`."""
    return bool(words) and legible(words) and covered(words, gray) >= COVERED


def telling(page: Page) -> bool:
    """Whether a page of text names anything that invoices or their terms name: glyphs may map to any letters."""
    if sum(map(len, (word.text for word in page.words))) < MUCH:
        return True
    found = (label for row in page_rows(page) for label in labels(row))
    return any(len(compact(label.spot.text)) >= WORD for label in found)


def legible(words: Sequence[Word]) -> bool:
    """Whether the words consist of letters and digits that make sense."""
    if not words:
        return False
    clean = sum(1 for word in words if _WORDLIKE.fullmatch(word.text) and not _UNMAPPED.search(word.text))
    letters = "".join(_LETTERS.findall(" ".join(word.text for word in words)))
    voiced = len(letters) < ENOUGH or len(_VOWEL.findall(letters)) >= VOWELS * len(letters)
    return clean >= LEGIBLE * len(words) and voiced


def covered(words: Sequence[Word], gray: Gray) -> float:
    """Return the share (0..1) of the letter-sized ink of a page that lies under words; 1.0 for a page without any."""
    scale = DPI / 72
    found = blobs(inked(gray, LETTER[1] * scale / 2))
    wide, high = found[:, 2], found[:, 3] / scale
    ink = found[(high > LETTER[0]) & (high < LETTER[1]) & (wide < LONG * high * scale)]
    if len(ink) == 0:
        return 1.0
    under = np.zeros(gray.shape, dtype=bool)
    for x0, top, x1, bottom in _pixels(words, gray.shape):
        under[top:bottom, x0:x1] = True
    weights = ink[:, 2].astype(np.float64)
    hits = under[ink[:, 1] + ink[:, 3] // 2, ink[:, 0] + ink[:, 2] // 2]
    return float((weights * hits).sum() / weights.sum())


def _pixels(words: Sequence[Word], shape: tuple[int, ...]) -> list[list[int]]:
    """Return the words' boxes in whole pixels within a picture of this shape: files place words anywhere."""
    boxes = np.array([(word.box.x0, word.box.top, word.box.x1, word.box.bottom) for word in words])
    inside = np.clip(np.nan_to_num(boxes * DPI / 72), 0, [shape[1], shape[0]] * 2)
    rows: list[list[int]] = (inside + np.array([0, 0, 1, 1])).astype(int).tolist()
    return rows
