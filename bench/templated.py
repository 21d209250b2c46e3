"""Reads PDFs with invoice2data and its built-in templates, all in one process.

Runs in the peers' environment: templated.py FILE... prints {"file", "number", "issue_date", "gross"} a line, and with
--text in place of that {"file", "text"}: what its first reader hands to the templates.
"""

import json
import logging
import sys

from invoice2data import extract_data  # type: ignore[import-not-found]  # in the peers' environment only
from invoice2data.extract.loader import read_templates  # type: ignore[import-not-found]  # the same
from invoice2data.input import pdfium  # type: ignore[import-not-found]  # the same


def told(file: str) -> dict[str, str | None]:
    """Return number, date and total that a template found."""
    found = extract_data(file, templates=TEMPLATES)
    day, amount = found.get("date"), found.get("amount")
    return {
        "file": file,
        "number": found.get("invoice_number"),
        "issue_date": day.strftime("%Y-%m-%d") if day else None,
        "gross": None if amount is None else str(amount),
    }


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # it complains of every document that no template fits
    # No template fits a sender that was just invented; where OCRmyPDF can be imported, OCR is then tried on every page,
    # text or not. That is spared it here.
    sys.modules["ocrmypdf"] = None  # type: ignore[assignment]  # None shuts it out
    first, *rest = sys.argv[1:]
    if first == "--text":
        for name in rest:
            print(json.dumps({"file": name, "text": pdfium.to_text(name)}))
    else:
        TEMPLATES = read_templates()
        for name in (first, *rest):
            print(json.dumps(told(name)))
