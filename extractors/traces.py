"""Traces of editing in a PDF's metadata: hints for whoever looks at it, never a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

EDITORS = (
    "Acrobat", "Affinity", "Canva", "CorelDRAW", "Draw", "Foxit", "GIMP", "iLovePDF", "Illustrator", "Inkscape",
    "Nitro", "PDF-XChange", "PDF24", "PDFelement", "PDFescape", "Photoshop", "Sejda", "Smallpdf", "Soda PDF", "Xodo",
)  # fmt: skip
"""Programs with which people change what a page says, rather than print or scan it."""
_EDITOR = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in EDITORS), re.IGNORECASE)


LONGEST = 100
"""So many characters of a program's name are told."""


def traces(metadata: Mapping[str, str], signed: Sequence[int], size: int) -> Iterator[str]:
    """Yield hints: the program that wrote a file if it is an editor, and that it grew after it was signed.

    `metadata` is the document information dictionary (ISO 32000-1, 14.3.3); `signed` tells for each signature up to
    which byte of `size` it covers the file (12.8.1, ByteRange).
    """
    for name in ("Creator", "Producer"):
        if _EDITOR.search(metadata.get(name, "")):
            yield f"{name}: {_shown(metadata[name])}"
    if signed and max(signed) < size:
        yield f"saved again after signing: {size - max(signed)} bytes"


def _shown(name: str) -> str:
    """Return a name as it can be stored and shown."""
    return "".join(letter if letter.isprintable() else " " for letter in name[:LONGEST]).strip()
