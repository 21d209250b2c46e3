"""Answers made small for their way: text alone, and no page that another site may have asked for.

The length of a page that is packed tells something of what stands in it. Who has a browser ask for pages and watches
their lengths could find out the word of a session that way; so a page goes unpacked unless the browser says that one
of our own pages, or its user, asked for it.
"""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST = 500
"""Bytes from which on an answer is packed."""
_PACKED = (".webp", ".pdf", ".xlsx", "/original")
"""Ends of addresses of what is packed in its own way."""
_PUBLIC = ("/static/", "/openapi.json")


class Packing:
    """Packs answers with gzip for clients that understand it."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packing = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await (self._packing if _may(scope) else self._plain)(scope, receive, send)


def _may(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["path"].endswith(_PACKED):
        return False
    if scope["path"].startswith(_PUBLIC):
        return True
    return Headers(scope=scope).get("sec-fetch-site") in {"same-origin", "none"}
