"""The first tables: registry, documents, ledger, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("entries", "postings", "accruals", "audit")


def upgrade() -> None:
    """Make the tables."""
    _registry()
    _documents()
    _findings()
    _ledger()
    _audit()
    forbid = {"sqlite": _forbid_on_sqlite, "postgresql": _forbid_on_postgresql}
    forbid[op.get_bind().dialect.name]()


def downgrade() -> None:
    """Refuse: what the tables hold is never thrown away."""
    raise NotImplementedError("the first migration cannot be undone")


def _registry() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "partners", sa.Column("id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_partners"))
    )
    op.create_table(
        "partner_versions",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_versions_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "sequence", name=op.f("pk_partner_versions")),
    )
    op.bulk_insert(
        sa.table("counters", sa.column("name", sa.Text), sa.column("value", sa.BigInteger)),
        [{"name": "acceptance", "value": 0}, {"name": "ledger", "value": 0}],
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("acceptance", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("seller_key", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("preceding_number", sa.Text(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_documents_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("acceptance", name=op.f("uq_documents_acceptance")),
    )
    op.create_index(op.f("ix_documents_digest_acceptance"), "documents", ["digest", "acceptance"], unique=False)
    op.create_index(op.f("ix_documents_partner_id_acceptance"), "documents", ["partner_id", "acceptance"], unique=False)
    op.create_index(
        op.f("ix_documents_seller_key_number_acceptance"),
        "documents",
        ["seller_key", "number", "acceptance"],
        unique=False,
    )
    op.create_index(
        op.f("ix_documents_seller_key_preceding_number"), "documents", ["seller_key", "preceding_number"], unique=False
    )
    op.create_index(op.f("ix_documents_state_acceptance"), "documents", ["state", "acceptance"], unique=False)


def _findings() -> None:
    op.create_table(
        "results",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_results_document_id")),
        sa.PrimaryKeyConstraint("document_id", "stage", "sequence", name=op.f("pk_results")),
    )
    op.create_table(
        "judgements",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_judgements_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_judgements")),
    )
    op.create_table(
        "history",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_history_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_history")),
    )
    op.create_table(
        "claims",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("acceptance", sa.BigInteger(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_claims_document_id")),
        sa.PrimaryKeyConstraint("serial", "document_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_document_id"), "claims", ["document_id"], unique=False)


def _ledger() -> None:
    op.create_table(
        "entries",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_entries_document_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_entries_key")),
    )
    op.create_index(op.f("ix_entries_document_id"), "entries", ["document_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_postings_entry")),
        sa.PrimaryKeyConstraint("entry", "sequence", name=op.f("pk_postings")),
    )
    op.create_index(op.f("ix_postings_account_amount"), "postings", ["account", "amount"], unique=False)
    op.create_table(
        "accruals",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("distributor_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("bonus_each", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_accruals_entry")),
        sa.PrimaryKeyConstraint("entry", "sequence", name=op.f("pk_accruals")),
    )
    op.create_index(op.f("ix_accruals_distributor_id_number"), "accruals", ["distributor_id", "number"], unique=False)
    op.create_table(
        "bonus_units",
        sa.Column("distributor_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_bonus_units_document_id")),
        sa.PrimaryKeyConstraint("distributor_id", "number", "line", "unit", name=op.f("pk_bonus_units")),
    )
    op.create_index(op.f("ix_bonus_units_document_id"), "bonus_units", ["document_id"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
    )


def _forbid_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _forbid_on_postgresql() -> None:
    # ALWAYS: also where a replica plays back what was done elsewhere
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
