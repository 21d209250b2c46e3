import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest
from sample_store import accepted, database
from sqlalchemy import Connection, Engine, select, update

from store import queue, runs
from store.documents import Document
from store.engine import reading
from store.queue import Fenced, Lease
from store.tables import attempts, deliveries


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = database(database_url)
    yield opened
    opened.dispose()


def _waiting(
    conn: Connection, *, run_id: str | None = None, queue_name: queue.Queue = "light", **values: str
) -> Document:
    document = accepted(conn, **values)
    assert queue.enqueue(conn, document, "read", queue_name, run_id=run_id)
    return document


def _claim(engine: Engine, name: queue.Queue = "light", worker: str = "w1") -> Lease | None:
    with engine.begin() as conn:
        return queue.claim(conn, name, worker)


def _leased(engine: Engine) -> Lease:
    lease = _claim(engine)
    assert lease is not None
    return lease


def _served(engine: Engine) -> str:
    lease = _leased(engine)
    with engine.begin() as conn:
        queue.finish(conn, lease, "done")
    return lease.document_id


def _expire(engine: Engine, until: dt.datetime | None = None) -> None:
    with engine.begin() as conn:
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
        conn.execute(update(deliveries).values(leased_until=until or past))


def _outcomes(engine: Engine) -> list[str | None]:
    with reading(engine) as conn:
        return list(conn.execute(select(attempts.c.outcome).order_by(attempts.c.sequence)).scalars())


def test_a_document_waits_for_one_thing_at_a_time(engine: Engine) -> None:
    with engine.begin() as conn:
        document = _waiting(conn)
        assert not queue.enqueue(conn, document, "judge")
        assert queue.depths(conn)["light"].waiting == 1


def test_what_is_leased_is_nobody_elses_until_the_lease_ends(engine: Engine) -> None:
    with engine.begin() as conn:
        document = _waiting(conn)
    lease = _leased(engine)
    assert (lease.document_id, lease.stage, lease.attempt) == (document.id, "read", 1)
    assert _claim(engine) is None
    assert _claim(engine, "ocr") is None
    _expire(engine)
    again = _leased(engine)
    assert again.attempt == 2
    assert again.token != lease.token
    for late in (queue.check, lambda conn, of: queue.finish(conn, of, "done")):
        with pytest.raises(Fenced), engine.begin() as conn:
            late(conn, lease)
    with engine.begin() as conn:
        assert not queue.renew(conn, lease)
        assert queue.renew(conn, again)
        queue.finish(conn, again, "done")
        assert queue.depths(conn)["light"].waiting == 0
    assert _outcomes(engine) == ["lost", "done"]


def test_a_lease_made_by_a_clock_that_was_ahead_does_not_last_as_long_as_it_was(engine: Engine) -> None:
    with engine.begin() as conn:
        _waiting(conn)
    _leased(engine)
    _expire(engine, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    assert _leased(engine).attempt == 2


def test_what_came_to_no_end_waits_longer_each_time_unless_it_was_not_at_fault(engine: Engine) -> None:
    with engine.begin() as conn:
        _waiting(conn)
    lease = _leased(engine)
    with engine.begin() as conn:
        queue.put_back(conn, lease, "the worker left", dt.timedelta())
    lease = _leased(engine)
    assert lease.attempt == 1
    waits = []
    for _ in range(2):
        with engine.begin() as conn:
            queue.put_back(conn, lease, "it died")
            row = conn.execute(select(deliveries)).one()
            waits.append(round((row.due_at - queue.now(conn)).total_seconds()))
            assert not queue.waits(conn, "light")
            conn.execute(update(deliveries).values(due_at=queue.now(conn)))
        assert _outcomes(engine)[-1] == "it died"
        lease = _leased(engine)
    assert (waits, lease.attempt) == ([2, 8], 3)


def test_handing_on_changes_the_queue_and_counts_attempts_anew(engine: Engine) -> None:
    with engine.begin() as conn:
        _waiting(conn)
    lease = _leased(engine)
    with engine.begin() as conn:
        queue.hand_on(conn, lease, "ocr", "ocr")
    assert _claim(engine) is None
    handed = _claim(engine, "ocr")
    assert handed is not None
    assert (handed.stage, handed.attempt) == ("ocr", 1)
    with pytest.raises(Fenced), engine.begin() as conn:
        queue.hand_on(conn, lease, "ocr", "ocr")


def test_judging_under_the_same_lease(engine: Engine) -> None:
    with engine.begin() as conn:
        _waiting(conn)
    lease = _leased(engine)
    with engine.begin() as conn:
        judging = queue.advance(conn, lease, "judge")
        queue.check(conn, judging)
    _expire(engine)
    with engine.begin() as conn:
        assert queue.claim(conn, "light", "w", judges=False) is None
        found = queue.claim(conn, "light", "w")
    assert found is not None
    assert found.stage == "judge"


def test_partners_take_turns_and_a_later_single_upload_does_not_wait_behind_many(engine: Engine) -> None:
    with engine.begin() as conn:
        many = [_waiting(conn, partner_id="P1").id for _ in range(20)]
    served = [_served(engine) for _ in range(5)]
    assert served == many[:5]
    with engine.begin() as conn:
        single = _waiting(conn, partner_id="P2").id
    order = [_served(engine) for _ in range(16)]
    assert single in order[:3]
    with engine.begin() as conn:
        more = [_waiting(conn, partner_id=name) for name in ("P1", "P2") for _ in range(6)]
    owners = {document.id: document.partner_id for document in more}
    first_half = Counter(owners[_served(engine)] for _ in range(6))
    assert first_half == {"P1": 3, "P2": 3}


def test_what_is_processed_again_comes_after_all_uploads(engine: Engine) -> None:
    with engine.begin() as conn:
        run = runs.start(conn, "judge", runs.Selection(), rulebook="", who="tests", at=queue.now(conn))
        again = _waiting(conn, run_id=run.id).id
        fresh = [_waiting(conn).id for _ in range(3)]
    assert [_leased(engine).document_id for _ in range(4)] == [*fresh, again]


def test_what_a_dead_worker_holds_is_taken_back(engine: Engine) -> None:
    with engine.begin() as conn:
        _waiting(conn)
        _waiting(conn)
    _claim(engine, worker="dead")
    _claim(engine, worker="alive")
    with engine.begin() as conn:
        assert queue.holders(conn) == {"dead", "alive"}
        assert queue.bury(conn, "dead") == 1
        assert queue.depths(conn)["light"].leased == 1
    assert _leased(engine).attempt == 2


def test_only_what_waits_for_that_stage_is_forgotten(engine: Engine) -> None:
    with engine.begin() as conn:
        document = _waiting(conn)
        queue.forget(conn, document.id, "approved", "judge")
        assert queue.depths(conn)["light"].waiting == 1
        queue.forget(conn, document.id, "superseded")
        assert queue.depths(conn)["light"].waiting == 0


def test_whoever_works_on_what_is_forgotten_has_ended_even_if_nobody_hears_of_it_again(engine: Engine) -> None:
    with engine.begin() as conn:
        document = _waiting(conn)
    lease = _leased(engine)
    with engine.begin() as conn:
        queue.forget(conn, document.id, "approved", "judge")
    assert _outcomes(engine) == [None], "it waits for another stage"
    with engine.begin() as conn:
        queue.forget(conn, document.id, "superseded")
        assert conn.execute(select(attempts.c.ended_at)).scalar_one() is not None
    with pytest.raises(Fenced), engine.begin() as conn:
        queue.finish(conn, lease, "approved")
    assert _outcomes(engine) == ["superseded"]
