"""Pages drawn as text: each letter of a drawing is a box of 6 x 10 points, each row stands 14 points below the last."""

import re
from textwrap import dedent

from model.page import Box, Origin, Page, Word

LETTER, ROW, HEIGHT = 6.0, 14.0, 10.0


def drawn(picture: str, *, number: int = 1, origin: Origin = "text", confidence: float = 1.0) -> Page:
    """Turn a drawing into a page of words."""
    words = [
        Word(
            found.group(),
            Box(found.start() * LETTER, index * ROW, found.end() * LETTER, index * ROW + HEIGHT),
            confidence,
        )
        for index, line in enumerate(dedent(picture).strip("\n").splitlines())
        for found in re.finditer(r"\S+", line)
    ]
    return Page(number, 595.0, 842.0, tuple(words), origin, "drawn")
