import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sample_store import NOW, accepted, database
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from model.case import Company, Partner
from model.reading import Reading
from model.state import ForbiddenMove, State
from store import audit, documents, partners, results
from store.engine import reading


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as opened:
        yield opened


def test_documents_are_numbered_in_the_order_of_acceptance(conn: Connection) -> None:
    first, second = accepted(conn), accepted(conn)
    assert (first.acceptance, second.acceptance) == (1, 2)
    assert first.id != second.id
    assert documents.listing(conn) == (first, second)
    assert documents.listing(conn, partner_id="P2") == ()
    assert documents.listing(conn, after=1, state=State.RECEIVED) == (second,)


def test_uploads_at_the_same_moment_get_distinct_numbers(engine: Engine) -> None:
    def upload(_: int) -> int:
        with engine.begin() as conn:
            return accepted(conn).acceptance

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(upload, range(40))) == list(range(1, 41))


def test_an_upload_that_is_rolled_back_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as conn:
        accepted(conn)
        conn.rollback()
    with reading(engine) as conn:
        assert documents.listing(conn) == ()
        assert [act.what for act in audit.acts(conn)] == ["partner imported", "partner imported"]


def test_nobody_uploads_for_an_unknown_partner(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        accepted(conn, partner_id="nobody")


def test_a_move_leaves_a_row_in_the_history_and_in_the_audit(conn: Connection) -> None:
    document = accepted(conn)
    documents.move(conn, document.id, State.READ, at=NOW, who="worker", why="read by pdfium")
    moved = documents.move(
        conn, document.id, State.FAILED, at=NOW, who="worker", why="x", error=("timeout", "Too slow.")
    )
    assert (moved.state, moved.error_code, moved.error_message) == (State.FAILED, "timeout", "Too slow.")
    assert [(step.from_state, step.to_state, step.who) for step in documents.steps(conn, document.id)] == [
        (None, State.RECEIVED, "tests"),
        (State.RECEIVED, State.READ, "worker"),
        (State.READ, State.FAILED, "worker"),
    ]
    assert [act.what for act in audit.acts(conn, about=document.id)] == [
        "document received",
        "document read",
        "document failed",
    ]


def test_a_forbidden_move_is_refused_and_leaves_no_row(conn: Connection) -> None:
    document = accepted(conn)
    with pytest.raises(ForbiddenMove):
        documents.move(conn, document.id, State.APPROVED, at=NOW, who="worker", why="")
    assert len(documents.steps(conn, document.id)) == 1


def test_a_document_that_is_tried_again_loses_its_error(conn: Connection) -> None:
    document = accepted(conn)
    documents.move(conn, document.id, State.FAILED, at=NOW, who="worker", why="", error=("crashed", "Sorry."))
    again = documents.move(conn, document.id, State.RECEIVED, at=NOW, who="operator", why="try again")
    assert (again.error_code, again.error_message) == (None, None)
    assert documents.unfinished(conn) == (again,)


def test_a_document_that_is_not_there(conn: Connection) -> None:
    assert documents.find(conn, "no-such-id") is None
    with pytest.raises(LookupError):
        documents.get(conn, "no-such-id")


@pytest.mark.parametrize(
    ("given", "kept"), [("../../etc/passwd", "../../etc/passwd"), ("a\0b.pdf", "ab.pdf"), ("a\udcffb.pdf", "a?b.pdf")]
)
def test_a_file_name_is_kept_as_given_as_far_as_a_database_can(conn: Connection, given: str, kept: str) -> None:
    assert accepted(conn, file_name=given).file_name == kept


def test_results_are_added_and_the_latest_counts(conn: Connection) -> None:
    document, same_bytes = accepted(conn), accepted(conn, partner_id="P2")
    for rung, version in (("pdfium", "1"), ("rapid", "1"), ("rapid", "2")):
        body = Reading(source="text", page_count=1, rung=rung).model_dump_json()
        results.save(conn, document.id, "extract", version=version, body=body, at=NOW)
    latest = results.reading(conn, document.id)
    assert latest is not None
    assert latest.rung == "rapid"
    assert results.reading(conn, same_bytes.id) is None
    documents.describe(conn, document.id, "application/pdf", 1)
    first = results.of_bytes(conn, same_bytes.digest, "1")
    assert first is not None
    assert Reading.model_validate_json(first.body).rung == "pdfium"
    assert (first.version, first.media_type, first.page_count) == ("1", "application/pdf", 1)
    assert results.of_bytes(conn, same_bytes.digest, "3") is None


def test_a_moment_without_a_zone_is_refused(conn: Connection) -> None:
    with pytest.raises(Exception, match="time zone"):
        accepted(conn, at=dt.datetime(2026, 1, 1))  # noqa: DTZ001 (what is tried)


def test_moments_come_back_in_utc(conn: Connection) -> None:
    summer = dt.datetime(2026, 7, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert accepted(conn, at=summer).accepted_at == dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)


def test_what_a_partner_was_called_before_is_kept(conn: Connection) -> None:
    was = partners.partner(conn, "P1")
    assert was is not None
    renamed, moved = (
        was.model_copy(update={"name": "Neu GmbH"}),
        was.model_copy(update={"name": "Neu GmbH", "postal_code": "1"}),
    )
    for new, days in ((renamed, 10), (renamed.model_copy(update={"street": "Weg 1"}), 15), (moved, 20)):
        partners.import_partners(conn, [new], "me", NOW + dt.timedelta(days=days))
    now = partners.partner(conn, "P1")
    assert now is not None
    assert [(one.name, one.postal_code, one.until) for one in now.former] == [
        (was.name, was.postal_code, (NOW + dt.timedelta(days=10)).date()),
        ("Neu GmbH", was.postal_code, (NOW + dt.timedelta(days=20)).date()),
    ]
    assert partners.import_partners(conn, [moved], "me", NOW).changed == ()


def test_what_the_registry_dated_itself_needs_no_day_of_import(conn: Connection) -> None:
    was = partners.partner(conn, "P1")
    assert was is not None
    dated = Company(name=was.name, valid_to=NOW.date() - dt.timedelta(days=90))
    renamed = was.model_copy(update={"name": "Neu GmbH", "earlier": (dated,)})
    assert partners.import_partners(conn, [renamed], "me", NOW).decisive == ("P1",)
    assert partners.partner(conn, "P1") == renamed


def test_importing_the_same_partners_again_changes_nothing(conn: Connection) -> None:
    moved = Partner(id="P1", name="Beispiel GmbH", city="Bonn", tiers=())
    assert partners.import_partners(conn, [moved], "me", NOW).changed == ("P1",)
    assert partners.import_partners(conn, [moved], "me", NOW).changed == ()
    assert partners.partner(conn, "P1") == moved
    assert [partner.id for partner in partners.every(conn)] == ["P1", "P2"]
    assert partners.partner(conn, "P3") is None
    assert [(act.who, act.why) for act in audit.acts(conn, about="P1")] == [("tests", "new"), ("me", "changed")]
