"""Whose a document is: one of somebody else is answered as one that does not exist."""

import re

from sqlalchemy import Connection

from portal.problems import Problem
from store import documents
from store.documents import Document

_ID = re.compile(r"[0-9a-z]{20}")


def owned(conn: Connection, document_id: str, partner_id: str) -> Document:
    """Return a partner's document. Errors: Problem `not_found`, also for somebody else's."""
    document = documents.find(conn, document_id) if _ID.fullmatch(document_id) else None
    if document is None or document.partner_id != partner_id:
        raise Problem("not_found")
    return document
