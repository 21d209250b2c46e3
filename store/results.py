"""What the stages made of a document: each result with the version that made it, none overwritten."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import JSON, Connection, bindparam, cast, select, type_coerce

from model.case import Case
from model.judgement import Judgement
from model.reading import Reading
from store.sequences import following
from store.tables import documents, judgements, results

Stage = Literal["read", "extract", "correct"]
"""The stages that leave a result: what the OCR engines said (the digest of a blob), the reading made of it, and a
reading that a person corrected, which counts from then on. Judging has a table of its own."""

_SAVE = following(results, results.c.document_id, results.c.stage)
_SAVE_JUDGEMENT = following(judgements, judgements.c.document_id)
_READINGS = (
    select(results.c.body, results.c.stage, results.c.sequence)
    .where(results.c.document_id == bindparam("document_id"), results.c.stage.in_(["correct", "extract"]))
    .order_by(results.c.stage, results.c.sequence.desc())
    .limit(1)
)
"""The last correction, else the last reading."""
_TAPE = (
    select(results.c.body)
    .join(documents, documents.c.id == results.c.document_id)
    .where(documents.c.digest == bindparam("digest"), results.c.stage == "read")
    .order_by(results.c.made_at.desc())
    .limit(1)
)
_OF_BYTES = (
    select(results.c.version, results.c.body, documents.c.media_type, documents.c.page_count)
    .join(documents, documents.c.id == results.c.document_id)
    .where(
        documents.c.digest == bindparam("digest"),
        results.c.stage == "extract",
        results.c.version == bindparam("version"),
    )
    .order_by(documents.c.acceptance, results.c.sequence)
    .limit(1)
)
_JUDGED = (
    select(judgements.c.body, judgements.c.case)
    .where(judgements.c.document_id == bindparam("document_id"))
    .order_by(judgements.c.sequence.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Made:
    """A stored reading, as JSON, with the version that made it and what the inspection of its file had found."""

    version: str
    body: str
    media_type: str | None
    page_count: int | None


def save(conn: Connection, document_id: str, stage: Stage, *, version: str, body: str, at: dt.datetime) -> None:
    """Append a stage's result, as JSON, to those that the document has."""
    conn.execute(_SAVE, {"document_id": document_id, "stage": stage, "version": version, "body": body, "made_at": at})


def reading(conn: Connection, document_id: str) -> Reading | None:
    """Return the reading of a document that counts, or None."""
    row = conn.execute(_READINGS, {"document_id": document_id}).one_or_none()
    return None if row is None else Reading.model_validate_json(row.body)


def reading_at(conn: Connection, document_id: str, at: dt.datetime) -> Reading | None:
    """Return the reading of a document that counted at a moment, or None."""
    known = (results.c.document_id == document_id, results.c.stage.in_(["correct", "extract"]), results.c.made_at <= at)
    query = select(results.c.body).where(*known).order_by(results.c.stage, results.c.sequence.desc()).limit(1)
    body = conn.execute(query).scalar_one_or_none()
    return None if body is None else Reading.model_validate_json(body)


def heads(conn: Connection, document_ids: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return seller and number as last read, corrected or not, of each of these documents that was read."""
    body = type_coerce(results.c.body, JSON) if conn.dialect.name == "sqlite" else cast(results.c.body, JSON)
    values = (body["invoice", "seller", "name"].as_string(), body["invoice", "number"].as_string())
    counting = (results.c.stage.in_(["extract", "correct"]), results.c.document_id.in_(document_ids))
    # What comes last counts, and "correct" sorts before "extract".
    query = select(results.c.document_id, *values).where(*counting).order_by(results.c.stage.desc(), results.c.sequence)
    return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


def mark(conn: Connection, document_id: str) -> str:
    """Return what tells the reading that counts from another one of the same document; "" if there is none."""
    row = conn.execute(_READINGS, {"document_id": document_id}).one_or_none()
    return "" if row is None else f"{row.stage} {row.sequence}"


def latest(conn: Connection, document_id: str) -> str | None:
    """Return the last reading that the extractor made of a document, as JSON, whether or not it was corrected."""
    extracted = results.c.stage == "extract"
    query = select(results.c.body).where(results.c.document_id == document_id, extracted)
    return conn.execute(query.order_by(results.c.sequence.desc()).limit(1)).scalar_one_or_none()


def tape(conn: Connection, digest: str) -> str | None:
    """Return the digest of the blob with what the OCR engines said of these bytes last, or None."""
    return conn.execute(_TAPE, {"digest": digest}).scalar_one_or_none()


def of_bytes(conn: Connection, digest: str, version: str) -> Made | None:
    """Return the first reading that this version of the extractor made of these bytes, or None."""
    row = conn.execute(_OF_BYTES, {"digest": digest, "version": version}).one_or_none()
    return None if row is None else Made(row.version, row.body, row.media_type, row.page_count)


def save_judgement(conn: Connection, case: Case, judgement: Judgement, rulebook: str, at: dt.datetime) -> None:
    """Append a judgement to those that the document has, with its case, so that it can be made again.

    `rulebook` names the version of the rules.
    """
    conn.execute(
        _SAVE_JUDGEMENT,
        {
            "document_id": case.document_id,
            "rulebook": rulebook,
            "outcome": judgement.outcome,
            "codes": codes(judgement),
            "case": case.model_dump_json(),
            "body": judgement.model_dump_json(),
            "made_at": at,
        },
    )


def codes(judgement: Judgement) -> str:
    """Return the codes of a judgement's reasons, each once, in its order: "buyer_mismatch, low_confidence"."""
    return ", ".join(dict.fromkeys(reason.finding.code for reason in judgement.reasons))


def judged(conn: Connection, document_id: str) -> tuple[Judgement, Case] | tuple[None, None]:
    """Return the latest judgement on a document and the case that it was made with, or neither."""
    row = conn.execute(_JUDGED, {"document_id": document_id}).one_or_none()
    if row is None:
        return None, None
    return Judgement.model_validate_json(row.body), Case.model_validate_json(row.case)


def judgement(conn: Connection, document_id: str) -> Judgement | None:
    """Return the latest judgement on a document, or None."""
    row = conn.execute(_JUDGED, {"document_id": document_id}).one_or_none()
    return None if row is None else Judgement.model_validate_json(row.body)


def judged_case(conn: Connection, document_id: str) -> Case | None:
    """Return the case that the latest judgement on a document was made with, or None."""
    row = conn.execute(_JUDGED, {"document_id": document_id}).one_or_none()
    return None if row is None else Case.model_validate_json(row.case)
