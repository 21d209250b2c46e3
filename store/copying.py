"""A copy of what judging rests on, to try on it what a run would change.

It is a SQLite database of its own: the run itself is run there, and nothing is held up meanwhile.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Engine, Table, insert, select, text

from store.engine import reading
from store.parts import in_parts
from store.tables import (
    accruals,
    bonus_units,
    claims,
    counters,
    documents,
    entries,
    judgements,
    partner_versions,
    partners,
    postings,
    results,
    rulings,
)

_WHOLE = (counters, partners, partner_versions, documents, claims, entries, postings, accruals, bonus_units, rulings)
_OF_DOCUMENTS = (results, judgements)
_PART = 500
"""Rows that are copied at once."""
_GROW = """
INSERT OR IGNORE INTO concerned
SELECT o.id FROM concerned c JOIN documents d ON d.id = c.id JOIN documents o ON o.digest = d.digest
UNION SELECT o.id FROM concerned c JOIN documents d ON d.id = c.id
  JOIN documents o ON o.seller_key = d.seller_key AND o.number IN (d.number, d.preceding_number)
UNION SELECT o.id FROM concerned c JOIN documents d ON d.id = c.id
  JOIN documents o ON o.seller_key = d.seller_key AND o.preceding_number IN (d.number, d.preceding_number)
UNION SELECT o.id FROM concerned c JOIN documents d ON d.id = c.id
  JOIN documents o ON o.seller_key = d.seller_key AND o.content = d.content
UNION SELECT k.document_id FROM concerned c JOIN claims m ON m.document_id = c.id JOIN claims k ON k.serial = m.serial
"""
"""Adds the documents that one already concerned may have to do with (`store.cases`)."""


def copy(source: Engine, target: Engine, ids: Iterable[str]) -> None:
    """Copy into an empty SQLite database what judging these documents again rests on, in one state of the source.

    The readings and judgements are copied of these documents and of all that may be judged again because of them.
    """
    with reading(source) as old, target.begin() as new:
        new.execute(text("DELETE FROM counters"))
        for table in _WHOLE:
            _fill(new, table, old.execution_options(yield_per=_PART).execute(select(table)).mappings())
        for part in in_parts(_concerned(new, ids), _PART):
            for table in _OF_DOCUMENTS:
                _fill(new, table, old.execute(select(table).where(table.c.document_id.in_(part))).mappings())


def concerned(conn: Connection) -> tuple[str, ...]:
    """Return the ids of the documents whose readings a copy holds."""
    return tuple(conn.execute(select(results.c.document_id).distinct()).scalars())


def _concerned(new: Connection, ids: Iterable[str]) -> Iterator[str]:
    new.execute(text("CREATE TEMPORARY TABLE concerned (id TEXT PRIMARY KEY)"))
    for part in in_parts(ids, _PART):
        new.execute(text("INSERT INTO concerned (id) VALUES (:id)"), [{"id": one} for one in part])
    while new.execute(text(_GROW)).rowcount > 0:
        pass
    yield from new.execute(text("SELECT id FROM concerned")).scalars().all()


def _fill(new: Connection, table: Table, rows: Iterable[object]) -> None:
    for part in in_parts(rows, _PART):
        new.execute(insert(table), [dict(row) for row in part])  # type: ignore[call-overload]
