"""The second look: what a text layer says against what the page shows, for the words that earn money.

The words with digits at the places of number, date, identifiers, models, quantities, prices and amounts are cut out of
the rendered page and read by the recogniser, which knows nothing of the text layer. Arithmetic cannot see a text layer
that lies consistently; this can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractors import rapid
from extractors.images import clipped
from model.page import Page, Word
from model.reading import Reading

Gray = NDArray[np.uint8]
Render = Callable[[int, int], Gray]
"""Page number (from 1) and resolution in dpi to the page's picture, upright."""

DPI = (150, 300)
"""The first look, and the second at the words that it saw otherwise."""
MARGIN = 0.18
"""What is cut out around a word, as a share of its height: less would cut letters, more shows its neighbours."""
WIDEST = 3.0
"""A narrower cut-out than this many heights is set on a wider ground, for the recogniser expects lines."""
MOST_WORDS = 3000
"""No more words with digits of a layer are compared."""
SAMPLE = 300
"""So many tell whether a layer is good."""
GOOD = 0.8
"""A layer that agrees with the page in this share of its words with digits is one that somebody means."""
SURE = 0.9
"""What the recogniser saw with less confidence says nothing."""
WORDLIKE = 4
"""A word with more letters than this is mostly letters."""
INK = 40
"""A cut-out whose brightness varies by less than this holds nothing."""
FIELDS = re.compile(
    r"number|issue_date|seller\.(?:vat_identifier|iban)|totals\.(?:net|vat|gross)"
    r"|lines\.\d+\.(?:quantity|net_price|net_amount|item_name|manufacturers_item_identifier)"
)
"""The fields on which money rests."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word whose text in the file is not what the page shows; `shown` is empty where the page shows nothing there."""

    path: str
    said: str
    shown: str


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    page: Page
    word: Word


def look(reading: Reading, pages: Sequence[Page], render: Render) -> tuple[Doubt, ...]:
    """Compare the words of a text layer on which money rests with what the page shows; nothing is said of OCR pages."""
    places = sorted(_places(reading, pages), key=lambda place: place.page.number)
    render = lru_cache(maxsize=1)(render)
    for dpi in DPI:
        pictures = [_cut_out(place, render(place.page.number, dpi), dpi) for place in places]
        seen = rapid.glance(pictures)
        places_seen = [
            (place, *read)
            for place, read, picture in zip(places, seen, pictures, strict=True)
            if _differs(place.word.text, *read, picture)
        ]
        places = [place for place, _, _ in places_seen]
        if not places:
            return ()
    return tuple(Doubt(place.path, place.word.text, text) for place, text, _ in places_seen)


def compare(reading: Reading, layers: Sequence[Page], pages: Sequence[Page]) -> tuple[Doubt, ...]:
    """Compare what OCR read of pictures with the text layers behind them, for the words on which money rests.

    Only a layer says something that is good elsewhere: one that some OCR made badly agrees with half of the words.
    """
    seen = {page.number: page for page in pages if page.origin == "ocr"}
    told = {page.number: _telling(page) for page in layers if page.number in seen}
    honest = {number for number, words in told.items() if _share(words, seen[number]) >= GOOD}
    doubts: list[Doubt] = []
    for path, found in reading.evidence.items():
        if found.page not in honest or found.text is None or not FIELDS.fullmatch(path) or not reading.sure(path):
            continue
        place = found.place(seen[found.page])
        said = " ".join(word.text for word in told[found.page] if word.box.meets(place))
        if said and not _agree(said, found.text):
            doubts.append(Doubt(path, said, found.text))
    return tuple(doubts)


def _telling(layer: Page) -> list[Word]:
    """The words of a layer with digits, up to a bound."""
    return [word for word in layer.words if digits(word.text)][:MOST_WORDS]


def _share(words: Sequence[Word], page: Page) -> float:
    """The share of a layer's words that stand on the page alike, of those where anything stands."""
    pairs = [(word.text, over) for word in words[:SAMPLE] if (over := _over(word, page))]
    same = sum(any(digits(said) == digits(text) for text in over) for said, over in pairs)
    return same / len(pairs) if pairs else 0.0


def _over(word: Word, page: Page) -> list[str]:
    """The words of a page that stand where a word of another reader does."""
    return [other.text for other in page.words if word.box.meets(other.box)]


def _places(reading: Reading, pages: Sequence[Page]) -> Iterator[_Place]:
    """Yield the words with digits within the boxes of the fields on which money rests, each once."""
    by_number = {page.number: page for page in pages if page.origin == "text"}
    taken: set[int] = set()
    for path, found in reading.evidence.items():
        page = by_number.get(found.page)
        if page is None or found.box is None or not FIELDS.fullmatch(path):
            continue
        for word in found.words(page):
            if id(word) not in taken and digits(word.text):
                taken.add(id(word))
                yield _Place(path, page, word)


def _cut_out(place: _Place, gray: Gray, dpi: int) -> Gray:
    """The picture of a word on its own ground."""
    margin = MARGIN * place.word.box.height
    cut = clipped(gray, place.word.box, dpi / 72, margin, margin / 2)
    if cut.size == 0:
        return np.full((48, 144), 255, np.uint8)
    missing = int(WIDEST * cut.shape[0]) - cut.shape[1]
    ground = int(np.median(cut))
    return np.pad(cut, ((0, 0), (max(missing, 0) // 2,) * 2), constant_values=ground) if missing > 1 else cut


def _differs(said: str, shown: str, confidence: float, picture: Gray) -> bool:
    """Whether what is shown contradicts what the file says: other digits beyond doubt, or nothing at all."""
    if int(picture.max()) - int(picture.min()) < INK:
        return True
    return confidence >= SURE and not _agree(said, shown)


def _agree(said: str, shown: str) -> bool:
    """Whether two readings of a word hold the same digits, a letter that looks like a digit taken for either.

    Of a word that is mostly letters the digits have to be among those shown: what surrounds them may be misread.
    """
    if {digits(said), digits(said.translate(_ALIKE))} & {digits(shown), digits(shown.translate(_ALIKE))}:
        return True
    runs = iter(_RUN.findall(shown))
    return sum(map(str.isalpha, said)) > WORDLIKE and all(run in runs for run in _RUN.findall(said))


def digits(text: str) -> str:
    """The digits of a text."""
    return "".join(char for char in text if char.isdigit())


_ALIKE = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8"})
_RUN = re.compile(r"\d+")
