"""Time the ledger with a million entries: `make bench-ledger`.

Entries, documents and partners are written in bulk, each entry sealed as the program seals it; what is timed is the
program's own: booking an entry, the balance of a partner, a statement, and the check of the whole chain.
"""

import argparse
import datetime as dt
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, text

from bench.printing import show
from fixtures.servers import Postgres
from model.case import Partner
from model.ledger import Accrual
from programme.ledger import PROGRAMME, difference, payable, seal
from store import accounts, chain
from store.engine import open_engine, reading
from store.schema import upgrade
from store.statements import statement
from store.tables import accruals, documents, entries, partners, postings

PARTNERS = 6_000
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
"""When the first entry was booked; the last one two years later."""
PART = 20_000
"""Rows that are written at once."""
LARGE = "p0"
"""The partner with a twentieth of all entries; the others have the same share each."""
NOTE = "Milliseconds are medians. A partner has a 6,000th of the entries, the largest a twentieth; without readings."
HEADINGS = (
    "Database", "Entries", "Entry booked ms", "Balance ms", "largest ms", "Quarter's statement ms", "largest ms",
    "Checked entries/s",
)  # fmt: skip


def fill(engine: Engine, count: int) -> None:
    """Write so many entries, each of a document of its own."""
    names = [f"p{number}" for number in range(PARTNERS)]
    balances = dict.fromkeys([PROGRAMME, *map(payable, names)], 0)
    step = dt.timedelta(days=730) / count
    before = ""
    with engine.begin() as conn:
        conn.execute(insert(partners), [{"id": name} for name in names])
    for begin in range(1, count + 1, PART):
        rows: dict[str, list[dict[str, Any]]] = {"documents": [], "entries": [], "postings": [], "accruals": []}
        for position in range(begin, min(begin + PART, count + 1)):
            partner = LARGE if position % 20 == 0 else names[position % PARTNERS]
            before = _write(rows, position, partner, FIRST + position * step, balances, before)
        with engine.begin() as conn:
            for table in (documents, entries, postings, accruals):
                conn.execute(insert(table), rows[table.name])
    with engine.begin() as conn:
        conn.execute(text("UPDATE counters SET value = :count"), {"count": count})


def _write(  # noqa: PLR0917 (all that an entry is made of)
    rows: dict[str, list[dict[str, Any]]],
    position: int,
    partner: str,
    at: dt.datetime,
    balances: dict[str, int],
    before: str,
) -> str:
    """Add the rows of one entry, and return its hash."""
    document, each, quantity = f"d{position:019d}", 1400, 1 + position % 9
    sides = ((payable(partner), each * quantity), (PROGRAMME, -each * quantity))
    posted = []
    for account, cents in sides:
        balances[account] += cents
        posted.append((account, cents, balances[account]))
    accrued = ("acme", f"R{position}", 0, "D785", quantity, each)
    key, memo = f"{document}:1", "bonus"
    told = (position, key, partner, document, memo, at.strftime("%Y-%m-%d %H:%M:%S.%f"))
    sealed = seal(before, told, posted, [accrued])
    rows["documents"].append(
        {
            "id": document, "acceptance": position, "place": position, "partner_id": partner,
            "file_name": "invoice.pdf", "digest": f"{position:064x}", "size": 1, "accepted_on": at.date(),
            "accepted_at": at, "state": "approved", "seller_key": "acme", "number": f"R{position}",
            "issue_date": at.date(),
        }
    )  # fmt: skip
    rows["entries"].append(
        {
            "position": position, "key": key, "partner_id": partner, "document_id": document, "memo": memo,
            "booked_at": at, "hash": sealed,
        }
    )  # fmt: skip
    for sequence, (account, cents, balance) in enumerate(posted, 1):
        euros = {"amount": _euros(cents), "balance": _euros(balance)}
        rows["postings"].append({"entry": position, "sequence": sequence, "account": account} | euros)
    rows["accruals"].append(
        {
            "entry": position, "sequence": 1, "distributor_id": "acme", "number": f"R{position}", "line": 0,
            "model": "D785", "quantity": quantity, "bonus_each": _euros(each),
        }
    )  # fmt: skip
    return sealed


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@contextmanager
def database(kind: str) -> Iterator[Engine]:
    """Yield a new database of this kind ("sqlite", "postgresql"), as durable as one in use."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="cashback-bench-") as folder:
            engine = open_engine(f"sqlite:///{Path(folder) / 'ledger.sqlite3'}")
            upgrade(engine)
            yield engine
            engine.dispose()
        return
    with Postgres.start(durable=True) as server:
        engine = open_engine(server.new_database())
        yield engine
        engine.dispose()


def measured(kind: str, engine: Engine, count: int) -> tuple[str, ...]:
    """Return a row of the table."""
    if kind == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))
    some = [f"p{number}" for number in random.Random(1).sample(range(1, PARTNERS), 200)]  # noqa: S311 (no secrets)
    booked = _median(lambda partner: _book(engine, partner), some)
    balance, largest = (_median(lambda one: _read(engine, accounts.owed, one), of) for of in (some, [LARGE] * 20))
    stated, most = (_median(lambda one: _read(engine, _state, one), of) for of in (some[:50], [LARGE] * 3))
    begun = time.perf_counter()
    with reading(engine) as conn:
        faults = list(chain.verify(conn, processes=os.cpu_count() or 1))
    speed = (count + len(some)) / (time.perf_counter() - begun)
    assert not faults, faults[:3]  # noqa: S101 (a bench of something broken tells nothing)
    return (
        kind,
        f"{count:,}",
        f"{booked:.2f}",
        f"{balance:.2f}",
        f"{largest:.2f}",
        f"{stated:.1f}",
        f"{most:.0f}",
        f"{speed:,.0f}",
    )


def _state(conn: Connection, partner_id: str) -> None:
    partner = Partner(id=partner_id, name=partner_id, tiers=())
    statement(conn, partner, dt.date(2025, 7, 1), dt.date(2025, 9, 30))


def _book(engine: Engine, partner: str) -> None:
    with engine.begin() as conn:
        one = next(iter(conn.execute(text("SELECT max(position) FROM entries")).scalars())) + 1
        document = f"d{one % 1000 + 1:019d}"
        accrual = Accrual(
            distributor_id="acme", number=f"B{one}", line=0, model="D785", quantity=1, bonus_each=Decimal("14.00")
        )
        entry = difference(document, partner, one + 1, (accrual,), ())
        if entry is not None:
            accounts.append(conn, entry, dt.datetime.now(dt.UTC))


def _read(engine: Engine, ask: Callable[[Connection, str], object], partner: str) -> None:
    with reading(engine) as conn:
        ask(conn, partner)


def _median(act: Callable[[str], None], partners_of: Iterable[str]) -> float:
    """Return how many milliseconds an act takes for a partner."""
    times = []
    for partner in partners_of:
        begun = time.perf_counter()
        act(partner)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    given = parser.parse_args()
    rows = []
    for kind in ("sqlite", "postgresql"):
        with database(kind) as engine:
            fill(engine, given.count)
            rows.append(measured(kind, engine, given.count))
    show("The ledger", HEADINGS, rows, NOTE)


if __name__ == "__main__":
    main()
