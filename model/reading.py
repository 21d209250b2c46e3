"""A reading: the invoice that was read, and for each value where it stood and what proves it."""

from collections.abc import Iterator
from typing import Literal

from model.finding import Finding
from model.invoice import Invoice, Value
from model.page import Box, Page, Word

Source = Literal["einvoice", "text", "ocr", "mixed"]
SURE = 0.9
"""From this confidence on, an unproven value counts as read without doubt."""
PERSON = "person"
"""The rung and the proof of what a person says."""


class Evidence(Value):
    """Where a value stood and why it is believed.

    `box` is x0, top, x1, bottom as shares (0..1) of the upright page, None for structured XML; `text` is as read,
    before any repair; `rung` the reader it came from; `proof` names the checks that confirm the value, empty means
    unproven.
    """

    page: int = 1
    box: tuple[float, float, float, float] | None = None
    text: str | None = None
    rung: str
    confidence: float | None = None
    repaired: bool = False
    proof: tuple[str, ...] = ()

    def place(self, page: Page) -> Box:
        """The box on its page, in points; one without extent where there is none."""
        x0, top, x1, bottom = self.box or (0, 0, 0, 0)
        return Box(x0 * page.width, top * page.height, x1 * page.width, bottom * page.height)

    def words(self, page: Page) -> Iterator[Word]:
        """Yield the words of its page whose middle lies within the box."""
        box = self.place(page)
        for word in page.words:
            if box.x0 <= word.box.centre <= box.x1 and box.top <= word.box.middle <= box.bottom:
                yield word


class Reading(Value):
    """All that was read of a file.

    `invoice` is the first invoice in page order, None with a finding `not_an_invoice` or `unreadable`; `others` are
    further ones. `evidence` is keyed by field path with indices from 0: "number", "totals.net", "lines.0.net_amount".
    `document_class` is a key of the titles in extractors/vocabulary.json ("invoice", "credit_note",
    "order_confirmation", ...), "letter", "blank" or None. `findings` is what the reading itself noticed.
    """

    source: Source
    page_count: int
    rung: str
    document_class: str | None = None
    invoice: Invoice | None = None
    others: tuple[Invoice, ...] = ()
    evidence: dict[str, Evidence] = {}
    findings: tuple[Finding, ...] = ()
    hints: tuple[str, ...] = ()
    """What whoever looks at the document may want to know of the file: nothing is decided on it."""
    extractor: str = ""
    """Version of the extractor that made it."""

    def proven(self, path: str) -> bool:
        """Whether any check confirms the value at this field path."""
        found = self.evidence.get(path)
        return found is not None and bool(found.proof)

    def sure(self, path: str) -> bool:
        """Whether a rejection may rest on the value at this field path: proven, structured, or read without doubt."""
        found = self.evidence.get(path)
        return found is not None and (bool(found.proof) or found.confidence is None or found.confidence >= SURE)

    def said(self, path: str) -> str | None:
        """Return what a person answered to what no field holds, None where nobody did.

        "seller" names the distributor that it is, "buyer" the partner, "lines.0.model" the model of the line, or ""
        for no device.
        """
        found = self.evidence.get(path)
        return (found.text or "") if found is not None and PERSON in found.proof else None

    @property
    def proves_itself(self) -> bool:
        """Whether the gross total and the quantity and amount of every line are proven, and there are lines.

        Of what costs nothing no sum tells how many there are, and no other reader will.
        """
        lines = self.invoice.lines if self.invoice else ()
        counted = (f"lines.{i}.quantity" for i, line in enumerate(lines) if line.net_amount)
        needed = ("totals.gross", *(f"lines.{i}.net_amount" for i in range(len(lines))), *counted)
        return bool(lines) and all(map(self.proven, needed))


def rungs_on(reading: Reading, page: int) -> set[str]:
    """Return the rungs that the places of the values on a page (from 1) come from."""
    return {found.rung for found in reading.evidence.values() if found.page == page} - {PERSON}
