"""What the lines and totals of a document come to: by it the same invoice is found under another number."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was judged before gets its value when it is judged again."""
    op.add_column("documents", sa.Column("content", sa.Text()))
    op.create_index(op.f("ix_documents_seller_key_content_acceptance"), "documents", ["seller_key", "content", "acceptance"])


def downgrade() -> None:
    """Take the column away: it can be computed again from the readings."""
    op.drop_index(op.f("ix_documents_seller_key_content_acceptance"), "documents")
    op.drop_column("documents", "content")
