"""Batches: runs that an operator chooses, tries out and starts; and the terms that documents are found by."""

import json
from decimal import Decimal, InvalidOperation

import sqlalchemy as sa
from alembic import op

from store.search import of_name, of_values

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("rulebook", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("started_by", sa.Text()),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("worker", sa.Text()),
        sa.Column("held_until", MOMENT),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batches_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_state"), "batches", ["state"])
    op.create_index(op.f("ix_batches_made_at_id"), "batches", ["made_at", "id"])
    _changes()
    _find_old(op.get_bind(), _terms())


def _changes() -> None:
    op.create_table(
        "batch_changes",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("codes_before", sa.Text(), nullable=False),
        sa.Column("amount_before", sa.BigInteger(), nullable=False),
        sa.Column("state_after", sa.Text(), nullable=False),
        sa.Column("codes_after", sa.Text(), nullable=False),
        sa.Column("amount_after", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_changes_batch_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_batch_changes_document_id")),
        sa.PrimaryKeyConstraint("batch_id", "kind", "sequence", name=op.f("pk_batch_changes")),
    )
    op.create_table(
        "batch_waiting",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_waiting_batch_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_batch_waiting_document_id")),
        sa.PrimaryKeyConstraint("batch_id", "document_id", name=op.f("pk_batch_waiting")),
    )



def _terms() -> sa.Table:
    made = op.create_table(
        "terms",
        sa.Column("term", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("acceptance", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["acceptance"], ["documents.acceptance"], name=op.f("fk_terms_acceptance")),
        sa.PrimaryKeyConstraint("term", "acceptance", "source", name=op.f("pk_terms")),
    )
    op.create_index(op.f("ix_terms_acceptance_source"), "terms", ["acceptance", "source"])
    return made


def _find_old(conn: sa.Connection, made: sa.Table) -> None:
    """Write down the terms of the documents that are there."""
    last = "SELECT max(sequence) FROM partner_versions o WHERE o.partner_id = v.partner_id"
    named = conn.execute(sa.text(f"SELECT partner_id, body FROM partner_versions v WHERE sequence = ({last})"))
    names = {partner: json.loads(body)["name"] for partner, body in named}
    part: list[dict[str, object]] = []
    reached = 0
    page = sa.text(
        "SELECT id, acceptance, file_name, partner_id, number FROM documents WHERE acceptance > :reached"
        " ORDER BY acceptance LIMIT 500"
    )
    read = sa.text(
        "SELECT body FROM results WHERE document_id = :id AND stage IN ('extract', 'correct')"
        " ORDER BY stage, sequence DESC LIMIT 1"
    )
    while rows := conn.execute(page, {"reached": reached}).all():
        for row in rows:
            own = (row.file_name, row.partner_id, names.get(row.partner_id, ""))
            found = {(one, "upload") for name in own for one in of_name(name)}
            serials = conn.execute(sa.text("SELECT serial FROM claims WHERE document_id = :id"), {"id": row.id}).scalars()
            body = conn.execute(read, {"id": row.id}).scalar_one_or_none()
            found |= {(one, "reading") for one in of_values(row.number, serials, _gross(body))}
            part += [{"term": one, "acceptance": row.acceptance, "source": source} for one, source in sorted(found)]
        conn.execute(sa.insert(made), part)
        part, reached = [], rows[-1].acceptance


def _gross(body: str | None) -> Decimal | None:
    invoice = json.loads(body).get("invoice") if body else None
    try:
        gross = ((invoice or {}).get("totals") or {}).get("gross")
        return None if gross is None else Decimal(str(gross))
    except InvalidOperation:
        return None


def downgrade() -> None:
    """Take the tables away; what the runs did stays."""
    op.drop_table("terms")
    op.drop_table("batch_waiting")
    op.drop_table("batch_changes")
    op.drop_table("batches")
