"""Pictures of pages, drawn once and kept as blobs: which blob shows a page of these bytes, so and so wide."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from store.tables import page_images


@dataclass(frozen=True, slots=True)
class PageImage:
    """A picture of a page: its size in pixels, and the digest of its blob."""

    width: int
    height: int
    image: str


def find(conn: Connection, digest: str, page: int, width: int) -> PageImage | None:
    """Return the picture of a page (from 1) of the bytes with this digest, or None."""
    of = page_images.c
    query = select(of.width, of.height, of.image).where(of.digest == digest, of.page == page, of.width == width)
    row = conn.execute(query).one_or_none()
    return None if row is None else PageImage(*row)


def every(conn: Connection, digest: str, width: int) -> dict[int, PageImage]:
    """Return the pictures that show pages of the bytes with this digest, by the number of the page."""
    of = page_images.c
    query = select(of.page, of.width, of.height, of.image).where(of.digest == digest, of.width == width)
    return {row.page: PageImage(row.width, row.height, row.image) for row in conn.execute(query)}


def remember(conn: Connection, digest: str, page: int, drawn: PageImage) -> None:
    """Write down what shows a page; where somebody did meanwhile theirs stays."""
    row = {"digest": digest, "page": page, "width": drawn.width, "height": drawn.height, "image": drawn.image}
    try:
        with conn.begin_nested():
            conn.execute(insert(page_images), row)
    except IntegrityError:
        pass
