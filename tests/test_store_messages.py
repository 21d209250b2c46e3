"""What is said about documents, and appeals."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import update

from model.state import State
from runtime.app import App
from store import messages
from store.messages import AlreadyAppealed, Appeal, Message
from store.tables import documents
from workers import steps

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def uploaded(app: App, number: str, state: State = State.REVIEW) -> str:
    made = steps.accept(app, invoice(number), f"{number}.xml", "P1", DAY)
    stand(app, made.id, state)
    return made.id


def stand(app: App, document_id: str, state: State) -> None:
    """Let a document stand somewhere, whatever led there."""
    with app.engine.begin() as conn:
        conn.execute(update(documents).where(documents.c.id == document_id).values(state=state.value))


def test_what_was_said_is_told_in_order(app: App) -> None:
    one, other = uploaded(app, "R1"), uploaded(app, "R2")
    with app.engine.begin() as conn:
        messages.say(conn, one, at=NOON, who="olga", kind="question", text="Which page?")
        messages.say(conn, other, at=NOON, who="olga", kind="word", text="Thank you.")
        messages.say(conn, one, at=NOON, who="anna", kind="answer", text="The second.")
        assert messages.of(conn, one) == (
            Message(NOON, "olga", "question", "Which page?"),
            Message(NOON, "anna", "answer", "The second."),
        )


def test_a_question_waits_until_it_is_answered(app: App) -> None:
    one, other, third = uploaded(app, "R1"), uploaded(app, "R2"), uploaded(app, "R3", State.REJECTED)
    with app.engine.begin() as conn:
        for text in ("Which page?", "And the date?"):
            messages.say(conn, one, at=NOON, who="olga", kind="question", text=text)
        messages.say(conn, other, at=NOON, who="olga", kind="word", text="Thank you.")
        messages.appeal(conn, third, at=NOON, who="anna", text="It is ours.", rejected_by="cashback")
        assert messages.waiting(conn, [one, other, third]) == {one: "question", third: "appeal"}
        messages.say(conn, one, at=NOON, who="anna", kind="answer", text="The second.")
        messages.say(conn, third, at=NOON, who="olga", kind="question", text="Whose?")
        assert messages.waiting(conn, [one, other, third]) == {third: "question"}
        messages.say(conn, third, at=NOON, who="anna", kind="answer", text="Ours.")
        assert messages.waiting(conn, [third, other]) == {third: "appeal"}
        assert messages.waiting(conn, []) == {}


@pytest.mark.parametrize(
    ("state", "asked", "appealing"),
    [
        (State.REVIEW, "question", None),
        (State.FAILED, "question", None),
        (State.REJECTED, None, "appeal"),
        (State.APPROVED, None, None),
        (State.EXTRACTED, None, None),
        (State.SUPERSEDED, None, None),
    ],
)
def test_what_was_decided_waits_for_nobody(app: App, state: State, asked: str | None, appealing: str | None) -> None:
    one, other = uploaded(app, "R1"), uploaded(app, "R2")
    with app.engine.begin() as conn:
        messages.say(conn, one, at=NOON, who="olga", kind="question", text="Which page?")
        messages.appeal(conn, other, at=NOON, who="anna", text="It is ours.", rejected_by="cashback")
    stand(app, one, state)
    stand(app, other, state)
    with app.engine.begin() as conn:
        found = messages.waiting(conn, [one, other])
    assert (found.get(one), found.get(other)) == (asked, appealing)


def test_a_rejection_is_appealed_once(app: App) -> None:
    one, other = uploaded(app, "R1", State.REJECTED), uploaded(app, "R2", State.REJECTED)
    later = NOON + dt.timedelta(days=1)
    with app.engine.begin() as conn:
        messages.appeal(conn, one, at=NOON, who="anna", text="It is ours.", rejected_by="olga")
        messages.appeal(conn, other, at=NOON, who="anna", text="So is this.", rejected_by="cashback")
        assert messages.appealed(conn, one) == Appeal(NOON, "olga", None)
        messages.close_appeal(conn, one, later)
        messages.close_appeal(conn, one, later + dt.timedelta(days=1))
        assert messages.appealed(conn, one) == Appeal(NOON, "olga", later)
        assert messages.waiting(conn, [one, other]) == {other: "appeal"}
        with pytest.raises(AlreadyAppealed):
            messages.appeal(conn, one, at=later, who="anna", text="Still.", rejected_by="adam")
        assert [said.text for said in messages.of(conn, one)] == ["It is ours."]
        messages.close_appeal(conn, "0" * 20, later)
