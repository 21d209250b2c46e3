"""Reading all cases and telling what came of them: `python -m tests.hostile`, or `make hostile`."""

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hostile import bombs, disguises, markup, odd, pictures, structures, texts
from hostile.case import READING, Case
from hostile.watching import DIED, Reader, Seen, Tried, watched
from model.reading import Reading
from workers.sandbox import LIMIT

CASES: Sequence[Case] = (
    *bombs.CASES,
    *structures.CASES,
    *disguises.CASES,
    *markup.CASES,
    *texts.CASES,
    *pictures.CASES,
    *odd.CASES,
)
_TOLD = tomllib.loads((Path(__file__).parent / "outcomes.toml").read_text())
QUICK: dict[str, str] = _TOLD["quick"]
"""What comes of each case that takes a moment, by its name ..."""
SLOW: dict[str, str] = _TOLD["slow"]
"""... and of those that take longer, of which one may come to several ends: on a slow machine it is a matter of time."""
MOST_MEMORY = 2 * 1024**3
"""Bytes that a process that reads, and those that it starts, never hold."""
GRACE = 15.0
"""Seconds beyond its limit within which a process has ended."""
LONGEST_TEXT = 10_000
"""No text of a reading is longer."""
CODES = frozenset(
    "empty unsupported_type encrypted damaged too_large too_many_pages too_many_pixels bad_xml timeout out_of_memory".split()
)
"""The codes with which a file may be refused; `crashed` is none of them."""
_LEAK = re.compile(r"Traceback|File \"|[a-z]/[a-z]+/|\w+Error\b|0x[0-9a-f]{6}|[\x00-\x1f\ud800-\udfff]")
KINDS = (
    "tracebacks",
    "crashes",
    "leaks",
    "timeouts",
    "over memory",
    "over time",
    "written",
    "connected",
    "left",
    "other",
)
"""What can be wrong with a case; a timeout and too much memory are told, and are wrong only where they are not expected."""


def faults(tried: Tried, expected: str, ordinary: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong: of which of KINDS it is, and what was seen."""
    if tried.trouble:
        yield "crashes" if tried.trouble.startswith(DIED) else "tracebacks", tried.trouble[-500:]
    if tried.outcome not in expected.split():
        yield "other", f"{tried.outcome} in place of {expected}"
    if tried.outcome not in CODES | {READING}:
        yield "other", f"{tried.outcome} is no code for what a file is"
    if _LEAK.search(tried.message) or len(tried.message) > 300:
        yield "leaks", tried.message[:300]
    yield from _of_process(tried.seen)
    yield from (("other", why) for why in _of_reading(tried, ordinary))


def _of_process(seen: Seen) -> Iterator[tuple[str, str]]:
    if seen.memory >= MOST_MEMORY:
        yield "over memory", f"{seen.memory / 2**20:.0f} MiB"
    if seen.seconds > LIMIT + GRACE:
        yield "over time", f"{seen.seconds:.0f} s"
    if seen.written:
        yield "written", " ".join(sorted(seen.written))
    if seen.connections or seen.calls:
        yield "connected", f"{seen.calls} calls {' '.join(seen.connections)}"
    if seen.left:
        yield "left", " ".join(sorted(seen.left))


def _of_reading(tried: Tried, ordinary: str | None) -> Iterator[str]:
    if tried.case.like and (tried.reading is None or tried.reading != ordinary):
        yield "it reads otherwise than the ordinary file"
    if tried.reading is not None:
        Reading.model_validate_json(tried.reading)
        for text in _texts(json.loads(tried.reading)):
            if len(text) > LONGEST_TEXT:
                yield f"a text of {len(text)} characters"
            if re.search(r"[\x00\ud800-\udfff]", text):
                yield "a text that no database takes"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.items() for part in each for text in _texts(part))
    elif isinstance(value, list):
        yield from (text for each in value for text in _texts(each))


def expected_of(case: Case) -> str:
    """Return the outcomes that a case may come to, with blanks between."""
    return QUICK.get(case.name) or SLOW[case.name]


def examined(reader: Reader, case: Case) -> tuple[Tried, list[tuple[str, str]]]:
    """Read a case, and say what is wrong with what came of it."""
    ordinary = reader.ordinary(case.like(), case.called) if case.like else None
    tried = reader.attempt(case)
    return tried, list(faults(tried, expected_of(case), ordinary))


def main() -> None:
    """Read all cases, or those whose names begin so, and print how many there are and what is wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="cases whose names begin so")
    only = asked.parse_args().only
    ends: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    largest = 0
    with watched() as reader:
        for case in (case for case in CASES if case.name.startswith(only)):
            tried, found = examined(reader, case)
            ends[tried.outcome] += 1
            largest = max(largest, tried.seen.memory)
            wrong.update(kind for kind, _ in found)
            print(
                f"{case.name:34} {tried.outcome:16} {tried.seen.seconds:6.1f} s {tried.seen.memory / 2**20:5.0f} MiB",
                flush=True,
            )
            for kind, what in found:
                print(f"    {kind}: {what}", flush=True)
    _print_table(ends, wrong, largest)
    sys.exit(1 if wrong else 0)


def _print_table(ends: Counter[str], wrong: Counter[str], largest: int) -> None:
    print(f"\n{ends.total()} files, at most {largest / 2**20:.0f} MiB in use\n")
    for end, count in ends.most_common():
        print(f"{end:18} {count:5}")
    print()
    for kind in KINDS:
        print(f"{kind:18} {wrong[kind]:5}")
