"""Pictures of pages for browsers: drawn once, in a sandbox, and kept as blobs."""

import io
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import TypeVar

from model.reading import Reading
from pipeline.read import XML
from runtime.app import App
from store import blobs, images, results
from store.documents import Document
from store.engine import reading
from store.images import PageImage
from workers.sandbox import Sandbox

WIDTH = 1240
"""Pixels: A4 at 150 dpi, sharp on a screen of double density at half the width."""
QUALITY = 60
Result = TypeVar("Result")


class Undrawable(Exception):
    """Raised where a page cannot be drawn: there is none, or its file cannot be read."""


class Pictures:
    """Draws pages in one process of its own, which is started by the first that is asked for."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._sandbox: Sandbox | None = None

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.close()

    def drawn(self, document: Document, page: int) -> PageImage:
        """Return what shows a page of a document, counted from 1. Errors: Undrawable, OSError."""
        with reading(self._app.engine) as conn:
            found = images.find(conn, document.digest, page, WIDTH)
            read = results.reading(conn, document.id)
        if found is not None:
            return found
        media_type = document.media_type
        if media_type in {None, XML} or read is None or not 1 <= page <= read.page_count:
            raise Undrawable
        data = blobs.read(self._app.blobs, document.digest)
        size, image = self.asked(draw, data, media_type, read, page)
        made = PageImage(*size, blobs.put(self._app.blobs, image))
        with self._app.engine.begin() as conn:
            images.remember(conn, document.digest, page, made)
        return made

    def known(self, document: Document) -> dict[int, PageImage]:
        """Return what shows the pages of a document that were drawn before, by their numbers."""
        with reading(self._app.engine) as conn:
            return images.every(conn, document.digest, WIDTH)

    def asked(self, task: Callable[..., Result], *args: object) -> Result:
        """Return what a task makes of foreign bytes in the sandbox. Errors: Undrawable, whatever went wrong."""
        try:
            return self._box().result(self._box().begin(task, *args))
        except Exception as error:
            raise Undrawable from error

    def bytes_of(self, image: PageImage) -> bytes:
        """Return a picture as WebP. Errors: OSError."""
        return blobs.read(self._app.blobs, image.image)

    def _box(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                self._sandbox = Sandbox(1)
            return self._sandbox


def draw(data: bytes, media_type: str, read: Reading, page: int) -> tuple[tuple[int, int], bytes]:
    """Return size and WebP of a page, upright as the boxes of its evidence refer to it."""
    from PIL import Image  # noqa: PLC0415 (only the process that draws loads it)

    from portal.picture import one_page  # noqa: PLC0415 (the same)

    whole = Image.fromarray(one_page(data, media_type, read, page))
    height = max(1, round(whole.height * WIDTH / whole.width))
    made = io.BytesIO()
    whole.resize((WIDTH, height), Image.Resampling.LANCZOS).save(made, "WEBP", quality=QUALITY, method=4)
    return (WIDTH, height), made.getvalue()


def drawn(pictures: Pictures, document: Document, pages: Iterable[int]) -> Iterator[tuple[int, PageImage]]:
    """Yield those of the pages of a document that can be drawn, with their numbers."""
    known = pictures.known(document)
    for page in pages:
        try:
            yield page, known.get(page) or pictures.drawn(document, page)
        except (Undrawable, OSError):
            continue
