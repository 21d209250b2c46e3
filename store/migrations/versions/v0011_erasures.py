"""What was deleted after its time."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "erasures",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_erasures_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_erasures")),
    )


def downgrade() -> None:
    """Take the table away; what was deleted stays deleted."""
    op.drop_table("erasures")
