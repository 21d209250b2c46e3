"""The web interface: the routes for programs, and what the process says of itself."""

from fastapi import Depends, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal import (
    access,
    administration,
    api,
    batching,
    beside,
    browsing,
    bulk,
    conversing,
    describing,
    noticing,
    partner,
    refusing,
    reviewing,
    ruling,
    screen,
    signin,
    splitting,
    team,
    waiting,
    words,
)
from portal.access import LOCAL, PUBLIC
from portal.packing import Packing
from portal.pages import Headers
from portal.pictures import Pictures
from portal.uploading import Ring
from runtime.app import App
from store import blobs, documents
from store.engine import reading


def web(app: App, ring: Ring) -> FastAPI:
    """Return the web application over an opened app; `ring` wakes workers after an upload."""
    made = FastAPI(
        title="cashback",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(access.guard(app))],
    )
    made.add_middleware(Headers)
    made.add_middleware(Packing)
    refusing.install(made)
    noticing.install(made, app)
    api.install(made, app, ring)
    signin.install(made, app)
    pictures = made.state.pictures = Pictures(app)
    partner.install(made, app, ring, pictures)
    conversing.install(made, app, ring, pictures)
    browsing.install(made, app)
    batching.install(made, app)
    reviewing.install(made, app, pictures)
    waiting.install(made, app, pictures)
    ruling.install(made, app)
    bulk.install(made, app)
    team.install(made, app)
    screen.install(made, app, pictures)
    administration.install(made, app)
    words.install(made, app, pictures)
    beside.install(made, app, pictures)
    splitting.install(made, app, pictures, ring)
    _for_everybody(made, app)
    access.check(made)
    describing.complete(made)
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
    def metrics() -> Response:
        """Show the metrics to Prometheus on this machine."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
