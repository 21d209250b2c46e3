"""The table of the words of pages; the others are in store/tables.py."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text

from store.tables import metadata

page_words = Table(
    "page_words",
    metadata,
    Column("digest", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("rung", Text, nullable=False),
    Column("words", Text, nullable=False),
    PrimaryKeyConstraint("digest", "page", "rung"),
)
"""Which blob holds the words of a page of the bytes with a digest, as a reader of `rung` saw them."""
