"""The queue of record, its runs and attempts; what people rule; the tokens that programs upload with."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables; documents that were under way stand in the queue from now on."""
    _runs()
    _queue()
    _people()
    _codes()
    op.execute(
        "INSERT INTO deliveries (document_id, stage, queue, priority, partner_id, turn, attempts, due_at, queued_at) "
        "SELECT id, CASE state WHEN 'extracted' THEN 'judge' ELSE 'read' END, 'light', 0, partner_id, acceptance, 0, "
        "accepted_at, accepted_at FROM documents WHERE state IN ('received', 'read', 'extracted')"
    )


def downgrade() -> None:
    """Refuse: what is under way and what people ruled is known nowhere else."""
    raise NotImplementedError("this migration cannot be undone")


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "run_documents",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("codes_before", sa.Text(), nullable=False),
        sa.Column("amount_before", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_documents_run_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_run_documents_document_id")),
        sa.PrimaryKeyConstraint("run_id", "document_id", name=op.f("pk_run_documents")),
    )


def _queue() -> None:
    op.create_table(
        "deliveries",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger()),
        sa.Column("worker", sa.Text()),
        sa.Column("leased_until", MOMENT),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_deliveries_document_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_deliveries_run_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_deliveries")),
    )
    for columns in (
        ["queue", "priority", "turn", "document_id"],
        ["queue", "priority", "partner_id", "turn"],
        ["run_id"],
    ):
        op.create_index(op.f(f"ix_deliveries_{'_'.join(columns)}"), "deliveries", columns)
    op.create_table(
        "attempts",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("outcome", sa.Text()),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_attempts_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_attempts")),
    )


def _people() -> None:
    op.create_table(
        "rulings",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("judged", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_rulings_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_rulings")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_tokens_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_partner_id"), "tokens", ["partner_id"])
    op.create_table(
        "idempotency",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_idempotency_partner_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_idempotency_document_id")),
        sa.PrimaryKeyConstraint("partner_id", "key", name=op.f("pk_idempotency")),
    )


def _codes() -> None:
    """Write the codes of each judgement's reasons beside it, so that documents are found by them."""
    op.add_column("judgements", sa.Column("codes", sa.Text(), nullable=False, server_default=""))
    judged = sa.table("judgements", *map(sa.column, ("document_id", "sequence", "body", "codes")))
    conn = op.get_bind()
    for row in conn.execute(sa.select(judged)).all():
        codes = dict.fromkeys(reason["finding"]["code"] for reason in json.loads(row.body)["reasons"])
        this = (judged.c.document_id == row.document_id, judged.c.sequence == row.sequence)
        conn.execute(sa.update(judged).where(*this).values(codes=", ".join(codes)))
