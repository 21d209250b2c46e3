"""The door to Tesseract: the other OCR reader, an independent witness."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pytesseract
from PIL import Image

from extractors.images import Seen, despeckled, evened, scaled
from extractors.tape import asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from extractors.images import Gray, Picture

RUNG = "tesseract"
LANGUAGES = "deu+eng"
CELL_LANGUAGE = "eng"
"""Digits and capitals are the same in all: one language loads in half the time of two."""
DPI = 200
"""Pictures are brought to this resolution; less loses digits, more gains none."""
TIMEOUT = 60
"""Seconds that Tesseract may take for a page."""

os.environ["OMP_THREAD_LIMIT"] = "1"  # four threads burn 4.3 times the processor time for no gain


class TesseractMissing(Exception):
    """Raised when the program or one of its languages is not installed: the environment lacks something."""


def words(picture: Picture) -> tuple[Seen, ...]:
    """Read the words of an upright page, boxes in pixels of its picture. A page that takes too long has none.

    Evened light is what photos need: on four of them the line amounts found rose from 3 of 9 to all.
    """
    factor = DPI * picture.width / 72 / picture.gray.shape[1]
    gray = evened(scaled(despeckled(picture.gray), factor))
    found = asked(f"{_name()} words", gray, lambda: _page(gray))
    if found is None:
        return ()
    boxes = zip(found["left"], found["top"], found["width"], found["height"], strict=True)
    return tuple(
        Seen(text, left / factor, top / factor, (left + width) / factor, (top + height) / factor, float(sure) / 100)
        for text, sure, (left, top, width, height) in zip(found["text"], found["conf"], boxes, strict=True)
        if text.strip() and float(sure) >= 0
    )


def cell(gray: Gray, letters: str = "") -> str:
    """Read a line cut out of a page, of which only these letters are expected, or any; "" if it takes too long."""
    expected = f"-c tessedit_char_whitelist={letters}" if letters else ""
    language = CELL_LANGUAGE if letters else LANGUAGES
    return str(asked(f"{_name()} cell {letters}", gray, lambda: _line(gray, language, f"--psm 7 {expected}")))


@cache
def _name() -> str:
    """The engine with its version, for the tape."""
    try:
        return f"tesseract {pytesseract.get_tesseract_version()}"
    except pytesseract.TesseractNotFoundError:
        return "tesseract"


def _page(gray: Gray) -> dict[str, list[Any]] | None:
    """Ask for the words of a page; None if it takes too long."""
    try:
        found = _asked(pytesseract.image_to_data, gray, LANGUAGES, "--psm 3", output_type=pytesseract.Output.DICT)
    except RuntimeError:
        return None
    return {name: found[name] for name in ("left", "top", "width", "height", "text", "conf")}


def _line(gray: Gray, language: str, config: str) -> str:
    """Ask for the text of one line; "" if it takes too long."""
    try:
        text: str = _asked(pytesseract.image_to_string, gray, language, config)
    except RuntimeError:
        return ""
    return text.strip()


def _asked(question: Callable[..., Any], gray: Gray, language: str, config: str, **how: object) -> Any:
    """Ask Tesseract; RuntimeError tells that it took too long."""
    image = Image.fromarray(gray)
    image.format = "PPM"  # as PNG, the default, a noisy page takes 0.6 s to hand over
    try:
        return question(image, lang=language, config=f"{config} --dpi {DPI}", timeout=TIMEOUT, **how)
    except pytesseract.TesseractNotFoundError as error:
        raise TesseractMissing("Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-deu") from error
    except pytesseract.TesseractError as error:
        raise TesseractMissing(f"Tesseract failed, its languages {language} may be missing: {error.message}") from error
