from collections.abc import Callable

from bench.ledger import fill, measured
from store.engine import open_engine
from store.schema import upgrade


def test_a_small_ledger_is_measured(new_database: Callable[..., str]) -> None:
    engine = open_engine(new_database())
    upgrade(engine)
    fill(engine, 1200)
    kind, count, *figures = measured(engine.dialect.name, engine, 1200)
    engine.dispose()
    assert (kind, count) == (engine.dialect.name, "1,200")
    assert all(float(figure.replace(",", "")) > 0 for figure in figures)
