"""The door to pdf2image: pages rendered by Poppler, where PDFium cannot and as a second eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pdf2image import convert_from_bytes
from pdf2image.exceptions import (
    PDFInfoNotInstalledError,
    PDFPageCountError,
    PDFPopplerTimeoutError,
    PDFSyntaxError,
)

from model.contents import Unreadable

if TYPE_CHECKING:
    from extractors.images import Gray

TIMEOUT = 60
"""Seconds that Poppler may take for a page."""


def render(data: bytes, number: int, dpi: int) -> Gray:
    """Render page `number` (from 1) upright as a gray picture.

    Raises Unreadable `damaged` or `timeout`; FileNotFoundError where Poppler's programs are missing.
    """
    try:
        found = convert_from_bytes(
            data, dpi=dpi, first_page=number, last_page=number, grayscale=True, thread_count=1, timeout=TIMEOUT
        )
    except PDFInfoNotInstalledError as error:
        raise FileNotFoundError("Poppler is missing: apt-get install poppler-utils") from error
    except PDFPopplerTimeoutError as error:
        raise Unreadable("timeout", f"Rendering page {number} took longer than {TIMEOUT} seconds.") from error
    except (PDFPageCountError, PDFSyntaxError) as error:
        raise Unreadable("damaged", f"Page {number} of the PDF cannot be rendered.") from error
    if not found:
        raise Unreadable("damaged", f"Page {number} of the PDF cannot be rendered.")
    return np.asarray(found[0].convert("L"), dtype=np.uint8)
