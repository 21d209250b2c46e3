"""Duplicates: the same file, or the same invoice, was uploaded earlier.

Of the same partner it is rejected, for the earlier upload's decision stands. Of another partner it is held, in words
that say nothing of the other: no name, no number of the upload, no date.
"""

from collections.abc import Iterator

from model.finding import Finding
from validators.dossier import UNREAD, Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report each upload that has the same bytes, then each other one that has the same seller and number."""
    same_file = {a.document_id: a for a in dossier.case.look_alikes if a.kind == "bytes"}
    same_number = {a.document_id: a for a in dossier.case.look_alikes if a.kind == "number"}
    for found in same_file.values():
        if found.same_partner:
            yield Finding(code="duplicate_document", variant="own", values={"document": found.document_id})
        else:
            yield Finding(code="duplicate_document", variant="elsewhere", certain=False)
    if dossier.invoice is None:
        return
    number = {"number": dossier.invoice.number or UNREAD}
    for found in (a for a in same_number.values() if a.document_id not in same_file):
        if found.same_partner:
            yield Finding(
                code="duplicate_invoice",
                variant="own",
                values=number | {"document": found.document_id},
                about=("number",),
                certain=dossier.reading.sure("number"),
            )
        else:
            yield Finding(
                code="duplicate_invoice", variant="elsewhere", values=number, about=("number",), certain=False
            )
