"""The words of pages, read once and kept as blobs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "page_words",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "page", "rung", name=op.f("pk_page_words")),
    )


def downgrade() -> None:
    """Take the table away; the words can be read again."""
    op.drop_table("page_words")
