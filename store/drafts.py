"""Drafts: changes of the rulebook or of partners that are tried, approved by another person, and then go live.

Whoever changes a draft is one of its authors, and none of them approves it. A change takes preview and approval away.
What is drafted names the state that it was drafted upon (`base`); once another one holds it is previewed anew first.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, insert, or_, select, update

from store import audit
from store.tables_drafts import draft_steps, drafts

Kind = Literal["rulebook", "partners"]
State = Literal["open", "live", "dropped"]
Preview = Literal["waiting", "running", "done", "failed"]
LEASE = dt.timedelta(minutes=10)
"""How long a preview may take before somebody else tries it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft; `content` and `base_content` are as it will be and as it was, `preview` is what came of trying it."""

    id: str
    kind: Kind
    why: str
    base: str
    base_content: str
    content: str
    revision: int
    state: State
    preview_state: Preview
    preview_until: dt.datetime | None
    preview: str | None
    approved_by: str | None
    approved_at: dt.datetime | None
    made_at: dt.datetime
    ended_at: dt.datetime | None
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to a draft."""

    sequence: int
    at: dt.datetime
    who: str
    what: str
    why: str


class Refused(Exception):
    """Raised where something may not be done to a draft; `code` says why.

    "closed": it went live or was dropped. "stale": it was changed meanwhile. "own": whoever drafted does not approve.
    "base": something else holds than it was drafted upon. "preview": it was not tried yet. "approval": nobody else has
    approved it. "empty": it changes nothing.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def make(
    conn: Connection, kind: Kind, content: str, base: str, base_content: str, *, who: str, why: str, at: dt.datetime
) -> Draft:
    """Begin a draft."""
    identifier = secrets.token_hex(8)
    row = {"id": identifier, "kind": kind, "why": why, "base": base, "base_content": base_content, "content": content}
    row |= {"revision": 1, "state": "open", "preview_state": "waiting", "made_at": at}  # type: ignore[dict-item]
    conn.execute(insert(drafts), row)
    _step(conn, identifier, at, who, "drafted", why)
    return get(conn, identifier)


def change(conn: Connection, identifier: str, seen: int, content: str, *, who: str, why: str, at: dt.datetime) -> Draft:
    """Change what is drafted: preview and approval are void. Errors: LookupError, Refused."""
    draft = _open(conn, identifier, seen)
    _alter(conn, draft, {"content": content})
    _step(conn, identifier, at, who, "changed", why)
    return get(conn, identifier)


def rebase(
    conn: Connection,
    identifier: str,
    seen: int,
    content: str,
    *,
    base: str,
    base_content: str,
    who: str,
    at: dt.datetime,
) -> Draft:
    """Put a draft upon what holds now: preview and approval are void. Errors: LookupError, Refused."""
    draft = _open(conn, identifier, seen)
    _alter(conn, draft, {"content": content, "base": base, "base_content": base_content})
    _step(conn, identifier, at, who, "changed", "rebased")
    return get(conn, identifier)


def approve(conn: Connection, identifier: str, seen: int, base: str, *, who: str, at: dt.datetime) -> Draft:
    """Approve a draft that was tried, as somebody who drafted none of it. Errors: LookupError, Refused."""
    draft = _open(conn, identifier, seen)
    _may_go(draft, base)
    if who in authors(conn, identifier):
        raise Refused("own")
    conn.execute(update(drafts).where(drafts.c.id == identifier).values(approved_by=who, approved_at=at))
    _step(conn, identifier, at, who, "approved", "")
    return get(conn, identifier)


def go_live(conn: Connection, identifier: str, seen: int, base: str, *, who: str, at: dt.datetime) -> Draft:
    """End a draft that was approved; whoever calls has it hold in one transaction. Errors: LookupError, Refused."""
    draft = _open(conn, identifier, seen)
    _may_go(draft, base)
    if draft.approved_by is None:
        raise Refused("approval")
    conn.execute(update(drafts).where(drafts.c.id == identifier).values(state="live", ended_at=at))
    _step(conn, identifier, at, who, "live", "")
    return draft


def drop(conn: Connection, identifier: str, seen: int, *, who: str, at: dt.datetime) -> None:
    """Give a draft up. Errors: LookupError, Refused."""
    _open(conn, identifier, seen)
    conn.execute(update(drafts).where(drafts.c.id == identifier).values(state="dropped", ended_at=at))
    _step(conn, identifier, at, who, "dropped", "")


def apply(conn: Connection, identifier: str, run_id: str) -> None:
    """Write down which run applies a draft that went live to what was judged. Errors: LookupError, Refused."""
    draft = _held(conn, identifier)
    if draft.state != "live" or draft.run_id is not None:
        raise Refused("closed")
    conn.execute(update(drafts).where(drafts.c.id == identifier).values(run_id=run_id))


def waiting(conn: Connection, at: dt.datetime) -> Draft | None:
    """Take a draft that waits to be tried, or whose trial came to no end; None if none does."""
    found: str | None = conn.execute(_due(at).with_for_update(skip_locked=True)).scalar_one_or_none()
    if found is None:
        return None
    values = {"preview_state": "running", "preview_until": at + LEASE}
    conn.execute(update(drafts).where(drafts.c.id == found).values(values))
    return get(conn, found)


def are_waiting(conn: Connection, at: dt.datetime) -> bool:
    """Whether a draft waits to be tried."""
    return conn.execute(_due(at)).first() is not None


def tried(conn: Connection, draft: Draft, preview: str | None) -> None:
    """Write down what came of trying a draft (None: it failed), unless it was changed meanwhile."""
    state = "failed" if preview is None else "done"
    same = (drafts.c.id == draft.id, drafts.c.revision == draft.revision, drafts.c.preview_state == "running")
    conn.execute(update(drafts).where(*same).values(preview_state=state, preview=preview, preview_until=None))


def again(conn: Connection, identifier: str, seen: int) -> None:
    """Have a draft tried again; an approval is void. Errors: LookupError, Refused."""
    _alter(conn, _open(conn, identifier, seen), {})


def get(conn: Connection, identifier: str) -> Draft:
    """Return a draft. Errors: LookupError."""
    row = conn.execute(select(drafts).where(drafts.c.id == identifier)).one_or_none()
    if row is None:
        raise LookupError(f"there is no draft {identifier}")
    return Draft(*row)


def every(conn: Connection, kind: Kind, *, is_open: bool, limit: int = 50) -> tuple[Draft, ...]:
    """Return the drafts of a kind that are open, or those that have ended, the last ones first."""
    state = drafts.c.state == "open" if is_open else drafts.c.state != "open"
    query = select(drafts).where(drafts.c.kind == kind, state).order_by(drafts.c.made_at.desc()).limit(limit)
    return tuple(Draft(*row) for row in conn.execute(query))


def steps(conn: Connection, identifier: str) -> tuple[Step, ...]:
    """Return what was done to a draft, in order."""
    columns = [draft_steps.c[name] for name in ("sequence", "at", "who", "what", "why")]
    query = select(*columns).where(draft_steps.c.draft_id == identifier).order_by(draft_steps.c.sequence)
    return tuple(Step(*row) for row in conn.execute(query))


def authors(conn: Connection, identifier: str) -> frozenset[str]:
    """Return who drafted something of it."""
    return authors_of(steps(conn, identifier))


def authors_of(done: Iterable[Step]) -> frozenset[str]:
    """Return who drafted something in these steps."""
    return frozenset(one.who for one in done if one.what in {"drafted", "changed"})


def _due(at: dt.datetime) -> Select[Any]:
    ended = and_(drafts.c.preview_state == "running", drafts.c.preview_until < at)
    due = or_(drafts.c.preview_state == "waiting", ended)
    return select(drafts.c.id).where(due, drafts.c.state == "open").order_by(drafts.c.made_at).limit(1)


def _may_go(draft: Draft, base: str) -> None:
    if draft.base != base:
        raise Refused("base")
    if draft.content == draft.base_content:
        raise Refused("empty")
    if draft.preview_state != "done":
        raise Refused("preview")


def _held(conn: Connection, identifier: str) -> Draft:
    conn.execute(select(drafts.c.id).where(drafts.c.id == identifier).with_for_update())
    return get(conn, identifier)


def _open(conn: Connection, identifier: str, seen: int) -> Draft:
    draft = _held(conn, identifier)
    if draft.state != "open":
        raise Refused("closed")
    if draft.revision != seen:
        raise Refused("stale")
    return draft


def _alter(conn: Connection, draft: Draft, values: dict[str, str]) -> None:
    void = {"preview_state": "waiting", "preview": None, "approved_by": None, "approved_at": None}
    changed = values | void | {"revision": draft.revision + 1, "preview_until": None}
    conn.execute(update(drafts).where(drafts.c.id == draft.id).values(changed))


def _step(conn: Connection, identifier: str, at: dt.datetime, who: str, what: str, why: str) -> None:  # noqa: PLR0917
    row = {"draft_id": identifier, "sequence": len(steps(conn, identifier)) + 1}
    conn.execute(insert(draft_steps), row | {"at": at, "who": who, "what": what, "why": why})
    audit.record(conn, at=at, who=who, what=f"draft {what}", about=identifier, why=why)
