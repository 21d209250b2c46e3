"""A change of the registry acts on what was judged, once, whoever is interrupted; and on what is owed."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import DAY, PARTNERS, PROGRAMME, STRANGER, invoice, opened
from sqlalchemy import select

from fixtures.servers import Redis
from model.case import Partner
from model.reading import Reading
from model.state import OUTCOMES, State
from pipeline.judge import judge
from programme.rulebook import load
from programme.tiers import load_partners
from runtime.app import App
from store import accounts, documents, partners, revenue, runs
from store.documents import Document
from store.engine import reading
from store.runs import Selection
from store.tables import metadata
from workers import judging, registering, reprocess, steps
from workers.lanes import working
from workers.registering import Taken, go_on, take

TRAINED = {"name": "Engineer", "valid_from": "2025-01-01", "valid_to": "2026-12-31"}
GONE = TRAINED | {"left_on": "2026-02-01"}
"""Of an employee who left before the invoices were issued, on the 46th day of 2026."""


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    (tmp_path / "rulebook" / "programme.json").write_text(json.dumps(PROGRAMME | {"certification_required": True}))
    app = replace(app, rulebook=load(tmp_path / "rulebook").rulebook)
    take(app, registry(app), "tests", DAY)
    yield app
    app.close()


def registry(app: App, **changed: Any) -> tuple[Partner, ...]:
    """Return both partners, trained, P1 with changed keys."""
    rows: list[dict[str, Any]] = [row | {"certifications": [TRAINED]} for row in PARTNERS]
    rows[0] |= changed
    path = app.settings.data / "registry.json"
    path.write_text(json.dumps(rows))
    return load_partners(path).partners


def run(app: App, data: bytes, partner_id: str = "P1") -> Document:
    return steps.run(app, steps.accept(app, data, "invoice.xml", partner_id, DAY).id)


def state(app: App, document: Document) -> State:
    with reading(app.engine) as conn:
        return documents.get(conn, document.id).state


def owed(app: App, partner_id: str = "P1") -> Decimal:
    with reading(app.engine) as conn:
        return accounts.owed(conn, partner_id)


def rows(app: App) -> dict[str, list[Any]]:
    with reading(app.engine) as conn:
        return {
            table.name: list(conn.execute(select(table).order_by(*table.primary_key)))
            for table in metadata.sorted_tables
        }


def test_that_no_certificate_covered_the_day_is_learnt_later_and_the_bonus_is_reversed(app: App) -> None:
    document, others = run(app, invoice("R1", phones=3)), run(app, invoice("R2", phones=1, partner="P2"), "P2")
    assert (state(app, document), owed(app), owed(app, "P2")) == (State.APPROVED, Decimal(42), Decimal(14))
    taken = take(app, registry(app, certifications=[GONE]), "tests", DAY)
    assert (taken.changed, taken.waiting) == (1, 0)
    (report,) = taken.reports
    assert [(one.document_id, one.after.state, one.after.codes) for one in report.changes] == [
        (document.id, State.REJECTED, "partner_not_eligible")
    ]
    assert (report.count, report.amount) == (1, Decimal(-42))
    assert (owed(app), state(app, others), owed(app, "P2")) == (Decimal(0), State.APPROVED, Decimal(14))
    with reading(app.engine) as conn:
        assert [entry.memo for _, entry in accounts.ledger(conn)] == ["bonus", "bonus", "reversal"]
        assert runs.open_runs(conn) == ()


def test_what_was_not_eligible_earns_when_a_certificate_is_learnt_of_later(app: App) -> None:
    take(app, registry(app, certifications=[]), "tests", DAY)
    document = run(app, invoice("R1", phones=3))
    assert (state(app, document), owed(app)) == (State.REJECTED, Decimal(0))
    take(app, registry(app), "tests", DAY)
    assert (state(app, document), owed(app)) == (State.APPROVED, Decimal(42))


def test_the_same_file_again_does_nothing_and_what_decides_nothing_judges_nothing(app: App) -> None:
    run(app, invoice("R1", phones=3))
    before = rows(app)
    assert take(app, registry(app), "tests", dt.date(2030, 1, 1)) == Taken(0)
    assert rows(app) == before
    assert take(
        app, registry(app, contact="K. Muster", listed=True, case_study_on="2026-01-01"), "tests", DAY
    ) == Taken(1)
    changed = {name for name, found in rows(app).items() if found != before[name]}
    assert changed == {"partner_versions", "audit"}


def test_an_import_that_was_interrupted_is_brought_to_its_end_by_the_next_one(app: App) -> None:
    document = run(app, invoice("R1", phones=3))
    changed = registry(app, certifications=[GONE])
    with app.engine.begin() as conn:
        partners.import_partners(conn, changed, "tests", dt.datetime.now(dt.UTC))
        reprocess.start(
            app, conn, Selection(states=tuple(sorted(OUTCOMES)), partners=("P1",)), "judge", registering.WHO
        )
    assert state(app, document) is State.APPROVED
    taken = take(app, changed, "tests", DAY)
    assert (taken.changed, [report.count for report in taken.reports]) == (0, [1])
    assert (state(app, document), owed(app)) == (State.REJECTED, Decimal(0))


def test_workers_that_redis_wakes_judge_again_and_the_run_ends(app: App, redis: Redis) -> None:
    document = run(app, invoice("R1", phones=3))
    woken = replace(app, settings=app.settings.model_copy(update={"redis_url": redis.url}))
    assert take(woken, registry(app, certifications=[GONE]), "tests", DAY) == Taken(1, waiting=1)
    assert state(app, document) is State.APPROVED
    go_on(woken)
    with reading(app.engine) as conn:
        (begun,) = runs.open_runs(conn)
    with working(app, 1):
        reprocess.watch(app, begun, 1)
    go_on(woken)
    assert (state(app, document), owed(app)) == (State.REJECTED, Decimal(0))
    with reading(app.engine) as conn:
        assert runs.open_runs(conn) == ()


def test_a_partner_that_changes_while_its_document_is_judged_is_judged_as_it_is_then(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Reading] = []

    def slow(of: Reading, *rest: Any) -> Any:
        asked.append(of)
        if len(asked) == 1:
            take(app, registry(app, certifications=[GONE]), "tests", DAY)
        return judge(of, *rest)

    monkeypatch.setattr(judging, "judgement_on", slow)
    document = run(app, invoice("R1", phones=3))
    assert (state(app, document), owed(app), len(asked)) == (State.REJECTED, Decimal(0), 2)


def test_revenue_is_what_approved_documents_sold_of_the_makers_products_in_the_year(app: App) -> None:
    run(app, invoice("R1", phones=3))
    run(app, invoice("R2", phones=2, note="MWST", seller=STRANGER))
    run(app, invoice("R3", phones=5, day=-10), "P1")
    run(app, invoice("G1", phones=1, preceding="R1"))
    run(app, invoice("R4", phones=4, partner="P2"), "P2")
    with reading(app.engine) as conn:
        assert revenue.by_partner(conn, 2026) == {"P1": Decimal(200), "P2": Decimal(400)}
        assert [revenue.of_year(conn, year, "P1") for year in (2025, 2026, 2027)] == [500, 200, 0]
    take(app, registry(app, certifications=[GONE]), "tests", DAY)
    with reading(app.engine) as conn:
        assert revenue.by_partner(conn, 2026) == {"P2": Decimal(400)}
        assert revenue.of_year(conn, 2025, "P1") == 500


def test_what_replaces_an_invoice_adds_the_difference_to_the_revenue(app: App) -> None:
    reference = (
        b"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R1</cbc:ID>"
        b"</cac:InvoiceDocumentReference></cac:BillingReference>"
    )
    run(app, invoice("R1", phones=3))
    replacing = invoice("K1", phones=5).replace(b">380<", b">384<")
    party = b"<cac:AccountingSupplierParty>"
    corrected = run(app, replacing.replace(party, reference + party))
    assert (state(app, corrected), owed(app)) == (State.APPROVED, Decimal(5 * 14))
    with reading(app.engine) as conn:
        assert revenue.by_partner(conn, 2026) == {"P1": Decimal(500)}
