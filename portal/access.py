"""Who may use a route: each says so itself, and one that does not keeps the server from starting."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

PUBLIC, PARTNER, LOCAL = "public", "partner", "local"
"""Anybody; a partner with a token; a client on this machine."""
_ALL = frozenset({PUBLIC, PARTNER, LOCAL})
_KEY = "x-access"


class Undeclared(Exception):
    """Raised at the start for a route that does not say who may use it."""


def access(who: str) -> dict[str, Any]:
    """Return what a route says of itself, as its `openapi_extra`."""
    return {_KEY: who}


def check(made: FastAPI) -> None:
    """Make sure that each route says who may use it. Errors: Undeclared."""
    for route in made.routes:
        declared = (route.openapi_extra or {}).get(_KEY) if isinstance(route, APIRoute) else None
        if declared not in _ALL and getattr(route, "path", None) != made.openapi_url:
            raise Undeclared(getattr(route, "path", str(route)))
