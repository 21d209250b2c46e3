"""A file that holds several invoices: where it may be split, and the parts that take its place."""

import json
from pathlib import PurePath
from typing import Annotated

from fastapi import FastAPI, Form, Response
from fastapi.responses import RedirectResponse

from model.reading import Reading
from model.state import ForbiddenMove
from portal.access import OPERATOR, By, access
from portal.pictures import Pictures, Undrawable
from portal.problems import Problem
from portal.reviewing import visible
from portal.uploading import Ring
from portal.words import page_of
from runtime.app import App
from store import blobs, documents, results, words
from store.documents import Document
from store.engine import reading
from workers import steps

_STARTS = "split"
"""Stands for the reader where the pages are noted on which an invoice begins."""


def install(made: FastAPI, app: App, pictures: Pictures, ring: Ring) -> None:
    """Add the route; `ring` wakes workers, who read the parts."""

    @made.post("/review/{document_id}/split", openapi_extra=access(OPERATOR), include_in_schema=False)
    def split(
        document_id: str, by: By, seen: Annotated[int, Form()], at: Annotated[list[int] | None, Form()] = None
    ) -> Response:
        """Let a document for each invoice in a file take its place; `at` are the pages on which another one begins."""
        document, starts = visible(app, document_id, None), sorted(set(at or ()))
        with reading(app.engine) as conn:
            current = documents.last_step(conn, document.id)
        if not starts or document.media_type != "application/pdf":
            raise Problem("bad_request")
        if current != seen:
            return RedirectResponse(f"/review/{document_id}?moved=1", 303)
        data, name = blobs.read(app.blobs, document.digest), PurePath(document.file_name)
        try:
            files = pictures.asked(cut, data, starts)
        except Undrawable as error:
            raise Problem("bad_request") from error
        named = [(part, f"{name.stem}-{number}{name.suffix}") for number, part in enumerate(files, 1)]
        try:
            accepted = steps.supersede(app, document_id, named, document.accepted_on, by.person.name)
        except ForbiddenMove:
            return RedirectResponse(f"/review/{document_id}?moved=1", 303)
        for one in accepted:
            ring("light", one.id)
        return RedirectResponse(f"/review?done={document_id}", 303)


def proposed(app: App, pictures: Pictures, document: Document, read: Reading) -> tuple[int, ...]:
    """Return the pages (from 2) on which another invoice seems to begin; none where that cannot be told."""
    with reading(app.engine) as conn:
        found = words.find(conn, document.digest, 0, _STARTS)
        tape = results.tape(conn, document.digest)
    if found is None:
        data = blobs.read(app.blobs, document.digest)
        engines = blobs.read(app.blobs, tape) if tape else None
        try:
            made = pictures.asked(starts, data, document.media_type, read, engines)
        except Undrawable:
            return ()
        found = blobs.put(app.blobs, made)
        with app.engine.begin() as conn:
            words.remember(conn, document.digest, 0, _STARTS, found)
    return tuple(json.loads(blobs.read(app.blobs, found)))


def starts(data: bytes, media_type: str, read: Reading, tape: bytes | None) -> bytes:
    """Return the numbers of the pages on which another invoice begins, as JSON."""
    from extractors.split import split  # noqa: PLC0415 (only the process that looks loads it)

    pages = [page_of(data, media_type, read, number, tape) for number in range(1, read.page_count + 1)]
    return json.dumps([group[0].number for group in split(pages)[1:]]).encode()


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """Return the parts of a PDF."""
    from extractors.parts import parts  # noqa: PLC0415 (only the process that cuts loads it)

    return parts(data, at)
