"""A correction of a document that was changed meanwhile: what was, what a person wrote, and what is now."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from model.reading import Reading
from portal import correcting
from portal.pages import page
from runtime.app import App
from store import documents, results
from store.documents import Document
from store.engine import reading


@dataclass(frozen=True, slots=True)
class Clash:
    """One value: as it was when the page was shown, as the person wrote it, and as it is now."""

    path: str
    was: str
    yours: str
    now: str


def answer(app: App, request: Request, document: Document, form: Mapping[str, str]) -> Response:
    """Return the page on which a person chooses what of a correction is to hold."""
    with reading(app.engine) as conn:
        steps = documents.steps(conn, document.id)
        shown = next((one for one in steps if str(one.sequence) == form["seen"]), steps[0])
        was, now = results.reading_at(conn, document.id, shown.at), results.reading(conn, document.id)
    found = clashes(was, now, form) if now else []
    return page(request, "stale.html", 409, document=document, clashes=found, seen=steps[-1].sequence)


def clashes(was: Reading | None, now: Reading, form: Mapping[str, str]) -> list[Clash]:
    """Return the values that a person changed, or that changed meanwhile."""
    if now.invoice is None:
        return []
    found = []
    for path in correcting.fields(now.invoice):
        new = correcting.value(now.invoice, path)
        try:
            old = correcting.value(was.invoice, path) if was and was.invoice else ""
        except IndexError:
            old = ""
        yours = form.get(path, old)
        if yours != old or (new != old and path in form):
            found.append(Clash(path, old, yours, new))
    return found
