"""Rulebooks, drafts, the seals of the audit; an act tells the old and the new value."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("rulebooks", "draft_steps", "audit_seals")


def upgrade() -> None:
    """Make the tables, and have the database refuse to change what is only appended to."""
    _rulebooks_and_drafts()
    _audit()
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in APPEND_ONLY:
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    """Take the tables away: what is judged by is the rulebook of the folder again."""
    for table in ("checks", "audit_seals", "draft_steps", "drafts", "rulebooks"):
        op.drop_table(table)
    for columns in ("about_position", "who_position", "what_position"):
        op.drop_index(op.f(f"ix_audit_{columns}"), "audit")
    op.drop_column("audit", "old")
    op.drop_column("audit", "new")
    op.execute("DELETE FROM counters WHERE name = 'seals'")


def _rulebooks_and_drafts() -> None:
    op.create_table(
        "rulebooks",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebooks")),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("base_content", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("preview_state", sa.Text(), nullable=False),
        sa.Column("preview_until", MOMENT),
        sa.Column("preview", sa.Text()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_at", MOMENT),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("run_id", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_drafts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_state_made_at"), "drafts", ["state", "made_at"])
    op.create_index(op.f("ix_drafts_preview_state"), "drafts", ["preview_state"])
    op.create_table(
        "draft_steps",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_steps_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "sequence", name=op.f("pk_draft_steps")),
    )


def _audit() -> None:
    op.add_column("audit", sa.Column("old", sa.Text()))
    op.add_column("audit", sa.Column("new", sa.Text()))
    for column in ("about", "who", "what"):
        op.create_index(op.f(f"ix_audit_{column}_position"), "audit", [column, "position"])
    op.create_table(
        "audit_seals",
        sa.Column("sequence", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["position"], ["audit.position"], name=op.f("fk_audit_seals_position")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_seals_position")),
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('seals', 0)")
    op.create_table(
        "checks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checks")),
    )
