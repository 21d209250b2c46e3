"""Duplicates: the same file, or the same invoice, was uploaded earlier.

Of the same partner it is rejected, for the earlier upload's decision stands. Of another partner it is held, in words
that say nothing of the other: no name, no number of the upload, no date.
"""

from collections.abc import Iterator

from model.finding import Finding
from validators.dossier import UNREAD, Dossier

TELLING = 3
"""Two partners may well buy one or two lines alike on one day; so many tell that it is one invoice."""


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report each upload with the same bytes, then those with the same seller and number, and with the same content."""
    alike = dossier.case.look_alikes
    same_file = {a.document_id: a for a in alike if a.kind == "bytes"}
    for found in same_file.values():
        if found.same_partner:
            yield Finding(code="duplicate_document", variant="own", values={"document": found.document_id})
        else:
            yield Finding(code="duplicate_document", variant="elsewhere", certain=False)
    if dossier.invoice is None:
        return
    telling = len(dossier.invoice.lines) >= TELLING
    number = {"number": dossier.invoice.number or UNREAD}
    for found in (a for a in alike if a.kind != "bytes" and a.document_id not in same_file):
        document = {"document": found.document_id}
        if found.same_partner and found.kind == "number":
            yield Finding(
                code="duplicate_invoice",
                variant="own",
                values=number | document,
                about=("number",),
                certain=dossier.reading.sure("number"),
            )
        elif found.same_partner:
            yield Finding(
                code="duplicate_invoice", variant="content", values=document, about=("number",), certain=False
            )
        elif found.kind == "number" or telling:
            yield Finding(
                code="duplicate_invoice", variant="elsewhere", values=number, about=("number",), certain=False
            )
