"""The web interface: programs upload documents and ask what became of them.

Each route says who may use it; one that does not keeps the server from starting. A document of somebody else is
answered as one that does not exist.
"""

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from model.state import OUTCOMES
from pipeline.intake import MAX_BYTES
from portal.problems import Problem, install
from runtime.app import App
from store import blobs, documents, results, tokens
from store.documents import Document
from store.engine import reading
from store.queue import Queue
from workers import steps
from workers.settling import today

PUBLIC, PARTNER, LOCAL = "public", "partner", "local"
"""Who may use a route: anybody, a partner with a token, a client on this machine."""
WRAPPING = 100_000
"""Bytes that a request may have beyond its file."""
_HERE = frozenset({"127.0.0.1", "::1", "testclient"})

Ring = Callable[[Queue, str], object]


class Undeclared(Exception):
    """Raised at the start for a route that does not say who may use it."""


def web(app: App, ring: Ring) -> FastAPI:
    """Return the web application over an opened app; `ring` wakes workers after an upload."""
    made = FastAPI(title="cashback", version="1", docs_url=None, redoc_url=None)
    install(made)
    _for_partners(made, app, ring)
    _for_everybody(made, app)
    _check(made)
    return made


def _for_partners(made: FastAPI, app: App, ring: Ring) -> None:
    def partner(request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = _known(app, token.strip()) if scheme.lower() == "bearer" and token else None
        if found is None:
            raise Problem("unauthorised")
        return found

    @made.post("/api/v1/documents", status_code=202, openapi_extra={"x-access": PARTNER})
    async def upload(request: Request, partner_id: Annotated[str, Depends(partner)]) -> JSONResponse:
        """Upload one document: as the part `file` of a form, or as the body, named by the header X-Filename."""
        name, data = await _file(request)
        key = request.headers.get("idempotency-key")
        try:
            document = await run_in_threadpool(steps.accept, app, data, name, partner_id, today(), key=key)
        except (DBAPIError, OSError) as error:
            raise Problem("unavailable") from error
        await run_in_threadpool(ring, "light", document.id)
        address = f"/api/v1/documents/{document.id}"
        return JSONResponse(_shown(document), 202, {"Location": address})

    @made.get("/api/v1/documents/{document_id}", openapi_extra={"x-access": PARTNER})
    def show(document_id: str, partner_id: Annotated[str, Depends(partner)]) -> JSONResponse:
        """Tell what became of a document."""
        with reading(app.engine) as conn:
            document = documents.find(conn, document_id)
            if document is None or document.partner_id != partner_id:
                raise Problem("not_found")
            judged = results.judgement(conn, document_id) if document.state in OUTCOMES else None
        codes = [] if judged is None else list(dict.fromkeys(reason.finding.code for reason in judged.reasons))
        return JSONResponse(_shown(document) | {"reasons": codes})


def _for_everybody(made: FastAPI, app: App) -> None:
    @made.get("/healthz", openapi_extra={"x-access": PUBLIC})
    def healthz() -> dict[str, str]:
        """Tell that this process lives."""
        return {"status": "ok"}

    @made.get("/readyz", openapi_extra={"x-access": PUBLIC})
    def readyz() -> dict[str, str]:
        """Tell whether database and stored files can be used."""
        try:
            with reading(app.engine) as conn:
                documents.listing(conn, limit=1)
            blobs.exists(app.blobs, "0" * 64)
        except (DBAPIError, OSError) as error:
            raise Problem("unavailable") from error
        return {"status": "ready"}

    @made.get("/metrics", openapi_extra={"x-access": LOCAL}, include_in_schema=False)
    def metrics(request: Request) -> Response:
        """Show the metrics to Prometheus on this machine."""
        if request.client is None or request.client.host not in _HERE:
            raise Problem("not_found")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _check(made: FastAPI) -> None:
    """Make sure that each route says who may use it. Errors: Undeclared."""
    for route in made.routes:
        access = (route.openapi_extra or {}).get("x-access") if isinstance(route, APIRoute) else None
        if access not in {PUBLIC, PARTNER, LOCAL} and getattr(route, "path", None) != made.openapi_url:
            raise Undeclared(getattr(route, "path", str(route)))


def _known(app: App, token: str) -> str | None:
    """Return whose token this is, and write down that it was used."""
    at = dt.datetime.now(dt.UTC)
    with reading(app.engine) as conn:
        found = tokens.find(conn, token)
    if found is not None and tokens.is_new_use(found, at):
        with app.engine.begin() as conn:
            tokens.use(conn, found, at)
    return None if found is None else found.partner_id


def _shown(document: Document) -> dict[str, Any]:
    error = {"code": document.error_code, "message": document.error_message} if document.error_code else None
    return {
        "id": document.id,
        "state": document.state.value,
        "accepted_on": document.accepted_on.isoformat(),
        "error": error,
        "links": {"self": f"/api/v1/documents/{document.id}"},
    }


async def _file(request: Request) -> tuple[str, bytes]:
    """Return name and bytes of the one file in a request. Errors: Problem."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        data = b"".join([chunk async for chunk in _limited(request)])
        if not data:
            raise Problem("no_file")
        if len(data) > MAX_BYTES:
            raise Problem("too_large")
        return request.headers.get("x-filename", "document"), data
    try:
        form = await MultiPartParser(request.headers, _limited(request), max_files=2, max_fields=20).parse()
    except MultiPartException as error:
        raise Problem("several_files" if "files" in error.message else "bad_request") from error
    files = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
    if len(files) != 1:
        raise Problem("several_files" if files else "no_file")
    data = await files[0].read()
    if len(data) > MAX_BYTES:
        raise Problem("too_large")
    return files[0].filename or "document", data


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes in, and stop at more than a file may hold."""
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > MAX_BYTES + WRAPPING:
                raise Problem("too_large")
            yield chunk
    except ClientDisconnect as error:
        raise Problem("bad_request") from error
