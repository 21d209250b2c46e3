"""The table of the terms that documents are found by; the others are in store/tables.py."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from store.tables import metadata

terms = Table(
    "terms",
    metadata,
    # Beginnings are looked up as ranges, for which signs have to be in the order of their numbers on every database.
    Column("term", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("acceptance", BigInteger, ForeignKey("documents.acceptance"), nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("term", "acceptance", "source"),
    Index(None, "acceptance", "source"),
)
"""`source` tells where a term comes from: the upload (its file name and partner), or what was read."""
