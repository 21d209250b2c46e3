"""What a beginner would write: text by pdfplumber, else Tesseract on 300 dpi, and regular expressions for three fields.

Runs in the peers' environment: naive.py FILE... prints {"file", "text", "number", "issue_date", "gross"} a line.
"""

import json
import re
import sys

import pdfplumber
import pytesseract
from pdf2image import convert_from_path

DPI = 300
NUMBER = re.compile(
    r"(?:Rechnung(?:s|s-)?(?:nummer|nr\.?| Nr\.?)|Invoice (?:no\.?|number)|Facture n°|Factuurn(?:umme)?r\.?)"
    r"\s*:?\s*(\S*\d\S*)",
    re.IGNORECASE,
)
DATE = re.compile(r"\b(\d{1,2})[.\-/](\d{1,2})[.\-/](20\d\d)\b")
GROSS = re.compile(
    r"(?:Gesamtbetrag|Rechnungsbetrag|Bruttobetrag|Endbetrag|Total due|Invoice total|Total TTC|Totaal)\D*([\d.,' ]+\d)",
    re.IGNORECASE,
)


def text_of(file: str) -> str:
    """Return the text of a PDF, by OCR where it has none."""
    with pdfplumber.open(file) as pdf:
        text = "\n".join(page.extract_text() or "" for page in pdf.pages)
    if text.strip():
        return text
    return "\n".join(pytesseract.image_to_string(page, lang="deu+eng") for page in convert_from_path(file, DPI))


def fields(text: str) -> dict[str, str | None]:
    """Find number, date and total."""
    number, date, gross = NUMBER.search(text), DATE.search(text), GROSS.search(text)
    return {
        "number": number[1] if number else None,
        "issue_date": f"{date[3]}-{int(date[2]):02d}-{int(date[1]):02d}" if date else None,
        "gross": decimal(gross[1]) if gross else None,
    }


def decimal(figure: str) -> str:
    """Write a figure with a point before its last two digits."""
    digits = re.sub(r"\D", "", figure)
    return f"{digits[:-2] or 0}.{digits[-2:]}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        found = text_of(name)
        print(json.dumps({"file": name, "text": found, **fields(found)}))
