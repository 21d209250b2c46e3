"""The tables of what partners and operators say to each other about a document; the others are in store/tables.py."""

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from store.columns import Utc
from store.tables import metadata

messages = Table(
    "messages",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("document_id", "sequence"),
)
"""What was said, in order; `kind` is appeal, question (of an operator), answer (of the partner) or word (to it)."""

appeals = Table(
    "appeals",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("rejected_by", Text, nullable=False),
    Column("closed_at", Utc),
    Index(None, "closed_at", "at"),
)
"""A rejected document that its partner does not accept: it waits for a person other than `rejected_by` until closed."""
