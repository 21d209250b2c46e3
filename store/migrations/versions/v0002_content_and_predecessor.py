"""By what the same invoice is found under another number, what replaces a document, and what frees devices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was judged before gets its content when it is judged again."""
    op.add_column("documents", sa.Column("content", sa.Text()))
    op.add_column("documents", sa.Column("place", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE documents SET place = acceptance")
    # as SQL: SQLite takes a reference with a new column, and none to one that is there
    op.execute(
        "ALTER TABLE documents ADD COLUMN predecessor TEXT CONSTRAINT fk_documents_predecessor REFERENCES documents (id)"
    )
    op.drop_column("claims", "acceptance")
    op.add_column("claims", sa.Column("frees", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_documents_predecessor"), "documents", ["predecessor"])
    op.create_index(op.f("ix_documents_seller_key_content_acceptance"), "documents", ["seller_key", "content", "acceptance"])


def downgrade() -> None:
    """Refuse: which document replaces which is known nowhere else."""
    raise NotImplementedError("this migration cannot be undone")
