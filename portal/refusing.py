"""Answers to requests that cannot be served: problem details for programs, a page for people."""

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from portal import pages
from portal.problems import TITLES, Problem, answer

log = structlog.get_logger()

_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}


def told(request: Request, code: str) -> Response:
    """Return the answer for a code: a page for whoever asked for one, else JSON."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return answer(code)
    sentences = pages.texts(pages.language_of(request))["problems"]
    return pages.page(request, "problem.html", TITLES[code][0], sentence=sentences.get(code, sentences["other"]))


def install(web: FastAPI) -> None:
    """Answer every error with a problem that says nothing of what is inside."""

    @web.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return told(request, error.code)

    @web.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> Response:
        said = told(request, _BY_STATUS.get(error.status_code, "bad_request"))
        if error.status_code == 405:
            said.headers["Allow"] = ", ".join(sorted(_methods(web, request)))
        return said

    @web.exception_handler(RequestValidationError)
    async def invalid(request: Request, _error: RequestValidationError) -> Response:
        return told(request, "bad_request")

    @web.exception_handler(DBAPIError)
    @web.exception_handler(OSError)
    async def away(request: Request, error: Exception) -> Response:
        log.error("database or files cannot be used", path=request.url.path, error=str(error))
        return told(request, "unavailable")

    @web.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> Response:
        log.error("request failed", path=request.url.path, exc_info=error)
        return told(request, "internal")


def _methods(web: FastAPI, request: Request) -> set[str]:
    """Return what can be done at an address."""
    found = [
        route for route in web.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE
    ]
    return {method for route in found for method in route.methods or ()}
