"""The rules of what is stored: each a query over whole tables whose rows are what breaks it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Subquery,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
)

from model.state import MOVES, State
from programme.ledger import PROGRAMME, held, paid, payable
from store.documents import UNFINISHED
from store.tables import (
    accruals,
    attempts,
    audit,
    bonus_units,
    counters,
    deliveries,
    documents,
    entries,
    history,
    metadata,
    notices,
    postings,
)
from store.tables_drafts import audit_seals

_NOWHERE = "nowhere"
"""Where a document stood before it was accepted."""
_UNFINISHED = [state.value for state in UNFINISHED]
_UNPAID = [state.value for state in State if state not in UNFINISHED and state is not State.APPROVED]
"""States in which nothing may be accrued. One that is judged again keeps what it has until it is."""
_LINE = ("document_id", "distributor_id", "number", "line")
"""What bonus units are compared by."""


class Rule(NamedTuple):
    """The invariant, a sentence, and a query whose rows break it: each tells first what it is about.

    The sentence may quote the columns by name.
    """

    invariant: str
    what: str
    query: Select[Any]


def _accepted() -> Iterator[Rule]:
    number = documents.c.acceptance
    yield _gaps("I1", "acceptance", number, documents.c.id)
    yield _counted("I1", "acceptance", number)


def _moved() -> Iterator[Rule]:
    step = _steps().c
    wrong: Select[Any] = select(step.document_id, step.sequence, step.place, step.said, step.stood, step.to_state)
    yield Rule("I2", "step {sequence} is number {place} of its history", wrong.where(step.sequence != step.place))
    yield Rule(
        "I2", "step {sequence} says it left {said}, but it stood at {stood}", wrong.where(step.said != step.stood)
    )
    allowed = [(_NOWHERE, State.RECEIVED.value), *((old.value, new.value) for old in MOVES for new in MOVES[old])]
    forbidden = tuple_(step.said, step.to_state).not_in(allowed)
    yield Rule("I2", "step {sequence} is the forbidden move from {said} to {to_state}", wrong.where(forbidden))


def _standing() -> Iterator[Rule]:
    steps, document = _steps(), documents.c
    ends = func.coalesce(steps.c.to_state, _NOWHERE).label("ends")
    last = (steps.c.document_id == document.id) & (steps.c.place == steps.c.steps)
    query: Select[Any] = select(document.id, document.state, ends).outerjoin(steps, last)
    yield Rule("I2", "it is {state}, but its history ends at {ends}", query.where(document.state != ends))
    failed, has_code = document.state == State.FAILED.value, func.coalesce(document.error_code, "") != ""
    either: Select[Any] = select(document.id, document.state)
    yield Rule("I2", "it failed without an error code", either.where(failed, ~has_code))
    yield Rule("I2", "it is {state} and has an error code", either.where(~failed, has_code))


def _steps() -> Subquery:
    """Return all steps, each with its place in its document's history, how many there are, and where it stood."""
    in_order: dict[str, Any] = {"partition_by": history.c.document_id, "order_by": history.c.sequence}
    return select(
        history.c.document_id,
        history.c.sequence,
        func.coalesce(history.c.from_state, _NOWHERE).label("said"),
        func.coalesce(func.lag(history.c.to_state).over(**in_order), _NOWHERE).label("stood"),
        history.c.to_state,
        func.row_number().over(**in_order).label("place"),
        func.count().over(partition_by=history.c.document_id).label("steps"),
    ).subquery()


def _accrued() -> Iterator[Rule]:
    booked = _booked()
    yield _unlike_held(booked)
    line = [booked.c[name] for name in _LINE[1:]]
    several = func.count(booked.c.document_id)
    query: Select[Any] = select(func.min(booked.c.document_id).label("document_id"), *line, several.label("several"))
    yield Rule(
        "I3",
        "line {line} of {number} ({distributor_id}) is accrued for {several} documents",
        query.group_by(*line).having(several > 1),
    )
    of_state: Select[Any] = select(documents.c.id, documents.c.state, booked.c.number, booked.c.distributor_id)
    yield Rule(
        "I3",
        "it is {state}, but {number} ({distributor_id}) is accrued for it",
        of_state.join(booked, booked.c.document_id == documents.c.id).where(documents.c.state.in_(_UNPAID)),
    )


def _booked() -> Subquery:
    """Return how many units the entries add up to, by document and line (`due`)."""
    of = accruals.c
    each = (
        select(entries.c.document_id, of.distributor_id, of.number, of.line, func.sum(of.quantity).label("units"))
        .join(entries, entries.c.position == of.entry)
        .group_by(entries.c.document_id, of.distributor_id, of.number, of.line, of.model, of.bonus_each)
        .having(func.sum(of.quantity) != 0)
        .subquery()
    )
    key = [each.c[name] for name in _LINE]
    return select(*key, func.sum(func.abs(each.c.units)).label("due")).group_by(*key).subquery()


def _unlike_held(booked: Subquery) -> Rule:
    """Return the rule that each line holds the units 1, 2, ... that are accrued for it, and no others."""
    unit, none = bonus_units.c, literal(0)
    key = [unit[name] for name in _LINE]
    held = select(*key, none.label("due"), func.count().label("held"), func.max(unit.unit).label("highest"))
    accrued = select(*(booked.c[name] for name in _LINE), booked.c.due, none.label("held"), none.label("highest"))
    both = union_all(accrued, held.group_by(*key)).subquery()
    names = [both.c[name] for name in _LINE]
    due, count, highest = (func.sum(both.c[name]) for name in ("due", "held", "highest"))
    return Rule(
        "I3",
        "line {line} of {number} ({distributor_id}) has {due} units accrued and {held} held, up to number {highest}",
        select(*names, due.label("due"), count.label("held"), highest.label("highest"))
        .group_by(*names)
        .having(or_(due != count, count != highest)),
    )


def _balanced() -> Iterator[Rule]:
    amount = type_coerce(postings.c.amount, BigInteger)
    off = func.sum(amount)
    yield Rule(
        "I4",
        "the postings of entry {entry} sum to {cents} cents",
        select(postings.c.entry, off.label("cents")).group_by(postings.c.entry).having(off != 0),
    )
    yield from _unlike_accrued(amount)


def _unlike_accrued(amount: ColumnElement[int]) -> Iterator[Rule]:
    """Yield the rules that an entry posts what it accrues to its partner's accounts, and to no other one's."""
    own = [_account(of) for of in (payable, held, paid)]
    posted = select(postings.c.entry, postings.c.account).join(entries, entries.c.position == postings.c.entry)
    yield Rule(
        "I4",
        "entry {entry} posts to {account}, which is not its partner's",
        posted.where(postings.c.account.not_in([*own, literal(PROGRAMME)])),
    )
    accrued = type_coerce(accruals.c.bonus_each, BigInteger) * accruals.c.quantity
    nothing = literal(0)
    earned = select(postings.c.entry, nothing.label("accrued"), amount.label("posted"))
    earned = earned.join(entries, entries.c.position == postings.c.entry).where(postings.c.account.in_(own))
    both = union_all(select(accruals.c.entry, accrued.label("accrued"), nothing.label("posted")), earned).subquery()
    due, told = func.sum(both.c.accrued), func.sum(both.c.posted)
    yield Rule(
        "I4",
        "entry {entry} accrues {accrued} cents and posts {posted} to its partner's accounts",
        select(both.c.entry, due.label("accrued"), told.label("posted")).group_by(both.c.entry).having(due != told),
    )


def _account(of: Callable[[str], str]) -> ColumnElement[str]:
    """Return the name of this account of an entry's partner."""
    before, after = of("*").split("*")
    return literal(before) + entries.c.partner_id + literal(after)


def _in_order() -> Iterator[Rule]:
    yield _gaps("I4", "position", entries.c.position, entries.c.key)
    yield _counted("I4", "ledger", entries.c.position)
    of = entries.c
    place = func.row_number().over(partition_by=of.document_id, order_by=of.position)
    proper = (of.document_id + ":" + cast(place, String)).label("proper")
    each = select(of.key, of.position, proper).where(of.document_id.is_not(None)).subquery()
    yield Rule(
        "I4",
        "entry {position} has this key in place of {proper}",
        select(each.c.key, each.c.position, each.c.proper).where(each.c.key != each.c.proper),
    )


def _referred() -> Iterator[Rule]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                other = key.column.table.alias("other")
                there = select(other.c[key.column.name]).where(other.c[key.column.name] == column).exists()
                query = select(column.label("about")).where(column.is_not(None), ~there)
                yield Rule("I5", f"{table.name} refers to it, but it is not among the {key.column.table.name}", query)


def _queued() -> Rule:
    waits = select(deliveries.c.document_id).where(deliveries.c.document_id == documents.c.id).exists()
    query = select(documents.c.id, documents.c.state).where(documents.c.state.in_(_UNFINISHED), ~waits)
    return Rule("I8", "it is {state} and does not stand in the queue", query)


def _at_rest() -> Iterator[Rule]:
    query = select(deliveries.c.document_id, deliveries.c.stage, deliveries.c.queue)
    yield Rule("I8", "it waits still, for {stage} in the queue {queue}", query)
    query = select(attempts.c.document_id, attempts.c.sequence, attempts.c.worker)
    yield Rule("I8", "attempt {sequence} by {worker} came to no end", query.where(attempts.c.ended_at.is_(None)))
    untold = select(notices.c.webhook_id, notices.c.entry, notices.c.state).where(notices.c.state != "delivered")
    yield Rule("I8", "it was not told of entry {entry}: {state}", untold)


def _audited() -> Rule:
    """Return the rule that history and audit tell the same; what the audit tells beside moves begins otherwise."""
    prefix = "document "
    moved = select(
        history.c.document_id.label("id"), (prefix + history.c.to_state).label("move"), literal(1).label("n")
    )
    noted = select(audit.c.about, audit.c.what, literal(-1)).where(audit.c.what.startswith(prefix))
    both = union_all(moved, noted).subquery()
    more = func.sum(both.c.n)
    query = select(both.c.id, both.c.move, more.label("more")).group_by(both.c.id, both.c.move).having(more != 0)
    return Rule("I11", "its history has {more} more than the audit of: {move}", query)


def _sealed() -> Iterator[Rule]:
    """Yield the rules that the seals of the audit are numbered without a gap, and that the last ones are there."""
    yield _gaps("I11", "seal", audit_seals.c.sequence, cast(audit_seals.c.position, String))
    yield _counted("I11", "seals", audit_seals.c.sequence)


def _gaps(invariant: str, what: str, number: ColumnElement[int], about: ColumnElement[str]) -> Rule:
    """Return the rule that numbers follow each other from 1."""
    before = func.lag(number, 1, 0).over(order_by=number)
    each = select(about.label("about"), number.label("number"), before.label("before")).subquery()
    query = select(each.c.about, each.c.number, each.c.before).where(each.c.number != each.c.before + 1)
    return Rule(invariant, f"{what} {{number}} follows on {{before}}", query)


def _counted(invariant: str, name: str, number: ColumnElement[int]) -> Rule:
    """Return the rule that the last number is the one that its counter gave out last."""
    last = select(func.coalesce(func.max(number), 0)).scalar_subquery()
    query = select(counters.c.name, counters.c.value, last.label("last"))
    query = query.where(counters.c.name == name, counters.c.value != last)
    return Rule(invariant, "{value} was given out last, but the last one here is {last}", query)


RULES = (
    *_accepted(),
    *_moved(),
    *_standing(),
    *_accrued(),
    *_balanced(),
    *_in_order(),
    *_referred(),
    _queued(),
    _audited(),
    *_sealed(),
)
"""What holds at any moment."""

AT_REST = tuple(_at_rest())
"""What holds when nothing is under way."""
