"""What is shown of a document to whoever may see it: pictures of its pages, and its file."""

from fastapi import FastAPI, Response

from extractors import bundle
from portal.access import SIGNED_IN, By, access
from portal.owning import owned
from portal.pictures import Pictures, Undrawable
from portal.problems import Problem
from runtime.app import App
from store import blobs, documents
from store.documents import Document
from store.engine import reading

_KEPT = "private, max-age=31536000, immutable"


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""

    @made.get("/documents/{document_id}/pages/{number}.webp", openapi_extra=access(SIGNED_IN), include_in_schema=False)
    def picture(document_id: str, number: int, by: By) -> Response:
        """Show a page of a document."""
        document = visible(app, document_id, by.partner_id)
        try:
            found = pictures.drawn(document, number)
        except Undrawable as error:
            raise Problem("not_found") from error
        return Response(pictures.bytes_of(found), media_type="image/webp", headers={"Cache-Control": _KEPT})

    @made.get("/documents/{document_id}/original", openapi_extra=access(SIGNED_IN), include_in_schema=False)
    def original(document_id: str, by: By) -> Response:
        """Give out the file as it was uploaded, to be saved and never shown."""
        document = visible(app, document_id, by.partner_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{document.id}{_suffix(document)}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        data = blobs.read(app.blobs, document.digest)
        return Response(data, media_type="application/octet-stream", headers=headers)


def _suffix(document: Document) -> str:
    """Return what tells an archive of pages as such to whoever saves it."""
    return ".zip" if document.media_type == bundle.MEDIA_TYPE else ""


def visible(app: App, document_id: str, partner_id: str | None) -> Document:
    """Return a document that a partner owns, or any for whoever acts for none. Errors: Problem `not_found`."""
    with reading(app.engine) as conn:
        if partner_id is not None:
            return owned(conn, document_id, partner_id)
        document = documents.find(conn, document_id) if document_id.isalnum() else None
    if document is None:
        raise Problem("not_found")
    return document
