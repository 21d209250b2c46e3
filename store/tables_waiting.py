"""The tables of operators' work: what waits for them, who looks at what, what they decided.

Moments by which lists are sorted are whole seconds since 1970, so that SQL counts with them alike on every database.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from store.columns import Cents, Utc
from store.tables import metadata

waiting = Table(
    "waiting",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("shelf", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("stake", Cents),
    Column("since", BigInteger, nullable=False),
    Column("partner_id", Text, nullable=False),
    Column("seller_key", Text),
    Column("seller", Text),
    Column("title", Text, nullable=False),
    Column("media_type", Text),
    Column("until", BigInteger),
    Column("put_by", Text),
    Index(None, "shelf", "since", "document_id"),
)
"""A document that is not simply approved. `shelf` is the list that shows it: open, rejected, or hidden from both.

`reason` is its first reason's code, or failed or sample; `stake` what it would earn if it were approved, None where
that was not counted yet. One that was put back is hidden from others until `until`.
"""

presences = Table(
    "presences",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("who", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Who has a document open, and until when that is believed without a further sign."""

decisions = Table(
    "decisions",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("seconds", Integer),
    Column("undone_at", Utc),
    PrimaryKeyConstraint("document_id", "sequence"),
    Index(None, "at"),
)
"""What people decided in the portal: `seconds` from when it was shown; None where that is not known."""

samples = Table(
    "samples",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("drawn_at", Utc, nullable=False),
    Column("checked_at", Utc),
    Column("agreed", Boolean),
)
"""Approvals that a person looks at afterwards, and whether it agreed."""

field_checks = Table(
    "field_checks",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("rung", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("seller_key", Text),
    Column("source", Text, nullable=False),
    Column("fields", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    PrimaryKeyConstraint("document_id", "rung"),
    Index(None, "at"),
)
"""How many values of a document that a person decided on had been read by a rung, and how many of them wrongly."""
