"""Everything that is kept about one partner, given out as files: its registry, documents, ledger, people, audit.

What a document's reasons say is what the partner may see (portal.partner_view): nothing of anybody else.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from model.money import money
from portal.api import summary
from portal.decided import total
from portal.deciding import decided
from portal.inputs import NotThere
from portal.partner_view import partner_view
from programme import exchange
from runtime.app import App
from store import blobs, journal, partners, results, tokens
from store import documents as stored
from store.documents import Document
from store.engine import reading
from store.parts import in_parts
from store.tables import audit, documents, partner_versions, people
from store.tables_messages import messages
from workers.embedded import Result

SUFFIXES = {
    "application/pdf": ".pdf", "application/xml": ".xml", "image/jpeg": ".jpg", "image/png": ".png",
    "image/tiff": ".tif", "image/webp": ".webp", "image/heic": ".heic",
}  # fmt: skip


def disclose(app: App, partner_id: str, folder: Path) -> dict[str, int]:
    """Write everything about a partner into a new folder, and return how many there are of each kind.

    Errors: NotThere, OSError.
    """
    with reading(app.engine) as conn:
        known = partners.partner(conn, partner_id)
        if known is None:
            raise NotThere(f"There is no partner {partner_id}.")
        try:
            (folder / "originals").mkdir(parents=True)
        except FileExistsError as error:
            raise NotThere(f"{folder} is there already; what is given out goes into a new folder.") from error
        own = tuple(stored.document(dict(row)) for row in conn.execute(_own(partner_id)).mappings())
        kinds: dict[str, Iterable[dict[str, Any]]] = {
            "registry": [exchange.as_row(known)],
            "registry-history": _versions(conn, partner_id),
            "documents": (_document(app, conn, one) for one in own),
            "ledger": (journal.as_json(one) for one in journal.booked(conn) if one.entry.partner_id == partner_id),
            "people": _rows(
                conn, select(people.c.name, people.c.role, people.c.made_at, people.c.ended_at), partner_id
            ),
            "tokens": [
                {"id": one.id, "made_at": one.made_at.isoformat()} for one in tokens.of_partner(conn, partner_id)
            ],
            "audit": _audit(conn, [partner_id, *(one.id for one in own)]),
        }
        counts = {name: _write(folder / f"{name}.jsonl", rows) for name, rows in kinds.items()}
    for one in own:
        name = f"{one.id}{SUFFIXES.get(one.media_type or '', '')}"
        (folder / "originals" / name).write_bytes(blobs.read(app.blobs, one.digest))
    return counts | {"originals": len(own)}


def _own(partner_id: str) -> Any:
    return select(documents).where(documents.c.partner_id == partner_id).order_by(documents.c.acceptance)


def _document(app: App, conn: Connection, document: Document) -> dict[str, Any]:
    judged = results.judgement(conn, document.id)
    told = decided(app, Result(document.file_name, document, judged, None))
    said = select(messages.c.at, messages.c.kind, messages.c.text).where(messages.c.document_id == document.id)
    read = told.reading
    return summary(document) | {
        "read": None if read is None or read.invoice is None else read.invoice.model_dump(mode="json"),
        "reasons": partner_view(judged.reasons if judged else (), read, app.settings.language),
        "bonus_total": money(total(told.units)),
        "history": [{"at": one.at.isoformat(), "state": one.to_state.value} for one in stored.steps(conn, document.id)],
        "messages": [{"at": row.at.isoformat(), "kind": row.kind, "text": row.text} for row in conn.execute(said)],
    }


def _versions(conn: Connection, partner_id: str) -> Iterable[dict[str, Any]]:
    of = partner_versions.c
    query = select(of.imported_at, of.body).where(of.partner_id == partner_id).order_by(of.sequence)
    return [
        {"imported_at": row.imported_at.isoformat(), "partner": json.loads(row.body)} for row in conn.execute(query)
    ]


def _rows(conn: Connection, query: Any, partner_id: str) -> Iterable[dict[str, Any]]:
    found = conn.execute(query.where(people.c.partner_id == partner_id).order_by(people.c.made_at)).mappings()
    return [
        {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
        for row in found
    ]


def _audit(conn: Connection, about: list[str]) -> Iterable[dict[str, Any]]:
    for part in in_parts(about, 500):
        wanted = audit.c.about.in_(part)
        query = select(audit.c.at, audit.c.what, audit.c.about).where(wanted).order_by(audit.c.position)
        for row in conn.execute(query):
            yield {"at": row.at.isoformat(), "what": row.what, "about": row.about}


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
