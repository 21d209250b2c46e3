"""What waits for operators, who looks at what, what they decided, samples of approvals, and how well fields are read."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_TABLES = ("field_checks", "samples", "decisions", "presences", "waiting")
_FILL = """
INSERT INTO waiting (document_id, shelf, state, reason, since, partner_id, seller_key, title, media_type)
SELECT d.id,
  CASE WHEN d.state = 'rejected' THEN CASE WHEN r.outcome IS NULL THEN 'rejected' ELSE 'hidden' END ELSE 'open' END,
  d.state,
  CASE WHEN d.state = 'failed' THEN 'failed' WHEN coalesce(j.codes, '') = '' THEN 'again' ELSE {first} END,
  {since}, d.partner_id, d.seller_key, coalesce(d.number, d.file_name), d.media_type
FROM documents d
JOIN history h ON h.document_id = d.id
  AND h.sequence = (SELECT max(sequence) FROM history WHERE document_id = d.id)
LEFT JOIN judgements j ON j.document_id = d.id
  AND j.sequence = (SELECT max(sequence) FROM judgements WHERE document_id = d.id)
LEFT JOIN rulings r ON r.document_id = d.id
  AND r.sequence = (SELECT max(sequence) FROM rulings WHERE document_id = d.id)
WHERE d.state IN ('review', 'failed', 'rejected')
"""
"""What it is worth is counted later: that needs the rulebook."""
_WORDS = {
    "sqlite": ("substr(j.codes, 1, instr(j.codes || ',', ',') - 1)", "CAST(strftime('%s', h.at) AS INTEGER)"),
    "postgresql": ("split_part(j.codes, ',', 1)", "CAST(floor(extract(epoch FROM h.at)) AS BIGINT)"),
}


def upgrade() -> None:
    """Make the tables, and list what waits."""
    op.create_table(
        "waiting",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stake", sa.BigInteger()),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("seller_key", sa.Text()),
        sa.Column("seller", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("put_by", sa.Text()),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_waiting_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_shelf_since_document_id"), "waiting", ["shelf", "since", "document_id"])
    op.create_table(
        "presences",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_presences_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_presences")),
    )
    _figures()
    first, since = _WORDS[op.get_bind().dialect.name]
    op.execute(_FILL.format(first=first, since=since))


def _figures() -> None:
    op.create_table(
        "decisions",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer()),
        sa.Column("undone_at", MOMENT),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_decisions_document_id")),
        sa.PrimaryKeyConstraint("document_id", "sequence", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"])
    op.create_table(
        "samples",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT),
        sa.Column("agreed", sa.Boolean()),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_samples_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_samples")),
    )
    op.create_table(
        "field_checks",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seller_key", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_field_checks_document_id")),
        sa.PrimaryKeyConstraint("document_id", "rung", name=op.f("pk_field_checks")),
    )
    op.create_index(op.f("ix_field_checks_at"), "field_checks", ["at"])


def downgrade() -> None:
    """Take the tables away, and with them what was counted."""
    for table in _TABLES:
        op.drop_table(table)
