"""The tables of batches: runs that an operator chooses, tries out and starts; the others are in store/tables.py."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from store.columns import Cents, Utc
from store.tables import metadata

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("rulebook", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("troubles", Text, nullable=False),
    Column("run_id", Text, ForeignKey("runs.id")),
    Column("started_by", Text),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("worker", Text),
    Column("held_until", Utc),
    Index(None, "state"),
    Index(None, "made_at", "id"),
)
"""`worker` tries it out, until `held_until` unless it says so again."""

batch_changes = Table(
    "batch_changes",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("partner_id", Text, nullable=False),
    Column("state_before", Text, nullable=False),
    Column("codes_before", Text, nullable=False),
    Column("amount_before", Cents, nullable=False),
    Column("state_after", Text, nullable=False),
    Column("codes_after", Text, nullable=False),
    Column("amount_after", Cents, nullable=False),
    PrimaryKeyConstraint("batch_id", "kind", "sequence"),
)
"""What would change (`kind` is trial) and what did (run), in the order of acceptance."""

batch_waiting = Table(
    "batch_waiting",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("stage", Text, nullable=False),
    PrimaryKeyConstraint("batch_id", "document_id"),
)
"""Documents of a paused batch that were taken out of the queue, and the stage that they wait for."""
