"""The words on a page with their places, for whoever points at one, and a place that is read again, enlarged."""

import json
from dataclasses import astuple
from typing import Annotated

from fastapi import FastAPI, Form, Response
from fastapi.responses import JSONResponse

from model.page import Page, Word
from model.reading import Evidence, Reading, rungs_on
from portal.access import OPERATOR, access
from portal.correcting import FIGURES, NoValue, parsed
from portal.pictures import Pictures, Undrawable
from portal.problems import Problem
from portal.reviewing import visible
from runtime.app import App
from store import blobs, results, words
from store.documents import Document
from store.engine import reading
from workers import steps

Text = Annotated[str, Form(max_length=300)]
_KEPT = "private, max-age=31536000, immutable"
_Place = tuple[float, float, float, float]


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""
    address = "/documents/{document_id}/pages/{number}/words.json"

    @made.get(address, openapi_extra=access(OPERATOR), include_in_schema=False)
    def on_page(document_id: str, number: int) -> Response:
        """Tell the words on a page, each with its box as shares of the page."""
        document = visible(app, document_id, None)
        try:
            found = words_of(app, pictures, document, number)
        except Undrawable as error:
            raise Problem("not_found") from error
        return Response(found, media_type="application/json", headers={"Cache-Control": _KEPT})

    @made.post("/review/{document_id}/reread", openapi_extra=access(OPERATOR), include_in_schema=False)
    def reread(document_id: str, page: Annotated[int, Form()], box: Text, field: Text = "") -> Response:
        """Read a place on a page again, enlarged; for a field that holds a number, digits first."""
        document = visible(app, document_id, None)
        place = _box(box)
        with reading(app.engine) as conn:
            read = results.reading(conn, document.id)
        if document.media_type is None or read is None or not 1 <= page <= read.page_count:
            raise Problem("not_found")
        data = blobs.read(app.blobs, document.digest)
        try:
            text = pictures.asked(again, data, document.media_type, read, (page, place), field)
        except Undrawable as error:
            raise Problem("not_found") from error
        return JSONResponse({"text": text})


def words_of(app: App, pictures: Pictures, document: Document, number: int) -> bytes:
    """Return the words of a page (from 1) as JSON, read in the sandbox by whoever asks first. Errors: Undrawable."""
    with reading(app.engine) as conn:
        read = results.reading(conn, document.id)
    if document.media_type is None or read is None or not 1 <= number <= read.page_count:
        raise Undrawable
    rung = "+".join(sorted(rungs_on(read, number))) or read.source
    with reading(app.engine) as conn:
        found = words.find(conn, document.digest, number, rung)
    if found is not None:
        return blobs.read(app.blobs, found)
    data, tape = blobs.read(app.blobs, document.digest), steps.tape(app, document)
    made = pictures.asked(look, data, document.media_type, read, number, tape)
    digest = blobs.put(app.blobs, made)
    with app.engine.begin() as conn:
        words.remember(conn, document.digest, number, rung, digest)
    return made


def look(data: bytes, media_type: str, read: Reading, number: int, tape: bytes | None) -> bytes:
    """Return the words of a page as JSON: its size in points, and text and box of each word in the order of reading."""
    page = page_of(data, media_type, read, number, tape)
    size = (page.width, page.height) * 2
    found = [
        [word.text, *(round(edge / of, 4) for edge, of in zip(astuple(word.box), size, strict=True))]
        for word in page.words
    ]
    told = {"width": page.width, "height": page.height, "words": found}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def page_of(data: bytes, media_type: str, read: Reading, number: int, tape: bytes | None) -> Page:
    """Return a page with its words, as the places of its values refer to them. For the sandbox."""
    from extractors.tape import playing, unpacked  # noqa: PLC0415 (only the process that looks loads it)
    from pipeline.read import TEXT, one_page  # noqa: PLC0415 (the same)
    from portal.picture import ocr_rung  # noqa: PLC0415 (the same)

    with playing(unpacked(tape) if tape is not None else {}):
        return one_page(data, media_type, number, ocr_rung(read, number) or TEXT[0])


def again(data: bytes, media_type: str, read: Reading, at: tuple[int, _Place], field: str) -> str:
    """Return what stands at a place of a page, as the second OCR reader sees it enlarged."""
    from extractors import cells, tesseract  # noqa: PLC0415 (only the process that looks loads them)
    from portal.picture import one_page  # noqa: PLC0415 (the same)

    number, box = at
    gray = one_page(data, media_type, read, number)
    page = Page(number, gray.shape[1], gray.shape[0], (), "ocr", tesseract.RUNG)
    place = Evidence(box=box, rung=tesseract.RUNG).place(page)
    cut = cells.cut_out(page, (Word("", place),), gray)
    for letters in (cells.DIGITS, "") if field.rpartition(".")[2] in FIGURES else ("",):
        text = " ".join(tesseract.cell(cut, letters).split())
        try:
            if parsed(field, text) is not None:
                return text
        except NoValue:
            continue
    return text


def _box(text: str) -> _Place:
    try:
        x0, top, x1, bottom = (float(share) for share in text.split(","))
    except ValueError as error:
        raise Problem("bad_request") from error
    if not (0 <= x0 < x1 <= 1 and 0 <= top < bottom <= 1):
        raise Problem("bad_request")
    return x0, top, x1, bottom
