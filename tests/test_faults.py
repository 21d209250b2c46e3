"""The short form of the experiments: once each, with one fault."""

import pytest
from faults.running import EXPERIMENTS, Experiment, attempt

SHORT = [(one, database) for one in EXPERIMENTS for database in one.short]


@pytest.mark.parametrize(("experiment", "database"), SHORT, ids=[f"{one.name}-{name}" for one, name in SHORT])
def test_nothing_breaks(experiment: Experiment, database: str) -> None:
    tried = attempt(experiment, database, 1, 1)
    assert tried.runs == 1, tried.why
    assert tried.broken == []
