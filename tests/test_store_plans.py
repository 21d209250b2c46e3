"""No query on a document's way, from its acceptance to its outcome and back, walks through a table that grows."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import DAY, invoice, let_rule, opened
from sqlalchemy import Connection, event

from runtime.app import App
from store.tables import deliveries, metadata
from workers import steps
from workers.reader import read
from workers.sandbox import Sandbox
from workers.worker import Worker, sweep

GROWING = metadata.tables.keys() - {"counters", "webhooks", deliveries.name}
"""Counters are two, webhooks a few, and the queue is short, or walked from its head."""
WALK = re.compile(r"SCAN (\w+)")


def work(app: App) -> None:
    """Bring an invoice, a copy and a credit note to their outcome, and take back what was decided on the first."""
    files = invoice("R1", serial="1A"), invoice("R1", serial="1A", note="copy"), invoice("R2", preceding="R1")
    with Sandbox(1) as sandbox:
        worker = Worker(app, sandbox, lambda *_: None, task=read)
        made = [
            steps.accept(app, data, "invoice.xml", "P1", DAY, key=hashlib.sha256(data).hexdigest()) for data in files
        ]
        while worker.turn():
            pass
    let_rule(app, made[0].id, "rejected", who="somebody", why="to see")
    steps.run(app, made[0].id)
    steps.supersede(app, made[1].id, [(invoice("R3"), "invoice.xml")], DAY, "somebody")
    sweep(app)


@pytest.fixture
def walks(tmp_path: Path) -> set[str]:
    """The statements that SQLite, which knows nothing of how many rows there are, walks through a table for."""
    app, found = opened(tmp_path), set[str]()

    def explain(conn: Connection, _cursor: object, statement: str, parameters: Any, _: object, many: object) -> None:
        if statement.split(maxsplit=1)[0] not in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            return
        raw = conn.connection.cursor()
        plan = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters).fetchall()
        found.update(f"{step[3]}: {statement}" for step in plan if GROWING & set(WALK.findall(step[3])))

    event.listen(app.engine, "before_cursor_execute", explain)
    work(app)
    app.close()
    return found


def test_no_query_on_a_documents_way_walks_through_a_table_that_grows(walks: set[str]) -> None:
    assert walks == set()
