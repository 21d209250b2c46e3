"""The routes for programs: upload documents for a partner, and ask what became of them.

A document of somebody else is answered as one that does not exist.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection

from model.money import money
from model.state import OUTCOMES
from portal import describing, jsonout
from portal.access import PARTNER, access
from portal.decided import total
from portal.deciding import decided
from portal.partner_view import partner_view
from portal.problems import Problem
from portal.receiving import received
from runtime.app import App
from store import documents, results, tokens
from store.documents import Document
from store.engine import reading
from store.queue import Queue
from validators.sentences import Language
from workers import steps
from workers.embedded import Result
from workers.settling import today

ADDRESS = "/api/v1/documents"
PAGE, MOST = 50, 100
"""Documents of one page of a listing: by default, and at most."""
_ID = re.compile(r"[0-9a-z]{20}")
_KEY = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")
_BEARER = HTTPBearer(auto_error=False, description="A token of a partner, made by `cashback partners token ID`.")
_Partner = Callable[..., str]
"""What finds out whose token a request carries."""


def install(made: FastAPI, app: App, ring: Callable[[Queue, str], object]) -> None:
    """Add the routes; `ring` wakes workers after an upload."""

    def partner(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
        found = None if given is None else _known(app, given.credentials)
        if found is None:
            raise Problem("unauthorised")
        return found

    _take(made, app, ring, partner)
    _tell(made, app, partner)


def _take(made: FastAPI, app: App, ring: Callable[[Queue, str], object], partner: _Partner) -> None:
    @made.post(
        ADDRESS,
        status_code=202,
        response_model=describing.Summary,
        responses=describing.problems(
            "unauthorised", "too_large", "unsupported_type", "empty", "no_file", "several_files", "bad_key",
            "key_reused", "quota",
        ),
        openapi_extra=access(PARTNER) | {"requestBody": describing.UPLOAD},
    )  # fmt: skip
    async def upload(
        request: Request,
        by: Annotated[str, Depends(partner)],
        idempotency_key: Annotated[
            str | None, Header(description="What is sent again with the same key is the same document.")
        ] = None,
    ) -> JSONResponse:
        """Upload one document: as the part `file` of a form, or as the body.

        A body is named by Content-Disposition, or by X-Filename in percent-encoded UTF-8.
        """
        if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
            raise Problem("bad_key")
        await run_in_threadpool(_check_quota, app, by)
        async with received(request) as sent:
            try:
                document = await run_in_threadpool(
                    steps.accept, app, sent.file, sent.name, by, today(), key=idempotency_key
                )
            except steps.KeyReused as error:
                raise Problem("key_reused") from error
        await run_in_threadpool(ring, "light", document.id)
        return JSONResponse(_summary(document), 202, {"Location": f"{ADDRESS}/{document.id}"})


def _tell(made: FastAPI, app: App, partner: _Partner) -> None:
    @made.get(
        ADDRESS,
        response_model=describing.Listing,
        responses=describing.problems("unauthorised", "bad_limit"),
        openapi_extra=access(PARTNER),
    )
    def listing(
        by: Annotated[str, Depends(partner)],
        limit: Annotated[int, Query(description="Documents on the page, 1 to 100.")] = PAGE,
        before: Annotated[str | None, Query(description="Only those accepted before this document.")] = None,
    ) -> JSONResponse:
        """List the documents of the partner, the last ones first."""
        if not 1 <= limit <= MOST:
            raise Problem("bad_limit")
        with reading(app.engine) as conn:
            last = None if before is None else _owned(conn, before, by)
            found = documents.latest(conn, by, before=last, limit=limit + 1)
        more = f"{ADDRESS}?limit={limit}&before={found[limit - 1].id}" if len(found) > limit else None
        return JSONResponse({"documents": [_summary(one) for one in found[:limit]], "next": more})

    @made.get(
        ADDRESS + "/{document_id}",
        response_model=describing.Full,
        responses=describing.problems("unauthorised", "not_found"),
        openapi_extra=access(PARTNER),
    )
    def show(
        document_id: str, by: Annotated[str, Depends(partner)], accept_language: Annotated[str, Header()] = "en"
    ) -> JSONResponse:
        """Tell what became of a document, and why, in German or English (Accept-Language)."""
        with reading(app.engine) as conn:
            document = _owned(conn, document_id, by)
            judged = results.judgement(conn, document_id) if document.state in OUTCOMES else None
        told = decided(app, Result(document.file_name, document, judged, None))
        reasons = () if judged is None else judged.reasons
        return JSONResponse(
            {
                **_summary(document),
                "reasons": partner_view(reasons, told.reading, _language(accept_language)),
                "bonus_units": [jsonout.unit(each, told.reading) for each in told.units],
                "bonus_total": money(total(told.units)),
            }
        )


def _check_quota(app: App, partner_id: str) -> None:
    most = app.settings.uploads_per_day
    with reading(app.engine) as conn:
        if documents.accepted_on(conn, partner_id, today(), most) >= most:
            raise Problem("quota")


def _owned(conn: Connection, document_id: str, partner_id: str) -> Document:
    """Return a partner's document. Errors: Problem `not_found`, also for somebody else's."""
    document = documents.find(conn, document_id) if _ID.fullmatch(document_id) else None
    if document is None or document.partner_id != partner_id:
        raise Problem("not_found")
    return document


def _known(app: App, token: str) -> str | None:
    """Return whose token this is, and write down that it was used."""
    at = dt.datetime.now(dt.UTC)
    with reading(app.engine) as conn:
        found = tokens.find(conn, token)
    if found is not None and tokens.is_new_use(found, at):
        with app.engine.begin() as conn:
            tokens.use(conn, found, at)
    return None if found is None else found.partner_id


def _language(accepted: str) -> Language:
    """Return German where the client asks for it first."""
    return "de" if accepted.strip().lower().startswith("de") else "en"


def _summary(document: Document) -> dict[str, Any]:
    error = (document.error_code, document.error_message or "") if document.error_code else None
    return {
        "id": document.id,
        "file_name": document.file_name,
        "state": document.state.value,
        "accepted_at": document.accepted_at.isoformat(),
        "accepted_on": document.accepted_on.isoformat(),
        "error": jsonout.error(error),
        "links": {"self": f"{ADDRESS}/{document.id}"},
    }
