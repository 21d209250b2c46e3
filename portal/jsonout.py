"""The JSON lines of the command line, as docs/contract fixes them."""

from typing import Any

from model.finding import Finding
from model.invoice import Invoice
from model.judgement import BonusUnit, Reason
from model.money import money
from model.reading import Evidence, Reading
from portal.decided import Decided, total
from portal.extracting import Extracted
from validators.sentences import Language, sentence

TYPE_CODES = frozenset({"380", "381", "384", "326", "389", "875", "876", "877"})
"""What invoice.schema.json knows of BT-3; a type code beyond is told as unknown."""

Json = dict[str, Any]


def extracted(of: Extracted, language: Language) -> Json:
    """Return the line of one file that was read, as in invoice.schema.json, or of one that could not be read."""
    reading = of.reading
    if reading is None:
        return {"file": str(of.path), "error": error(of.error)}
    return {
        "file": str(of.path),
        "document": {"sha256": of.digest, "page_count": reading.page_count, "source": reading.source},
        "invoice": None if reading.invoice is None else _invoice(reading.invoice),
        "other_invoices": [_invoice(other) for other in reading.others],
        "evidence": {path: found.model_dump(mode="json") for path, found in reading.evidence.items()},
        "findings": [finding(each, reading, language) for each in reading.findings],
    }


def decided(of: Decided, language: Language) -> Json:
    """Return the line of one document that was decided on, or that failed, as in decision.schema.json."""
    reasons = of.judgement.reasons if of.judgement else ()
    return {
        "file": of.file,
        "document_id": of.document_id,
        "outcome": of.outcome,
        "reasons": [reason(each, of.reading, language) for each in reasons],
        "bonus_units": [unit(each, of.reading) for each in of.units],
        "bonus_total": money(total(of.units)),
        "error": error(of.error),
    }


def error(of: tuple[str, str] | None) -> Json | None:
    """Return what is wrong with a document, given as its code and its sentence."""
    return None if of is None else {"code": of[0], "message": of[1]}


def reason(of: Reason, reading: Reading | None, language: Language) -> Json:
    """Return a reason with its sentence and the places on the document that show it."""
    return {**finding(of.finding, reading, language), "severity": of.severity}


def unit(of: BonusUnit, reading: Reading | None) -> Json:
    """Return a bonus unit with the identifiers of its lines, as printed or else counted from 1."""
    lines = reading.invoice.lines if reading and reading.invoice else ()
    return {
        "model": of.model,
        "quantity": of.quantity,
        "bonus_each": money(of.bonus_each),
        "line_identifiers": [lines[index].identifier or str(index + 1) for index in of.lines],
    }


def _invoice(invoice: Invoice) -> Json:
    values = invoice.model_dump(mode="json")
    return {**values, "type_code": invoice.type_code if invoice.type_code in TYPE_CODES else None}


def finding(of: Finding, reading: Reading | None, language: Language) -> Json:
    """Return a finding with its sentence and the places on the document that show it."""
    evidence = reading.evidence if reading else {}
    return {
        "code": of.code,
        "message": sentence(of, language),
        "evidence": [_place(evidence[path]) for path in of.about if path in evidence],
    }


def _place(evidence: Evidence) -> Json:
    place: Json = {"page": evidence.page}
    if evidence.box is not None:
        place["box"] = list(evidence.box)
    if evidence.text is not None:
        place["text"] = evidence.text
    return place
