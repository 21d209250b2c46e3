"""What a person decides: stored at once, booked ten seconds later, so that taking it back in time costs no reversal.

What is booked stands in the queue as any judgement does; if this process ends meanwhile, another one books it.
"""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, delete, select, update

from model.invoice import Invoice
from model.judgement import Outcome
from model.reading import Reading
from model.state import OUTCOMES, State
from runtime.app import App
from store import decisions, documents, messages, queue, results, rulings, waiting
from store.decisions import Decision
from store.documents import Document
from store.tables_messages import appeals
from store.tables_messages import messages as said
from workers.judging import judge, spelt
from workers.steps import as_seen, judged_anew, ruled

GRACE = dt.timedelta(seconds=10)
"""How long a decision can be taken back before anything is booked."""


_UNDOABLE = OUTCOMES | {State.EXTRACTED}


class NotYours(Exception):
    """Raised where whoever rejected a document is to decide on its appeal."""


def decide(
    app: App,
    document_id: str,
    outcome: Outcome,
    *,
    who: str,
    why: str,
    seen: int,
    word: str = "",
    seconds: int | None = None,
    wait: dt.timedelta = GRACE,
) -> Document:
    """Let a person decide on a judged document; `word` is told to its partner, `seconds` is how long it took.

    An appeal against the rejection is closed with it. Errors: steps.Stale, NotYours, LookupError where there is none
    that was judged.
    """
    with app.engine.begin() as conn:
        document, at = as_seen(conn, document_id, seen), dt.datetime.now(dt.UTC)
        if not may_decide(conn, document_id, who):
            raise NotYours
        moved = ruled(conn, document, outcome, who=who, why=why, at=at, wait=wait)
        decisions.save(conn, document_id, at=at, who=who, outcome=outcome, seconds=seconds)
        if word:
            messages.say(conn, document_id, at=at, who=who, kind="word", text=word)
        corrected = _check_fields(conn, document, at)
        waiting.check_sample(conn, document_id, at, agreed=outcome == "approved" and not corrected)
        waiting.leave(conn, document_id, who)
        return moved


def undo(app: App, document_id: str, who: str) -> Document:
    """Take back what was decided last on a document.

    As long as nothing is booked, what was ruled before stands again; later nothing stands, and what was booked is
    reversed. Errors: LookupError where there is nothing to take back.
    """
    with app.engine.begin() as conn:
        document, at = documents.hold(conn, document_id), dt.datetime.now(dt.UTC)
        last, judgement = decisions.last(conn, document_id), results.judgement(conn, document_id)
        is_pending = document.state is State.EXTRACTED
        if judgement is None or rulings.standing(conn, document_id) is None or document.state not in _UNDOABLE:
            raise LookupError(f"nothing is decided on document {document_id}")
        if last is not None and last.undone_at is None:
            decisions.undo(conn, last, at)
            waiting.check_sample(conn, document_id, None, agreed=None)
            _unsay(conn, last, with_word=is_pending)
        before = rulings.before(conn, document_id) if is_pending else None
        rulings.rule(
            conn,
            document_id,
            before.outcome if before else None,
            judged=before.judged if before else spelt(judgement),
            who=before.who if before else who,
            why=before.why if before else "taken back",
            at=at,
        )
        if is_pending:
            queue.hasten(conn, document_id)
        else:
            document = judged_anew(conn, document, who, "taken back")
    return judge(app, document)


def may_decide(conn: Connection, document_id: str, who: str) -> bool:
    """Whether somebody may decide: whoever rejected a document does not decide on the appeal."""
    mine = (appeals.c.document_id == document_id, appeals.c.closed_at.is_(None), appeals.c.rejected_by == who)
    return conn.execute(select(appeals.c.document_id).where(*mine)).one_or_none() is None


def retry(app: App, document_id: str, *, who: str, seen: int) -> Document:
    """Have a document that failed read again. Errors: steps.Stale, LookupError where it did not fail."""
    with app.engine.begin() as conn:
        document = as_seen(conn, document_id, seen)
        if document.state is not State.FAILED:
            raise LookupError(f"document {document_id} did not fail")
        queue.enqueue(conn, document, "read")
        waiting.hide(conn, document_id)
        return documents.move(conn, document_id, State.RECEIVED, at=dt.datetime.now(dt.UTC), who=who, why="retried")


def _unsay(conn: Connection, last: Decision, *, with_word: bool) -> None:
    """Open the appeal again that a decision closed, and take its word to the partner back if nobody acts on it yet."""
    closed = (appeals.c.document_id == last.document_id, appeals.c.closed_at == last.at)
    conn.execute(update(appeals).where(*closed).values(closed_at=None))
    if with_word:
        same = (said.c.document_id == last.document_id, said.c.kind == "word", said.c.at == last.at)
        conn.execute(delete(said).where(*same))


def _check_fields(conn: Connection, document: Document, at: dt.datetime) -> bool:
    """Write down how well the values were read of a document that a person decided on; whether any was wrong."""
    text, counting = results.latest(conn, document.id), results.reading(conn, document.id)
    if text is None or counting is None:
        return False
    first = Reading.model_validate_json(text)
    compared = list(compare(first, counting))
    decisions.check_fields(conn, document.id, compared, seller_key=document.seller_key, source=first.source, at=at)
    return any(wrong for _, wrong in compared)


def compare(first: Reading, counting: Reading) -> Iterator[tuple[str, bool]]:
    """Yield of each value that was read by which rung, and whether it is another one in the reading that counts."""
    for path, evidence in first.evidence.items():
        yield evidence.rung, _value(first.invoice, path) != _value(counting.invoice, path)


def _value(invoice: Invoice | None, path: str) -> object:
    found: object = invoice
    for step in path.split("."):
        if step.isdigit() and isinstance(found, tuple):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = getattr(found, step, None)
    return found
