"""The web interface: the routes for programs, and what the process says of itself."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal import access, api, describing
from portal.access import LOCAL, PUBLIC
from portal.problems import Problem, install
from runtime.app import App
from store import blobs, documents
from store.engine import reading
from store.queue import Queue

_HERE = frozenset({"127.0.0.1", "::1", "testclient"})


def web(app: App, ring: Callable[[Queue, str], object]) -> FastAPI:
    """Return the web application over an opened app; `ring` wakes workers after an upload."""
    made = FastAPI(title="cashback", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    install(made)
    api.install(made, app, ring)
    _for_everybody(made, app)
    access.check(made)
    return made


def _for_everybody(made: FastAPI, app: App) -> None:
    @made.get("/healthz", openapi_extra=access.access(PUBLIC))
    def healthz() -> dict[str, str]:
        """Tell that this process lives."""
        return {"status": "ok"}

    @made.get("/readyz", responses=describing.problems(), openapi_extra=access.access(PUBLIC))
    def readyz() -> dict[str, str]:
        """Tell whether database and stored files can be used."""
        with reading(app.engine) as conn:
            documents.listing(conn, limit=1)
        blobs.exists(app.blobs, "0" * 64)
        return {"status": "ready"}

    @made.get("/metrics", openapi_extra=access.access(LOCAL), include_in_schema=False)
    def metrics(request: Request) -> Response:
        """Show the metrics to Prometheus on this machine."""
        if request.client is None or request.client.host not in _HERE:
            raise Problem("not_found")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
