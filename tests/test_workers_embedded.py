from collections.abc import Iterator
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest
from sample_uploads import DAY, STRANGER, invoice, opened

from model.case import Case
from model.judgement import Judgement
from model.reading import Reading
from model.state import State
from pipeline.judge import judge as judgement_on
from programme.rulebook import Rulebook
from runtime.app import App, open_app
from runtime.settings import Settings
from store import accounts, documents
from store.engine import reading
from workers import steps
from workers.embedded import Result, UnknownPartner, Upload, process
from workers.reader import read


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def _told(result: Result) -> tuple[str, str | None, str | None]:
    """Return the file, its state, and the error's or first reason's code."""
    reasons = result.judgement.reasons if result.judgement else ()
    code = result.error[0] if result.error else reasons[0].finding.code if reasons else None
    return result.file, result.document.state if result.document else None, code


def _balances(app: App) -> dict[str, Decimal]:
    with reading(app.engine) as conn:
        return accounts.balances(conn)


def test_a_batch_is_decided_in_its_order_and_a_second_time_nothing_is_booked(app: App, tmp_path: Path) -> None:
    (tmp_path / "first.xml").write_bytes(invoice("R1", phones=2))
    uploads = [
        Upload("first.xml", "P1", tmp_path / "first.xml"),
        Upload("empty.pdf", "P1", b""),
        Upload("copy.xml", "P1", invoice("R1", phones=2)),
        Upload("for another one.xml", "P2", invoice("R1", phones=2)),
        Upload("stranger.xml", "P2", invoice("R2", seller=STRANGER, partner="P2")),
        Upload("not there.xml", "P1", tmp_path / "not there.xml"),
        Upload("text.pdf", "P1", b"just some text"),
        Upload("last.xml", "P2", invoice("R3", phones=1, partner="P2")),
    ]
    reported: list[Result] = []
    results = process(app, uploads, DAY, reported.append)
    assert reported == results
    assert [_told(result) for result in results] == [
        ("first.xml", State.APPROVED, None),
        ("empty.pdf", State.FAILED, "empty"),
        ("copy.xml", State.REJECTED, "duplicate_document"),
        ("for another one.xml", State.REJECTED, "duplicate_document"),
        ("stranger.xml", State.REJECTED, "seller_not_authorised"),
        ("not there.xml", None, "damaged"),
        ("text.pdf", State.FAILED, "unsupported_type"),
        ("last.xml", State.APPROVED, None),
    ]
    booked = {
        "partner:P1:payable": Decimal("28.00"),
        "partner:P2:payable": Decimal("14.00"),
        "programme:bonus": Decimal("-42.00"),
    }
    assert _balances(app) == booked
    again = process(app, uploads, DAY)
    assert [_told(result)[1:] for result in again] == [
        (State.FAILED, result.error[0])
        if result.document and result.error
        else (None, "damaged")
        if result.error
        else (State.REJECTED, "duplicate_document")
        for result in results
    ]
    assert _balances(app) == booked


def test_a_file_larger_than_any_that_is_read_is_refused_unread(app: App, tmp_path: Path) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(50 * 10**9)
    (result,) = process(app, [Upload("huge.pdf", "P1", huge)], DAY)
    assert _told(result) == ("huge.pdf", None, "too_large")


def test_what_an_earlier_run_left_unfinished_is_finished_first(app: App) -> None:
    received = steps.accept(app, invoice("R1"), "a.xml", "P1", DAY)
    extracted = steps.accept(app, invoice("R2", phones=4), "b.xml", "P1", DAY)
    steps.take(app, extracted, read(invoice("R2", phones=4), "b.xml"))
    (result,) = process(app, [Upload("again.xml", "P1", invoice("R1"))], DAY)
    assert _told(result) == ("again.xml", State.REJECTED, "duplicate_document")
    with reading(app.engine) as conn:
        assert documents.get(conn, received.id).state is State.APPROVED
        assert documents.get(conn, extracted.id).state is State.APPROVED


def test_nothing_to_do_is_done_at_once(app: App) -> None:
    assert process(app, [], DAY) == []


def test_a_document_on_which_judging_comes_to_grief_fails_alone(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(of: Reading, case: Case, rulebook: Rulebook) -> Judgement:
        if of.invoice and of.invoice.number == "R2":
            raise RuntimeError("a fault of ours")
        return judgement_on(of, case, rulebook)

    monkeypatch.setattr("workers.judging.judgement_on", judge)
    uploads = [Upload(f"R{day}.xml", "P1", invoice(f"R{day}", day=day)) for day in (1, 2, 3)]
    assert [_told(result)[1:] for result in process(app, uploads, DAY)] == [
        (State.APPROVED, None),
        (State.FAILED, "crashed"),
        (State.APPROVED, None),
    ]


def test_an_upload_for_a_partner_that_is_not_in_the_registry_refuses_the_batch(app: App) -> None:
    with pytest.raises(UnknownPartner, match="nobody"):
        process(app, [Upload("a.xml", "P1", invoice()), Upload("b.xml", "nobody", invoice("R2"))], DAY)
    with reading(app.engine) as conn:
        assert documents.listing(conn) == ()


def _work(settings: Settings, uploads: list[Upload]) -> None:
    app = open_app(settings)
    process(app, uploads, DAY)
    app.close()


def test_two_runs_at_once_book_each_invoice_once(app: App) -> None:
    uploads = [Upload(f"{n}.xml", "P1", invoice(f"R{n % 8}", phones=1, day=n % 8 + 1, note=f"{n}")) for n in range(16)]
    halves = uploads[:8], uploads[8:]
    runs = [get_context("spawn").Process(target=_work, args=(app.settings, half)) for half in halves]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    with reading(app.engine) as conn:
        accepted = documents.listing(conn)
        first = {document.number: document.id for document in reversed(accepted)}
        approved = {document.id for document in accepted if document.state is State.APPROVED}
    assert [run.exitcode for run in runs] == [0, 0]
    assert {document.state for document in accepted} == {State.APPROVED, State.REJECTED}
    assert approved == set(first.values())
    assert _balances(app)["partner:P1:payable"] == 8 * Decimal("14.00")
