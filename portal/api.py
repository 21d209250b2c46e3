"""The routes for programs: upload documents for a partner, and ask what became of them.

A document of somebody else is answered as one that does not exist.
"""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from model.money import money
from model.state import OUTCOMES
from portal import describing, jsonout, uploading
from portal.access import TOKEN, By, access
from portal.decided import total
from portal.deciding import decided
from portal.owning import owned
from portal.partner_view import partner_view
from portal.problems import Problem
from portal.uploading import Ring
from runtime.app import App
from store import documents, results
from store.documents import Document
from store.engine import reading
from validators.sentences import Language
from workers.embedded import Result

ADDRESS = "/api/v1/documents"
PAGE, MOST = 50, 100
"""Documents of one page of a listing: by default, and at most."""
_LIMITS: dict[str, Any] = {"minimum": 1, "maximum": MOST}
_BEARER = HTTPBearer(auto_error=False, description="A token of a partner, made by `cashback partners token ID`.")
_DESCRIBED = [Depends(_BEARER)]
"""What the description says of tokens; portal.access looks at them."""


def install(made: FastAPI, app: App, ring: Ring) -> None:
    """Add the routes; `ring` wakes workers after an upload."""
    _take(made, app, ring)
    _tell(made, app)


def _take(made: FastAPI, app: App, ring: Ring) -> None:
    @made.post(
        ADDRESS,
        status_code=202,
        response_model=describing.Summary,
        responses=describing.problems(
            "unauthorised", "too_large", "unsupported_type", "empty", "no_file", "several_files", "bad_key",
            "key_reused", "quota", "not_found", "not_replaceable",
        ),
        dependencies=_DESCRIBED,
        openapi_extra=access(TOKEN) | {"requestBody": describing.UPLOAD},
    )  # fmt: skip
    async def upload(
        request: Request,
        by: By,
        idempotency_key: Annotated[  # noqa: ARG001 (for the description; portal.uploading reads it)
            str | None, Header(description="What is sent again with the same key is the same document.")
        ] = None,
        replaces: Annotated[
            str | None,
            Query(description="A document in review, rejected or failed that this one replaces."),
        ] = None,
    ) -> JSONResponse:
        """Upload one document: as the part `file` of a form, or as the body.

        Several parts `file` are pictures of its pages, in order.
        A body is named by Content-Disposition, or by X-Filename in percent-encoded UTF-8.
        """
        document = await uploading.take(app, ring, request, by.partner, replaces=replaces)
        return JSONResponse(summary(document), 202, {"Location": f"{ADDRESS}/{document.id}"})


def _tell(made: FastAPI, app: App) -> None:
    @made.get(
        ADDRESS,
        response_model=describing.Listing,
        responses=describing.problems("unauthorised", "bad_limit", "not_found"),
        dependencies=_DESCRIBED,
        openapi_extra=access(TOKEN),
    )
    def listing(
        by: By,
        limit: Annotated[int, Query(description="Documents on the page.", json_schema_extra=_LIMITS)] = PAGE,
        before: Annotated[str | None, Query(description="Only those accepted before this document.")] = None,
    ) -> JSONResponse:
        """List the documents of the partner, the last ones first."""
        if not 1 <= limit <= MOST:
            raise Problem("bad_limit")
        with reading(app.engine) as conn:
            last = None if before is None else owned(conn, before, by.partner)
            found = documents.latest(conn, by.partner, before=last, limit=limit + 1)
        more = f"{ADDRESS}?limit={limit}&before={found[limit - 1].id}" if len(found) > limit else None
        return JSONResponse({"documents": [summary(one) for one in found[:limit]], "next": more})

    @made.get(
        ADDRESS + "/{document_id}",
        response_model=describing.Full,
        responses=describing.problems("unauthorised", "not_found"),
        dependencies=_DESCRIBED,
        openapi_extra=access(TOKEN),
    )
    def show(document_id: str, by: By, accept_language: Annotated[str, Header()] = "en") -> JSONResponse:
        """Tell what became of a document, and why, in German or English (Accept-Language)."""
        with reading(app.engine) as conn:
            document = owned(conn, document_id, by.partner)
            judged = results.judgement(conn, document_id) if document.state in OUTCOMES else None
        told = decided(app, Result(document.file_name, document, judged, None))
        reasons = () if judged is None else judged.reasons
        return JSONResponse(
            {
                **summary(document),
                "reasons": partner_view(reasons, told.reading, _language(accept_language)),
                "bonus_units": [jsonout.unit(each, told.reading) for each in told.units],
                "bonus_total": money(total(told.units)),
            }
        )


def _language(accepted: str) -> Language:
    """Return German where the client asks for it first."""
    return "de" if accepted.strip().lower().startswith("de") else "en"


def summary(document: Document) -> dict[str, Any]:
    """Return a document and the state it is in, as describing.Summary."""
    error = (document.error_code, document.error_message or "") if document.error_code else None
    return {
        "id": document.id,
        "file_name": document.file_name,
        "state": document.state.value,
        "accepted_at": document.accepted_at.isoformat(),
        "accepted_on": document.accepted_on.isoformat(),
        "error": jsonout.error(error),
        "replaces": document.predecessor,
        "links": {"self": f"{ADDRESS}/{document.id}"},
    }
