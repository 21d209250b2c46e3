"""Processing again: what it changes, what it leaves alone, and how it goes on where it was interrupted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import CATALOGUE, DAY, DISTRIBUTORS, STRANGER, invoice, let_rule, opened
from sqlalchemy import Engine, Row, func, select

from model.state import State
from programme.rulebook import load
from runtime.app import App
from store import accounts, documents, queue, results, runs
from store.documents import Document
from store.engine import reading
from store.runs import Selection
from store.tables import metadata
from workers import reprocess, steps
from workers.judging import judge
from workers.reader import Read, read

EVERYTHING = Selection()


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def _run(app: App, data: bytes, partner_id: str = "P1") -> Document:
    return steps.run(app, steps.accept(app, data, "invoice.xml", partner_id, DAY).id)


def _with(app: App, **files: object) -> App:
    """Return the app with other reference data."""
    folder = app.rulebook_folder
    for name, rows in files.items():
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return replace(app, rulebook=load(folder).rulebook)


def _dearer(app: App) -> App:
    rows: list[dict[str, Any]] = json.loads(json.dumps(CATALOGUE))
    rows[0]["bonus"]["gold"] = "15.00"
    return _with(app, catalogue=rows)


def _state(app: App, document: Document) -> State:
    with reading(app.engine) as conn:
        return documents.get(conn, document.id).state


def _balance(app: App) -> Decimal:
    with reading(app.engine) as conn:
        return accounts.owed(conn, "P1")


def _rows(engine: Engine) -> dict[str, list[Row[Any]]]:
    """Return all that is stored, but for what the run itself writes down."""
    kept = [table for table in metadata.sorted_tables if table.name not in {"runs", "run_documents", "attempts"}]
    with reading(engine) as conn:
        return {table.name: list(conn.execute(select(table).order_by(*table.primary_key)).all()) for table in kept}


def _again(app: App, stage: queue.Stage = "judge", selection: Selection = EVERYTHING) -> reprocess.Report:
    return reprocess.finish(app, reprocess.begin(app, selection, stage, "tests"))


@pytest.fixture
def varied(app: App) -> list[Document]:
    return [
        _run(app, invoice("R1", phones=3)),
        _run(app, invoice("R1", phones=3, note="scanned")),
        _run(app, invoice("G1", phones=1, preceding="R1")),
        _run(app, invoice("R2", seller=STRANGER)),
        _run(app, b"<a>&b;</a>"),
        _run(app, invoice("R3", phones=2, partner="P2", serial="000413AABB01"), "P2"),
    ]


@pytest.mark.parametrize("stage", ["read", "extract", "judge"])
def test_by_the_same_rules_nothing_changes(app: App, varied: list[Document], stage: queue.Stage) -> None:
    before = _rows(app.engine)
    report = _again(app, stage)
    assert report == reprocess.Report(len(varied), (), {})
    after = _rows(app.engine)
    assert {name for name in after if after[name] != before[name]} == set()


def test_a_change_of_rates_is_booked_as_what_is_missing(app: App, varied: list[Document]) -> None:
    dearer = _dearer(app)
    expected = reprocess.preview(dearer, EVERYTHING, "judge")
    assert _balance(app) == 2 * Decimal(14), "a preview changes nothing"
    report = _again(dearer)
    assert (report.amount, len(report.changes)) == (Decimal(2 + 2), 3)
    assert {one.document_id for one in report.changes} == {varied[0].id, varied[2].id, varied[5].id}
    assert expected == report
    assert _balance(app) == 2 * Decimal(15)
    assert report.by(lambda change: change.partner_id) == {"P1": (2, Decimal(2)), "P2": (1, Decimal(2))}
    with reading(app.engine) as conn:
        memos = [entry.memo for _, entry in accounts.ledger(conn)]
    assert memos.count("correction") == 3


def test_a_seller_that_is_no_longer_authorised_takes_its_claims_along_and_a_preview_tells_so(app: App) -> None:
    other = {**DISTRIBUTORS[0], "id": "other", "name": "Fremde Handels GmbH", "vat_identifiers": [STRANGER]}
    both = _with(app, distributors=[*DISTRIBUTORS, other])
    first = _run(both, invoice("R1", seller=STRANGER, serial="000413AABB01"))
    second = _run(both, invoice("R2", phones=2, serial="000413AABB01"))
    assert (_state(app, first), _state(app, second)) == (State.APPROVED, State.REVIEW)
    only = _with(app, distributors=DISTRIBUTORS)
    chosen = Selection(distributor="other")
    expected = reprocess.preview(only, chosen, "judge")
    assert {(one.document_id, one.after.state) for one in expected.changes} == {
        (first.id, State.REJECTED),
        (second.id, State.APPROVED),
    }
    _again(only, selection=chosen)
    assert (_state(app, first), _state(app, second)) == (State.REJECTED, State.APPROVED)
    assert _balance(app) == 2 * Decimal(14)
    assert expected.amount == Decimal(-14)


def test_what_people_ruled_and_corrected_survives(app: App) -> None:
    ruled = _run(app, invoice("R1", phones=1, seller=STRANGER))
    judge(app, let_rule(app, ruled.id, "review", who="ada", why="ask them"))
    corrected = _run(app, invoice("R2", phones=3))
    with reading(app.engine) as conn:
        of = results.reading(conn, corrected.id)
    assert of is not None
    assert of.invoice is not None
    line = of.invoice.lines[0].model_copy(update={"item_name": "Snom M900"})
    by_hand = of.model_copy(update={"invoice": of.invoice.model_copy(update={"lines": (line,)})})
    judge(app, steps.correct(app, corrected.id, by_hand, who="ada", why="it is the other one"))
    assert _balance(app) == 3 * Decimal(18)
    for stage in ("read", "extract", "judge"):
        report = _again(_dearer(app), stage)
        assert report.changes == ()
    assert _state(app, ruled) is State.REVIEW
    assert _balance(app) == 3 * Decimal(18)


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), {0, 1, 2, 3, 4, 5}),
        (Selection(states=(State.REJECTED,)), {1, 3}),
        (Selection(reason="duplicate_invoice"), {1}),
        (Selection(reason="duplicate"), set()),
        (Selection(reason="bad_xml"), {4}),
        (Selection(distributor="acme", states=(State.APPROVED,)), {0, 2, 5}),
        (Selection(partner="P2"), {5}),
        (Selection(since=DAY, until=DAY), {0, 1, 2, 3, 4, 5}),
        (Selection(since=DAY.replace(day=DAY.day + 1)), set()),
    ],
)
def test_what_is_chosen(app: App, varied: list[Document], selection: Selection, found: set[int]) -> None:
    with reading(app.engine) as conn:
        assert set(runs.found(conn, selection)) == {varied[index].id for index in found}
        run = runs.Run("x", "judge", selection, "", "", 1000, 0, documents.get(conn, varied[0].id).accepted_at, None)
        assert {one.id for one in runs.chosen(conn, run)} == {varied[index].id for index in found}


def test_an_interrupted_run_goes_on_where_it_was_and_leaves_later_uploads_alone(
    app: App, varied: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PAGE", 2)
    dearer = _dearer(app)
    run = reprocess.begin(dearer, EVERYTHING, "judge", "tests")
    with app.engine.begin() as conn:
        page = runs.chosen(conn, run)
        runs.note(conn, run, page)
        for document in page:
            queue.enqueue(conn, document, "judge", run_id=run.id)
        runs.reach(conn, run, page[-1].acceptance)
    later = steps.accept(app, invoice("R9", phones=1, day=3), "later.xml", "P1", DAY)
    with reading(app.engine) as conn:
        (left,) = runs.open_runs(conn)
    assert (left.id, left.reached) == (run.id, page[-1].acceptance)
    told: list[tuple[int, int]] = []
    report = reprocess.finish(dearer, left, lambda done, total: told.append((done, total)))
    assert report.count == len(varied)
    assert report.amount == Decimal(4)
    assert told[-1] == (len(varied), len(varied))
    with reading(app.engine) as conn:
        assert runs.open_runs(conn) == ()
    assert _state(app, later) is State.APPROVED, "an upload goes first"


def test_what_cannot_be_read_any_more_keeps_its_outcome(app: App, varied: list[Document]) -> None:
    report = reprocess.finish(app, reprocess.begin(app, EVERYTHING, "read", "tests"), task=_broken)
    assert (report.changes, report.troubles) == ((), {"timeout": len(varied) - 1})
    assert _state(app, varied[0]) is State.APPROVED


def test_what_failed_can_be_read_after_all(app: App) -> None:
    document = steps.take(app, steps.accept(app, invoice(), "a.xml", "P1", DAY), _broken())
    assert document.state is State.FAILED
    report = _again(app, selection=Selection(states=(State.FAILED,)))
    assert [(one.before.codes, one.after.state) for one in report.changes] == [("timeout", State.APPROVED)]
    with reading(app.engine) as conn:
        moves = [step.to_state for step in documents.steps(conn, document.id)]
    assert moves == [State.RECEIVED, State.FAILED, State.RECEIVED, State.READ, State.EXTRACTED, State.APPROVED]


def test_another_reading_is_kept_beside_the_first_and_judged(app: App, varied: list[Document]) -> None:
    report = reprocess.finish(app, reprocess.begin(app, Selection(partner="P2"), "read", "tests"), task=_misread)
    (change,) = report.changes
    assert (change.document_id, change.after.state) == (varied[5].id, State.REVIEW)
    assert change.amount == -2 * Decimal(14)
    with reading(app.engine) as conn:
        stored = select(func.count()).where(metadata.tables["results"].c.document_id == varied[5].id)
        assert conn.execute(stored).scalar_one() == 2


def _broken(*_: object) -> Read:
    return Read(error=("timeout", "too slow"))


def _misread(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    return read(data.replace(b">2</cbc:InvoicedQuantity>", b">3</cbc:InvoicedQuantity>"), name, ocr, tape)


def test_two_rulebooks_are_compared_whatever_the_documents_were_judged_by(app: App, varied: list[Document]) -> None:
    old = app.rulebook
    dearer = _dearer(app)
    report = reprocess.compare(dearer, old)
    assert (report.count, report.amount) == (len(varied), Decimal(4))
    assert {change.document_id: change.amount for change in report.changes} == {
        varied[0].id: Decimal(3),
        varied[2].id: Decimal(-1),
        varied[5].id: Decimal(2),
    }
    assert reprocess.compare(dearer, dearer.rulebook).changes == ()
    assert _balance(app) == 2 * Decimal(14), "a comparison changes nothing"
    _again(dearer)
    assert reprocess.compare(dearer, old).amount == Decimal(4)
