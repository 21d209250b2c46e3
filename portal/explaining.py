"""Why a document was decided so: everything that is known of it, and as JSON."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePath

from model.ledger import Accrual
from portal import jsonout
from portal.decided import Decided
from portal.deciding import decided
from portal.extracting import Extracted, extract_all
from portal.inputs import NotThere
from portal.jsonout import Json
from runtime.app import App
from store import accounts, blobs, documents, results
from store.documents import Document, Step
from store.engine import reading
from validators.sentences import Language
from workers.embedded import Result


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of a document: what was read and, where it is stored, what was decided and booked.

    `name` is the id or the file that was asked for; `twins` are the ids of other uploads with the same bytes,
    `successors` of those that replaced it.
    """

    name: str
    data: bytes
    extracted: Extracted
    document: Document | None = None
    decided: Decided | None = None
    history: tuple[Step, ...] = ()
    booked: tuple[Accrual, ...] = ()
    twins: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


def find(app: App, name: str) -> Told:
    """Find a document by its id, or by a file: the first stored one with these bytes, else the file is only read.

    Errors: NotThere.
    """
    with reading(app.engine) as conn:
        document = documents.find(conn, name)
    if document is not None:
        return _stored(app, document, name)
    path = Path(name)
    if not path.is_file():
        raise NotThere(f"There is no document and no file {name}.")
    data = path.read_bytes()
    with reading(app.engine) as conn:
        same = documents.with_digest(conn, hashlib.sha256(data).hexdigest())
    return _stored(app, same[0], name) if same else Told(name, data, next(extract_all([path])))


def draw(told: Told, folder: Path) -> None:
    """Write the pages of a document, with the places of its values, into a folder. Errors: OSError."""
    from portal.picture import write  # noqa: PLC0415 (heavy: only where pictures are asked for)

    extracted = told.extracted
    if extracted.reading is not None and extracted.media_type is not None:
        folder.mkdir(parents=True, exist_ok=True)
        name = told.document.file_name if told.document else extracted.path.name
        write(folder, PurePath(name).name, told.data, extracted.media_type, extracted.reading)


def as_json(told: Told, language: Language) -> Json:
    """Return everything as one object: the keys of both schemas of docs/contract, and the rest."""
    if told.document is None or told.decided is None:
        return jsonout.extracted(told.extracted, language)
    document, judgement = told.document, told.decided.judgement
    return {
        **jsonout.extracted(told.extracted, language),
        **jsonout.decided(told.decided, language),
        "partner": document.partner_id,
        "accepted_on": document.accepted_on.isoformat(),
        "matches": [match.model_dump(mode="json") for match in judgement.matches] if judgement else [],
        "booked": [accrual.model_dump(mode="json") for accrual in told.booked],
        "versions": judgement.versions if judgement else {},
        "history": [_step(step) for step in told.history],
        "same_bytes": list(told.twins),
        "replaces": document.predecessor,
        "replaced_by": list(told.successors),
    }


def _stored(app: App, document: Document, name: str) -> Told:
    with reading(app.engine) as conn:
        judgement = results.judgement(conn, document.id)
        history, booked = documents.steps(conn, document.id), accounts.booked(conn, document.id)
        twins = tuple(other.id for other in documents.with_digest(conn, document.digest) if other.id != document.id)
        successors = tuple(other.id for other in documents.successors(conn, document.id))
    error = (document.error_code, document.error_message or "") if document.error_code else None
    found = decided(app, Result(name, document, judgement, error))
    extracted = Extracted(Path(name), document.digest, document.media_type, found.reading, error)
    data = blobs.read(app.blobs, document.digest)
    return Told(name, data, extracted, document, found, history, booked, twins, successors)


def _step(of: Step) -> Json:
    return {
        "at": of.at.isoformat(),
        "from": of.from_state.value if of.from_state else None,
        "to": of.to_state.value,
        "who": of.who,
        "why": of.why,
    }
