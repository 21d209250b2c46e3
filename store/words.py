"""The words of pages, read once and kept as blobs: which blob holds those of a page, as a reader saw them."""

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from store.tables_words import page_words


def find(conn: Connection, digest: str, page: int, rung: str) -> str | None:
    """Return the digest of the blob with the words of a page (from 1) of these bytes, or None."""
    of = page_words.c
    query = select(of.words).where(of.digest == digest, of.page == page, of.rung == rung)
    return conn.execute(query).scalar_one_or_none()


def remember(conn: Connection, digest: str, page: int, rung: str, words: str) -> None:
    """Write down which blob holds the words of a page; where somebody did meanwhile theirs stays."""
    row = {"digest": digest, "page": page, "rung": rung, "words": words}
    try:
        with conn.begin_nested():
            conn.execute(insert(page_words), row)
    except IntegrityError:
        pass
