"""The ledger beyond documents: chained entries with balances, payments, and what other systems are told of them.

Entries written before get their partner, their hash and their balances here, in their order.
"""

import hashlib
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and bring what is booked into its new form."""
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("revenue", sa.BigInteger()))
    if op.get_bind().dialect.name == "postgresql":
        _ledger_on_postgresql()
    else:
        _ledger_on_sqlite()
    op.create_index(op.f("ix_entries_partner_id_booked_at"), "entries", ["partner_id", "booked_at"])
    op.create_index(op.f("ix_postings_account_entry"), "postings", ["account", "entry"])
    op.create_index(op.f("ix_documents_partner_id_issue_date"), "documents", ["partner_id", "issue_date"])
    _payments()
    _webhooks()


def downgrade() -> None:
    """Refuse: payments and holds are known nowhere else."""
    raise NotImplementedError("this migration cannot be undone")


def _ledger_on_postgresql() -> None:
    for table in ("entries", "postings"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    op.add_column("entries", sa.Column("partner_id", sa.Text()))
    op.add_column("entries", sa.Column("hash", sa.Text()))
    op.add_column("postings", sa.Column("balance", sa.BigInteger()))
    op.drop_index(op.f("ix_postings_account_amount"), "postings")
    op.alter_column("entries", "document_id", nullable=True)
    op.create_foreign_key(op.f("fk_entries_partner_id"), "entries", "partners", ["partner_id"], ["id"])
    _seal("entries", "postings")
    # What still waits to be checked would keep the table from being altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, column in (("entries", "partner_id"), ("entries", "hash"), ("postings", "balance")):
        op.alter_column(table, column, nullable=False)
    for table in ("entries", "postings"):
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def _ledger_on_sqlite() -> None:
    """Make both tables anew, for SQLite changes no column."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    for table in ("entries", "postings"):
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{verb}")
        op.execute(f"CREATE TABLE old_{table} AS SELECT * FROM {table}")
    op.drop_table("postings")
    op.drop_table("entries")
    op.create_table(
        "entries",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text()),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_entries_partner_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_entries_document_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_entries_key")),
    )
    op.create_index(op.f("ix_entries_document_id"), "entries", ["document_id"])
    op.create_table(
        "postings",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_postings_entry")),
        sa.PrimaryKeyConstraint("entry", "sequence", name=op.f("pk_postings")),
    )
    _seal("old_entries", "old_postings")
    for table in ("entries", "postings"):
        op.drop_table(f"old_{table}")
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _seal(entries: str, postings: str) -> None:
    """Write every entry of the old tables with its partner and hash, and every posting with its balance."""
    bind = op.get_bind()
    posted, accrued = defaultdict(list), defaultdict(list)
    for row in bind.execute(sa.text(f"SELECT entry, account, amount FROM {postings} ORDER BY entry, sequence")):  # noqa: S608 (names of our own)
        posted[row.entry].append([row.account, row.amount])
    parts = "distributor_id, number, line, model, quantity, bonus_each"
    for row in bind.execute(sa.text(f"SELECT entry, {parts} FROM accruals ORDER BY entry, sequence")):  # noqa: S608 (the same)
        accrued[row.entry].append(list(row)[1:])
    moment = "to_char(e.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    moment = moment if bind.dialect.name == "postgresql" else "e.booked_at"
    query = (
        f"SELECT e.position, e.key, e.document_id, e.memo, e.booked_at, {moment} AS moment, d.partner_id "  # noqa: S608 (the same)
        f"FROM {entries} e JOIN documents d ON d.id = e.document_id ORDER BY e.position"
    )
    before, balances = "", dict.fromkeys((one for each in posted.values() for one, _ in each), 0)
    for row in bind.execute(sa.text(query)).all():
        for posting in posted[row.position]:
            balances[posting[0]] += posting[1]
            posting.append(balances[posting[0]])
        values: list[object] = [before, row.position, row.key, row.partner_id, row.document_id, row.memo, row.moment]
        for rows in (posted[row.position], accrued[row.position]):
            values += [len(rows), *(value for each in rows for value in each)]
        lines = (str(one).replace("\\", r"\\").replace("\n", r"\n") for one in values)
        before = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        _write(bind, entries, dict(row._mapping) | {"hash": before}, posted[row.position])


def _write(bind: sa.Connection, table: str, row: dict[str, object], posted: list[list[object]]) -> None:
    rows = [
        {"entry": row["position"], "sequence": at, "account": account, "amount": amount, "balance": balance}
        for at, (account, amount, balance) in enumerate(posted, 1)
    ]
    if table == "entries":
        bind.execute(
            sa.text("UPDATE entries SET partner_id = :partner_id, hash = :hash WHERE position = :position"), row
        )
        change = "UPDATE postings SET balance = :balance WHERE entry = :entry AND sequence = :sequence"
    else:
        bind.execute(
            sa.text(
                "INSERT INTO entries (position, key, partner_id, document_id, memo, booked_at, hash) "
                "VALUES (:position, :key, :partner_id, :document_id, :memo, :booked_at, :hash)"
            ),
            row,
        )
        change = (
            "INSERT INTO postings (entry, sequence, account, amount, balance) "
            "VALUES (:entry, :sequence, :account, :amount, :balance)"
        )
    if rows:
        bind.execute(sa.text(change), rows)


def _payments() -> None:
    op.create_table(
        "payment_lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", MOMENT),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_lists")),
    )
    op.create_table(
        "payments",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["payment_lists.id"], name=op.f("fk_payments_list_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_payments_partner_id")),
        sa.PrimaryKeyConstraint("list_id", "key", name=op.f("pk_payments")),
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "notices",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("trouble", sa.Text()),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_notices_webhook_id")),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_notices_entry")),
        sa.PrimaryKeyConstraint("webhook_id", "entry", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_webhook_id_state_entry"), "notices", ["webhook_id", "state", "entry"])
