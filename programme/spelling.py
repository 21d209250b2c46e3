"""How names and numbers are spelt alike: folding case, accents, blanks and hyphens, and what OCR mistakes for what."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[A-Z0-9]+")
_LETTERS = str.maketrans(
    {"ß": "ss", "Ø": "O", "ø": "o", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l"}
)
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "B": "8"})
MAKER = frozenset({"SNOM", "SNO"})
"""How the maker's name stands in item names and article numbers."""
MAKERS_NAME = MAKER | {"TECHNOLOGY"}
"""The words of the maker's company name, which a model's spelling leaves out."""


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return the text in capitals without accents: 'für' becomes 'FUR', 'Fuß' 'FUSS'."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()


def words(text: str) -> tuple[str, ...]:
    """Return the folded runs of letters and digits: 'D-815 weiß' becomes ('D', '815', 'WEISS')."""
    return tuple(_WORD.findall(fold(text)))


def compact(text: str) -> str:
    """Return a model's spelling: folded, no blanks, punctuation and maker's name: 'Snom D-785' becomes 'D785'."""
    return "".join(word for word in words(text) if word not in MAKERS_NAME) or article(text)


def article(text: str) -> str:
    """Return an article number folded and without blanks and punctuation; leading zeros stay."""
    return "".join(words(text))


def look_alike(spelling: str) -> str:
    """Return a compact spelling with every letter that OCR takes for a digit as that digit: 'D7I5' and 'D715' agree."""
    return spelling.translate(_LOOK_ALIKES)
