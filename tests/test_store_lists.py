"""The lists of operators, against what plain Python makes of the same rows."""

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sample_store import NOW, accepted, database
from sqlalchemy import Engine, insert

from store import audit, lists, waiting
from store.engine import reading
from store.lists import DAY, ORDERS, Key, Listed, View
from store.tables_messages import appeals
from store.waiting import Shelf, Waits

AT = waiting.seconds(NOW)
CODES = ("totals_mismatch", "model_ambiguous", "low_confidence", "failed")
MANY = 150


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = database(database_url)
    yield opened
    opened.dispose()


def row(number: int, chance: random.Random, document_id: str) -> Waits:
    reason = chance.choice(CODES)
    shelf: Shelf = chance.choice(("open", "open", "rejected", "hidden"))
    state = "failed" if reason == "failed" else "rejected" if shelf == "rejected" else "review"
    return Waits(
        document_id=document_id,
        shelf="open" if reason == "failed" else shelf,
        state=state,
        reason=reason,
        stake=chance.choice((None, Decimal(0), Decimal("11.00"), Decimal(chance.randint(-5000, 90000)) / 100)),
        since=AT - chance.choice((-30, 0, 3 * DAY, chance.randint(0, 9 * DAY))),
        partner_id=chance.choice(("P1", "P2")),
        seller_key=chance.choice((None, "acme", "beta")),
        seller=None,
        title=f"R{number}",
        media_type=chance.choice(("application/pdf", "image/png")),
    )


def filled(engine: Engine) -> tuple[list[Waits], dict[str, int], dict[str, int]]:
    """Fill a database and return its rows, the seconds of appeals, and until when rows are put back by olga."""
    chance = random.Random(7)  # noqa: S311 (no secret)
    rows: list[Waits] = []
    against: dict[str, int] = {}
    back: dict[str, int] = {}
    with engine.begin() as conn:
        for number in range(MANY):
            one = row(number, chance, accepted(conn).id)
            waiting.note(conn, one)
            rows.append(one)
            if one.state == "rejected" and chance.random() < 0.3:
                against[one.document_id] = AT - chance.randint(0, 4 * DAY)
                at = dt.datetime.fromtimestamp(against[one.document_id], dt.UTC)
                values = {"document_id": one.document_id, "at": at, "rejected_by": "cashback", "closed_at": None}
                conn.execute(insert(appeals), values)
            elif chance.random() < 0.1:
                back[one.document_id] = AT + chance.choice((-60, 3600))
                waiting.put_back(
                    conn, one.document_id, dt.datetime.fromtimestamp(back[one.document_id], dt.UTC), "olga"
                )
    return rows, against, back


def expected(view: View, rows: list[Waits], against: dict[str, int], back: dict[str, int]) -> list[str]:
    found = []
    for one in rows:
        appealed = one.document_id in against
        shelf = "open" if appealed else one.shelf
        reason, since = ("appeal", against[one.document_id]) if appealed else (one.reason, one.since)
        stake, until = one.stake or Decimal(0), back.get(one.document_id, 0)
        if shelf != view.tab or since > view.at:
            continue
        if (view.mine and not until) or (not view.mine and until > AT):
            continue
        if view.reason not in (None, reason) or view.distributor not in (None, one.seller_key):
            continue
        if view.partner not in (None, one.partner_id) or view.source not in (None, one.media_type):
            continue
        if view.days is not None and since > view.at - view.days * DAY:
            continue
        if view.least is not None and (one.stake is None or stake < view.least):
            continue
        age = view.at - since
        urgent = age >= 2 * DAY and (appealed or reason == "failed")
        key = {
            "urgent": (not urgent, -stake * (DAY + age)),
            "age": (since,),
            "amount": (-stake,),
            "distributor": (one.seller_key or "", since),
        }[view.order]
        found.append((*key, one.document_id))
    return [str(key[-1]) for key in sorted(found)]


VIEWS = [
    *(View(AT, "olga", order=order) for order in ORDERS),
    *(View(AT, "olga", "rejected", order) for order in ORDERS),
    View(AT, "olga", reason="appeal"),
    View(AT, "olga", reason="failed", order="age"),
    View(AT, "olga", distributor="acme", partner="P2"),
    View(AT, "olga", source="image/png", days=2),
    View(AT, "olga", least=100),
    View(AT, "olga", mine=True),
    View(AT - 2 * DAY, "olga"),
    View(AT, "olga", "rejected", reason="model_ambiguous", days=1),
]


def walked(engine: Engine, view: View, limit: int) -> list[Listed]:
    found: list[Listed] = []
    after: Key | None = None
    with reading(engine) as conn:
        while part := lists.page(conn, view, AT, after=after, limit=limit):
            found += part
            after = part[-1].key
    return found


def test_order_and_filters_are_those_of_plain_python_page_by_page(engine: Engine) -> None:
    given = filled(engine)
    for view in VIEWS:
        wanted = expected(view, *given)
        assert wanted, view
        for limit in (7, 1000):
            assert [one.document_id for one in walked(engine, view, limit)] == wanted, view
        with reading(engine) as conn:
            groups = lists.groups(conn, view, AT)
            if view.reason is None:
                shown = walked(engine, view, 1000)
                assert sum(one.count for one in groups) == len(wanted)
                assert sum(one.stake for one in groups) == sum(one.stake or 0 for one in shown)
                assert min(one.oldest for one in groups) == min(one.since for one in shown)
            else:
                assert {one.reason: one.count for one in groups}[view.reason] == len(wanted)
    with reading(engine) as conn:
        found = lists.choices(conn, VIEWS[0])
        assert found["distributor"] == ("acme", "beta")
        assert found["partner"] == ("P1", "P2")
        assert lists.names(conn, ["P1", "P2"]) == {"P1": "Beispiel GmbH", "P2": "Muster AG"}
        late = View(AT - 2 * DAY, "olga")
        everything = View(AT + DAY, "olga")
        whole = sum(one.count for one in lists.groups(conn, everything, AT))
        assert lists.arrived(conn, late, AT) == whole - len(expected(late, *given)) > 0


def test_a_walk_goes_past_what_others_have_open_or_decided(engine: Engine) -> None:
    filled(engine)
    view = View(AT, "olga", order="amount")
    first, second, third, fourth, *_, last = walked(engine, view, 1000)
    with engine.begin() as conn:
        assert waiting.see(conn, second.document_id, "otto", NOW) == "otto"
        waiting.hide(conn, third.document_id)
        waiting.hide(conn, first.document_id)
    with reading(engine) as conn:
        following = lists.following(conn, view, AT, first.key)
        assert following is not None
        assert following.document_id == fourth.document_id
        assert {one.document_id: one.holder for one in lists.page(conn, view, AT, limit=9)}[
            second.document_id
        ] == "otto"
        assert lists.following(conn, view, AT, last.key) is None
        again = lists.following(conn, view, AT + waiting.CLAIM, first.key)
        assert again is not None
        assert again.document_id == second.document_id


def test_a_document_is_had_open_by_one_person_until_another_takes_it_over(engine: Engine) -> None:
    with engine.begin() as conn:
        document = accepted(conn)
        assert waiting.see(conn, document.id, "olga", NOW) == "olga"
        assert waiting.see(conn, document.id, "otto", NOW) == "olga"
        assert waiting.see(conn, document.id, "olga", NOW) == "olga"
        waiting.take_over(conn, document.id, "otto", NOW)
        assert waiting.see(conn, document.id, "olga", NOW) == "otto"
        later = NOW + dt.timedelta(seconds=waiting.CLAIM)
        assert waiting.see(conn, document.id, "olga", later) == "olga"
        waiting.leave(conn, document.id, "olga")
        assert waiting.holder(conn, document.id, later) is None
        told = [act.why for act in audit.acts(conn, document.id) if act.what == "document taken over"]
        assert told == ["olga had it open"]


def test_whoever_waits_goes_on_waiting_since_then(engine: Engine) -> None:
    with engine.begin() as conn:
        document = accepted(conn)
        chance = random.Random(1)  # noqa: S311 (no secret)
        one = row(1, chance, document.id)
        for state, since, expect in (("review", AT, AT), ("review", AT + 5, AT), ("rejected", AT + 9, AT + 9)):
            new = Waits(
                **{name: getattr(one, name) for name in one.__slots__}
                | {"state": state, "since": since, "shelf": "open"}
            )
            waiting.note(conn, new)
            waiting.hide(conn, document.id)
            waiting.note(conn, new)
            (found,) = lists.of(conn, View(AT + DAY, "olga"), AT, [document.id])
            assert found.since == expect
        waiting.drop(conn, document.id)
        assert lists.of(conn, View(AT + DAY, "olga"), AT, [document.id]) == ()


def test_the_sample_is_a_share_of_the_ids_and_stays_the_same() -> None:
    ids = [f"{number:020}" for number in range(20_000)]
    drawn = {one for one in ids if waiting.is_drawn(one, Decimal(1))}
    assert 140 < len(drawn) < 260
    assert drawn <= {one for one in ids if waiting.is_drawn(one, Decimal("2.5"))}
    assert all(waiting.is_drawn(one, Decimal(100)) for one in ids)
    assert not any(waiting.is_drawn(one, Decimal(0)) for one in ids)
