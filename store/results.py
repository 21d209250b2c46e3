"""What the stages made of a document: each result with the version that made it, none overwritten."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, select

from model.case import Case
from model.judgement import Judgement
from model.reading import Reading
from store.sequences import following
from store.tables import documents, judgements, results

Stage = Literal["extract"]
"""The stages that leave a result; that of judging has a table of its own."""

_SAVE = following(results, results.c.document_id, results.c.stage)
_SAVE_JUDGEMENT = following(judgements, judgements.c.document_id)
_LATEST = (
    select(results.c.body)
    .where(results.c.document_id == bindparam("document_id"), results.c.stage == "extract")
    .order_by(results.c.sequence.desc())
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
    """Return the latest reading of a document, or None."""
    body = conn.execute(_LATEST, {"document_id": document_id}).scalar_one_or_none()
    return None if body is None else Reading.model_validate_json(body)


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
            "case": case.model_dump_json(),
            "body": judgement.model_dump_json(),
            "made_at": at,
        },
    )


def judgement(conn: Connection, document_id: str) -> Judgement | None:
    """Return the latest judgement on a document, or None."""
    row = conn.execute(_JUDGED, {"document_id": document_id}).one_or_none()
    return None if row is None else Judgement.model_validate_json(row.body)


def judged_case(conn: Connection, document_id: str) -> Case | None:
    """Return the case that the latest judgement on a document was made with, or None."""
    row = conn.execute(_JUDGED, {"document_id": document_id}).one_or_none()
    return None if row is None else Case.model_validate_json(row.case)
