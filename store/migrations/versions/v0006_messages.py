"""What partners and operators say about a document, and rejections that partners do not accept."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "messages",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_messages_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_messages")),
    )
    op.create_table(
        "appeals",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rejected_by", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_appeals_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_appeals")),
    )
    op.create_index(op.f("ix_appeals_closed_at_at"), "appeals", ["closed_at", "at"])


def downgrade() -> None:
    """Take the tables away, and with them what was said."""
    op.drop_table("appeals")
    op.drop_table("messages")
