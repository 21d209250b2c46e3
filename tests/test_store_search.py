"""What documents are found by: words, numbers, serial numbers, amounts; on both databases by the same index."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import delete, select

from model.state import State
from runtime.app import App
from store import documents, results
from store.engine import reading
from store.migrations.versions import v0010_batches
from store.tables_search import terms
from workers import steps


@pytest.fixture
def found(tmp_path: Path, database_url: str) -> Iterator[tuple[App, dict[str, str]]]:
    app = opened(tmp_path, database_url)
    files = {
        "a": (invoice("RE-2026/0042", phones=12, serial="00:04:13-AB BB01"), "Rechnung März (Größe).xml", "P1"),
        "b": (invoice("RE-2026/0043", phones=2, day=3), "scan_0042.xml", "P1"),
        "c": (invoice("77", phones=1, partner="P2", day=4), "RE-2026.xml", "P2"),
    }
    ids = {}
    for name, (data, file, partner) in files.items():
        ids[steps.run(app, steps.accept(app, data, file, partner, DAY).id).id] = name
    ids[steps.accept(app, b"<a/>", "99%_of.xml", "P2", DAY + dt.timedelta(days=1)).id] = "d"
    yield app, ids
    app.close()


def test_each_word_is_the_beginning_of_something(found: tuple[App, dict[str, str]]) -> None:
    app, ids = found
    for what, expected in {
        "": "dcba", "RE-2026/0042": "a", "re20260042": "a", "RE-2026": "cba", "0042": "b", "rechnung": "a", "MÄRZ": "a",
        "grö": "a", "rechnung maerz": "", "000413ABBB01": "a", "00:04:13-ab": "a", "1.428,00": "a", "1428": "a",
        "1,428.00€": "a", "1428,5": "", "238": "b", "beispiel": "ba", "P2": "dc", "P2 re": "c", "99%": "d", "%": "dcba",
        "_": "dcba", "'; DROP TABLE terms": "", "77 muster": "c", "\x00": "dcba", "re-2026 beispiel scan": "b",
    }.items():  # fmt: skip
        with reading(app.engine) as conn:
            assert "".join(ids[one.id] for one in documents.look_up(conn, what, limit=9)) == expected, what


def test_filters_narrow_down_and_pages_go_on(found: tuple[App, dict[str, str]]) -> None:
    app, ids = found
    with reading(app.engine) as conn:
        for kept, expected in (
            ({"state": State.RECEIVED}, "d"), ({"partner_id": "P2"}, "dc"), ({"seller": "acme"}, "cba"),
            ({"days": (DAY, DAY)}, "cba"), ({"days": (DAY + dt.timedelta(days=1), None)}, "d"),
            ({"days": (None, DAY), "partner_id": "P2"}, "c"),
        ):  # fmt: skip
            assert "".join(ids[one.id] for one in documents.look_up(conn, limit=9, **kept)) == expected
        first = documents.look_up(conn, "re", limit=2)
        rest = documents.look_up(conn, "re", before=first[-1].acceptance, limit=2)
    assert "".join(ids[one.id] for one in first + rest) == "cba"


def test_what_was_read_wrong_is_found_by_what_it_is(found: tuple[App, dict[str, str]]) -> None:
    app, ids = found
    (wrong,) = (key for key, name in ids.items() if name == "c")
    with reading(app.engine) as conn:
        of = results.reading(conn, wrong)
    assert of is not None
    assert of.invoice is not None
    right = of.model_copy(update={"invoice": of.invoice.model_copy(update={"number": "RE-88"})})
    steps.run(app, steps.correct(app, wrong, right, who="olga", why="typed").id)
    with reading(app.engine) as conn:
        assert documents.look_up(conn, "77", limit=9) == ()
        assert [one.id for one in documents.look_up(conn, "re88", limit=9)] == [wrong]


def test_documents_of_before_are_found_as_well(found: tuple[App, dict[str, str]]) -> None:
    app, _ = found
    with app.engine.begin() as conn:
        before = conn.execute(select(terms).order_by(*terms.primary_key)).all()
        conn.execute(delete(terms))
        v0010_batches._find_old(conn, terms)  # noqa: SLF001 (what a migration of filled tables does)
        assert conn.execute(select(terms).order_by(*terms.primary_key)).all() == before
