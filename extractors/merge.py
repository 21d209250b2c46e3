"""Merge: what several readers saw of one document; each field of its head from the reader to be believed most.

Lines and totals come from one reading, for only together do they prove themselves. The fields of the head do not hang
together, so one that is missing or unproven in that reading is taken from another one.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.invoice import Invoice, Party
from model.reading import Evidence, Reading

FIELDS = ("number", "issue_date", "currency_code", "preceding_invoice_number")
IDENTIFIERS = ("vat_identifier", "iban", "customer_number", "register_number")
"""Fields of a party that stand apart from its address."""
ADDRESS = ("name", "street", "postal_code", "city", "country_code")


def merged(best: Reading, readings: Sequence[Reading]) -> Reading:
    """Return the best reading with the fields of its head from all readings, given in the order of their rungs.

    Proven values come first. A text layer that proved the lines is believed in the head too; one that did not comes
    behind the OCR readers, for they looked at the page. Each value keeps the evidence of the reading it comes from.
    """
    if best.invoice is None or best.others:
        return best
    same = [other for other in readings if other.invoice is not None and not other.others]
    ordered = sorted(same, key=lambda other: other is not best if best.source == "text" else other.source == "text")
    evidence = dict(best.evidence)
    fields = {name: _taken(name, ordered, evidence) for name in FIELDS}
    titled = next((other for other in ordered if "type_code" in other.evidence), best)
    fields["type_code"] = _moved("type_code", titled, evidence)
    invoice = best.invoice.model_copy(update={name: value for name, value in fields.items() if value is not None})
    update: dict[str, object] = {name: _party(name, invoice, ordered, evidence) for name in ("seller", "buyer")}
    kind = {"document_class": titled.document_class, "evidence": evidence}
    return best.model_copy(update={"invoice": invoice.model_copy(update=update), **kind})


def _party(owner: str, invoice: Invoice, ordered: Sequence[Reading], evidence: dict[str, Evidence]) -> Party:
    """The address of the first reading that has a name, and each identifier where it is proven or first read."""
    party: Party = getattr(invoice, owner)
    named = next((other for other in ordered if _value(other, f"{owner}.name") is not None), None)
    update: dict[str, object] = {}
    if named is not None:
        for name in ADDRESS:
            update[name] = _moved(f"{owner}.{name}", named, evidence)
    for name in IDENTIFIERS:
        update[name] = _taken(f"{owner}.{name}", ordered, evidence)
    if owner == "seller":
        accounts = [x.invoice.seller for x in ordered if x.invoice and x.invoice.seller.iban == update["iban"]]
        update["other_ibans"] = accounts[0].other_ibans if accounts else ()
    return party.model_copy(update=update)


def _taken(path: str, ordered: Sequence[Reading], evidence: dict[str, Evidence]) -> object:
    """The value at a field path from the first reading that proves it, else from the first that has it."""
    having = [other for other in ordered if _value(other, path) is not None]
    source = next((other for other in having if other.proven(path)), having[0] if having else None)
    return None if source is None else _moved(path, source, evidence)


def _moved(path: str, source: Reading, evidence: dict[str, Evidence]) -> object:
    """The value of a reading at a field path; its evidence replaces what was there."""
    evidence.pop(path, None)
    if path in source.evidence:
        evidence[path] = source.evidence[path]
    return _value(source, path)


def _value(reading: Reading, path: str) -> object:
    found: object = reading.invoice
    for name in path.split("."):
        found = getattr(found, name)
    return found
