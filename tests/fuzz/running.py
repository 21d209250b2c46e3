"""Running the targets for a while and telling what was found: `python -m tests.fuzz`, or `make fuzz`."""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from patterns import Found, every, growth

from fuzz.targets import TARGETS

BATCH = 200
"""Executions before the clock is looked at."""
FASTEST = 1.3
"""How much faster than the length of a text the time for it may grow, as a power."""


def attempt(target: Callable[..., None], given_to: Sequence[Any], start: int, examples: int = BATCH) -> int:
    """Run a target so many times, from a place in chance that a number names; return how often it ran."""
    runs = 0

    def counted(args: tuple[Any, ...]) -> None:
        nonlocal runs
        runs += 1
        target(*args)

    every_check = list(HealthCheck)
    tried = settings(
        max_examples=examples, database=None, deadline=None, derandomize=False, suppress_health_check=every_check,
        phases=[Phase.generate, Phase.shrink],
    )(given(st.tuples(*given_to))(counted))  # fmt: skip
    seed(start)(tried)()
    return runs


def _run(target: Callable[..., None], given_to: Sequence[Any], seconds: float) -> tuple[int, str]:
    until, runs, start = time.monotonic() + seconds, 0, random.SystemRandom().randrange(1 << 30)
    while time.monotonic() < until:
        try:
            runs += attempt(target, given_to, start)
        except Exception as error:  # noqa: BLE001 (whatever a target raises was found)
            return runs, f"seed {start}: {_told(error)}"
        start += 1
    return runs, ""


def _told(error: Exception) -> str:
    """Return where an error was raised, and what for."""
    places = "".join(traceback.format_tb(error.__traceback__)[-4:])
    return f"{type(error).__name__}: {error}\n{places}{' '.join(getattr(error, '__notes__', ()))[:2000]}"


def slow_patterns(seconds: float) -> Iterator[tuple[Found, str]]:
    """Yield the regular expressions that take longer on long texts than they may, as far as there is time to look."""
    until = time.monotonic() + seconds
    for found in every().values():
        power, text = growth(found)
        if power > FASTEST:
            yield found, f"n^{power:.1f} on {text!r}"
        if time.monotonic() > until:
            return


def main() -> None:
    """Run all targets for so many seconds together; print how often each ran and what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=600.0)
    seconds = asked.parse_args().seconds
    share, broken = seconds / (len(TARGETS) + 1), 0
    for target, given_to in TARGETS:
        runs, what = _run(target, given_to, share)
        broken += bool(what)
        print(
            f"{target.__name__:16} {runs:8} executions, {'broken' if what else 'nothing found'}\n{what}".rstrip(),
            flush=True,
        )
    slow = list(slow_patterns(share))
    for found, why in slow:
        print(f"    {found.name}: {why}")
    print(f"{'patterns':16} {len(every()):8} expressions, {len(slow)} slow")
    sys.exit(1 if broken or slow else 0)
