"""The tables, in SQLAlchemy Core. Migrations make them (store/migrations); a test compares the two.

Order that matters (acceptance, ledger, judgements) comes from the table `counters`: its row is locked until the
transaction ends, so that a higher number is never visible before a lower one, on SQLite and on PostgreSQL.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from store.columns import Cents, Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

partners = Table(
    "partners",
    metadata,
    Column("id", Text, primary_key=True),
)

partner_versions = Table(
    "partner_versions",
    metadata,
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("imported_at", Utc, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("partner_id", "sequence"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("acceptance", BigInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("predecessor", Text, ForeignKey("documents.id")),
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("page_count", Integer),
    Column("accepted_on", Date, nullable=False),
    Column("accepted_at", Utc, nullable=False),
    Column("state", Text, nullable=False),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("seller_key", Text),
    Column("number", Text),
    Column("preceding_number", Text),
    Column("issue_date", Date),
    Column("content", Text),
    Column("revenue", Cents),
    UniqueConstraint("acceptance"),
    Index(None, "digest", "acceptance"),
    Index(None, "seller_key", "number", "acceptance"),
    Index(None, "seller_key", "preceding_number"),
    Index(None, "seller_key", "content", "acceptance"),
    Index(None, "predecessor"),
    Index(None, "partner_id", "acceptance"),
    Index(None, "partner_id", "issue_date"),
    Index(None, "state", "acceptance"),
)

results = Table(
    "results",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("stage", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    PrimaryKeyConstraint("document_id", "stage", "sequence"),
)

judgements = Table(
    "judgements",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("rulebook", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("case", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    PrimaryKeyConstraint("document_id", "sequence"),
)

history = Table(
    "history",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("document_id", "sequence"),
)

claims = Table(
    "claims",
    metadata,
    Column("serial", Text, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("printed", Text, nullable=False),
    Column("frees", Boolean, nullable=False),
    PrimaryKeyConstraint("serial", "document_id"),
    Index(None, "document_id"),
)

entries = Table(
    "entries",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("document_id", Text, ForeignKey("documents.id")),
    Column("memo", Text, nullable=False),
    Column("booked_at", Utc, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("key"),
    Index(None, "document_id"),
    Index(None, "partner_id", "booked_at"),
)

postings = Table(
    "postings",
    metadata,
    Column("entry", BigInteger, ForeignKey("entries.position"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("amount", Cents, nullable=False),
    Column("balance", Cents, nullable=False),
    PrimaryKeyConstraint("entry", "sequence"),
    Index(None, "account", "entry"),
)

accruals = Table(
    "accruals",
    metadata,
    Column("entry", BigInteger, ForeignKey("entries.position"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("distributor_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("bonus_each", Cents, nullable=False),
    PrimaryKeyConstraint("entry", "sequence"),
    Index(None, "distributor_id", "number"),
)

bonus_units = Table(
    "bonus_units",
    metadata,
    Column("distributor_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    PrimaryKeyConstraint("distributor_id", "number", "line", "unit"),
    Index(None, "document_id"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("rulebook", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("up_to", BigInteger, nullable=False),
    Column("reached", BigInteger, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
)

run_documents = Table(
    "run_documents",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("state_before", Text, nullable=False),
    Column("codes_before", Text, nullable=False),
    Column("amount_before", Cents, nullable=False),
    PrimaryKeyConstraint("run_id", "document_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("stage", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("partner_id", Text, nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("token", BigInteger),
    Column("worker", Text),
    Column("leased_until", Utc),
    Column("due_at", Utc, nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("run_id", Text, ForeignKey("runs.id")),
    Index(None, "queue", "priority", "turn", "document_id"),
    Index(None, "queue", "priority", "partner_id", "turn"),
    Index(None, "run_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("began_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("outcome", Text),
    PrimaryKeyConstraint("document_id", "sequence"),
)

rulings = Table(
    "rulings",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("outcome", Text),
    Column("judged", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("document_id", "sequence"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("used_at", Utc),
    Column("revoked_at", Utc),
    UniqueConstraint("digest"),
    Index(None, "partner_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    PrimaryKeyConstraint("partner_id", "key"),
)

page_images = Table(
    "page_images",
    metadata,
    Column("digest", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("image", Text, nullable=False),
    PrimaryKeyConstraint("digest", "page", "width"),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("partner_id", Text, ForeignKey("partners.id")),
    Column("password", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("ended_at", Utc),
    UniqueConstraint("name"),
    Index(None, "partner_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("people.id"), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Index(None, "person_id"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "subject", "at"),
)

payment_lists = Table(
    "payment_lists",
    metadata,
    Column("id", Text, primary_key=True),
    Column("prepared_by", Text, nullable=False),
    Column("prepared_at", Utc, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Utc),
    Column("outcome", Text),
)

payments = Table(
    "payments",
    metadata,
    Column("list_id", Text, ForeignKey("payment_lists.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("partner_id", Text, ForeignKey("partners.id"), nullable=False),
    Column("amount", Cents, nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("reference", Text, nullable=False),
    PrimaryKeyConstraint("list_id", "key"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("ended_at", Utc),
)

notices = Table(
    "notices",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("entry", BigInteger, ForeignKey("entries.position"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("trouble", Text),
    PrimaryKeyConstraint("webhook_id", "entry"),
    Index(None, "webhook_id", "state", "entry"),
)

audit = Table(
    "audit",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Index(None, "about", "position"),
    Index(None, "who", "position"),
    Index(None, "what", "position"),
)

APPEND_ONLY = (entries, postings, accruals, audit)
"""Rows here are never changed or deleted: the database itself refuses it."""
