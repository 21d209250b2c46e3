"""A batch in the embedded mode: one process accepts and judges in order, its workers read for it on all cores."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from model.contents import Unreadable
from model.judgement import Judgement
from model.state import OUTCOMES, State
from pipeline.intake import MAX_BYTES
from runtime.app import App
from store import documents, partners, results
from store.documents import Document
from store.engine import reading
from workers import steps
from workers.judging import judge
from workers.lanes import Bell, working

log = structlog.get_logger()

PATIENCE = 0.5
"""Seconds between two looks at a document that somebody else may be reading."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was named, the partner it is for, and where its bytes are, or the bytes themselves."""

    file: str
    partner_id: str
    source: Path | bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an upload.

    `document` is None where the file was refused unread, `judgement` None where it was not judged; `error` is the code
    and the sentence of a failure.
    """

    file: str
    document: Document | None
    judgement: Judgement | None
    error: tuple[str, str] | None


class UnknownPartner(Exception):
    """Raised when uploads are for partners that are not in the registry; `partner_ids` names them."""

    def __init__(self, partner_ids: tuple[str, ...]) -> None:
        super().__init__(f"not in the registry: {', '.join(partner_ids)}")
        self.partner_ids = partner_ids


def process(
    app: App, uploads: Iterable[Upload], on: dt.date, report: Callable[[Result], None] = lambda _: None
) -> list[Result]:
    """Accept the uploads in their order on this day, bring each to its outcome, and report each in that order.

    What an earlier run left unfinished is finished first. Documents are read on all cores and judged strictly in the
    order of acceptance. Errors: UnknownPartner, before anything is accepted.
    """
    wanted = list(uploads)
    with reading(app.engine) as conn:
        known = {partner.id for partner in partners.every(conn)}
        left = documents.unfinished(conn)
    unknown = {upload.partner_id for upload in wanted} - known
    if unknown:
        raise UnknownPartner(tuple(sorted(unknown)))
    with working(app, len(left) + len(wanted), judges=False) as (_, bell):
        accepted = [(upload, _accept(app, bell, upload, on)) for upload in wanted]
        for document in left:
            _finish(app, bell, document)
        done = []
        for upload, waiting in accepted:
            if isinstance(waiting, Unreadable):
                done.append(Result(upload.file, None, None, (waiting.code, waiting.message)))
            else:
                done.append(_result(app, upload, _finish(app, bell, waiting)))
            report(done[-1])
    return done


def _accept(app: App, bell: Bell, upload: Upload, on: dt.date) -> Document | Unreadable:
    """Accept one upload and have it read. A file that cannot be opened or is too large is refused and not stored."""
    try:
        data = _bytes(upload.source)
    except OSError as error:
        return Unreadable("damaged", f"The file cannot be opened: {error.strerror}.")
    except Unreadable as error:
        return error
    document = steps.accept(app, data, Path(upload.file).name, upload.partner_id, on)
    bell.ring()
    return document


def _bytes(source: Path | bytes) -> bytes:
    """Return the bytes of an upload; a file that is larger than any that is read is not even opened."""
    if isinstance(source, bytes):
        return source
    if source.stat().st_size > MAX_BYTES:
        raise Unreadable("too_large", f"The file is larger than {MAX_BYTES // 10**6} MB.")
    return source.read_bytes()


def _finish(app: App, bell: Bell, document: Document) -> Document:
    """Wait until a document was read, and judge it; one that judging comes to grief on fails, and the others go on."""
    while document.state in steps.UNREAD:
        bell.done.wait(PATIENCE)
        bell.done.clear()
        with reading(app.engine) as conn:
            document = documents.get(conn, document.id)
    with structlog.contextvars.bound_contextvars(document_id=document.id):
        try:
            return judge(app, document) if document.state is State.EXTRACTED else document
        except Exception:
            log.exception("document failed")
            return steps.give_up(app, document)


def _result(app: App, upload: Upload, document: Document) -> Result:
    if document.state not in OUTCOMES:
        error = (document.error_code or "", document.error_message or "") if document.state is State.FAILED else None
        return Result(upload.file, document, None, error)
    with reading(app.engine) as conn:
        return Result(upload.file, document, results.judgement(conn, document.id), None)
