"""The tables of rulebooks, of drafts that change them or the registry, and of what seals the audit."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from store import tables
from store.columns import Utc
from store.tables import metadata

rulebooks = Table(
    "rulebooks",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("versions", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
"""The rulebooks that went live here, the first one as it was in its folder; the last one is what is judged by."""

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("base_content", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("preview_state", Text, nullable=False),
    Column("preview_until", Utc),
    Column("preview", Text),
    Column("approved_by", Text),
    Column("approved_at", Utc),
    Column("made_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("run_id", Text, ForeignKey("runs.id")),
    Index(None, "state", "made_at"),
    Index(None, "preview_state"),
)
"""A change that is not yet live: of a rulebook or of partners, as it will be and as it was when it was drafted."""

draft_steps = Table(
    "draft_steps",
    metadata,
    Column("draft_id", Text, ForeignKey("drafts.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("draft_id", "sequence"),
)
"""What was done to a draft; `what` is drafted, changed, approved, live or dropped."""

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, ForeignKey("audit.position"), nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("position"),
)
"""Each act of the audit with a hash over it and the seal before, in the order in which they were sealed."""

checks = Table(
    "checks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("fault", Text),
)
"""What came of the last check of the ledger ("ledger") and of the audit ("audit"): the head, and the first fault."""

APPEND_ONLY = (*tables.APPEND_ONLY, rulebooks, draft_steps, audit_seals)
"""Rows here are never changed or deleted: the database itself refuses it."""
