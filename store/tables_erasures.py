"""The table of what was deleted after its time; the others are in store/tables.py."""

from sqlalchemy import Column, ForeignKey, Table, Text

from store.columns import Utc
from store.tables import metadata

erasures = Table(
    "erasures",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
)
"""Documents whose file, readings and judgements were deleted. Their row, history and ledger entries stay."""
