"""Numbers in the order of commits. Each counter is a row that stays locked until the transaction that used it ends."""

from typing import Literal

from sqlalchemy import Connection, bindparam, select, update

from store.tables import counters

Counter = Literal["acceptance", "ledger", "seals"]


_VALUE = select(counters.c.value).where(counters.c.name == bindparam("counter"))
_NEXT = update(counters).where(counters.c.name == bindparam("counter")).values(value=counters.c.value + 1)
_HOLD = _VALUE.with_for_update()


def following(conn: Connection, name: Counter) -> int:
    """Return the next number of this counter, from 1; strictly increasing in the order of commits."""
    conn.execute(_NEXT, {"counter": name})
    return value(conn, name)


def value(conn: Connection, name: Counter) -> int:
    """Return the number that this counter gave out last, 0 for none."""
    return int(conn.execute(_VALUE, {"counter": name}).scalar_one())


def hold(conn: Connection, name: Counter) -> None:
    """Wait until no other transaction holds this counter, and hold it until this one ends.

    On SQLite every writing transaction excludes all others, and the clause for the lock is left out.
    """
    conn.execute(_HOLD, {"counter": name})
