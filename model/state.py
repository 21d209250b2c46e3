"""The states of a document and the moves between them."""

from enum import StrEnum


class State(StrEnum):
    """Where a document stands. From approved on, a state is final until a person or a new rule moves it on."""

    RECEIVED = "received"
    READ = "read"
    EXTRACTED = "extracted"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVIEW = "review"
    FAILED = "failed"
    SUPERSEDED = "superseded"


OUTCOMES = frozenset({State.APPROVED, State.REJECTED, State.REVIEW})

_AGAIN = frozenset({State.RECEIVED, State.READ, State.EXTRACTED})
"""A judged document can be read, extracted or judged again."""

MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.READ, State.FAILED, State.SUPERSEDED}),
    State.READ: frozenset({State.READ, State.EXTRACTED, State.FAILED, State.SUPERSEDED}),
    State.EXTRACTED: OUTCOMES | {State.FAILED, State.READ, State.SUPERSEDED},
    State.APPROVED: OUTCOMES | _AGAIN | {State.SUPERSEDED},
    State.REJECTED: OUTCOMES | _AGAIN | {State.SUPERSEDED},
    State.REVIEW: OUTCOMES | _AGAIN | {State.SUPERSEDED},
    State.FAILED: frozenset({State.RECEIVED, State.SUPERSEDED}),
    State.SUPERSEDED: frozenset(),
}


class ForbiddenMove(Exception):
    """Raised when a document is to go where it cannot go from where it stands."""


def move(old: State, new: State) -> State:
    """Return the new state, or raise ForbiddenMove."""
    if new not in MOVES[old]:
        raise ForbiddenMove(f"a document cannot go from {old} to {new}")
    return new
