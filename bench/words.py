"""Prints the words that our reader saw of each file, as {"file": PATH, "text": WORDS} a line.

They are those of the text layer where a page has a good one, else those of the cheapest OCR rung.
"""

import json
import sys
from pathlib import Path

from extractors import rapid
from pipeline.intake import sniff
from pipeline.read import read


def seen(file: Path) -> str:
    """Return the words of all pages of a PDF or a picture."""
    data = file.read_bytes()
    media_type = sniff(data)
    pages = read(data, media_type, rapid.RUNG).pages if media_type else ()
    return " ".join(word.text for page in pages for word in page.words)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps({"file": name, "text": seen(Path(name))}))
