"""What one document costs inside a process that is warm, per core: CPU seconds, against the budgets.

    python -m bench.budgets SEED COUNT    draws COUNT documents of one page of each kind, prints a JSON object

Each document is read once as a reader process does it, intake and JSON included; the medians are those of the documents
that are proven. Nothing is stored. The second look is what reading with it costs more than without.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bench.printing import say, show
from bench.running import CASHBACK, ROOT, measured
from fixtures.drawing.companies import World, load_world
from fixtures.drawing.plan import Drawn, finish, plan, sheets_of
from fixtures.drawing.worlds import draw_world
from model.reading import Reading
from workers.reader import Read, attempt

LOOK = "second look"


class Kind(NamedTuple):
    """A kind of document: the media that it is drawn in, and the CPU seconds that one may cost."""

    media: tuple[str, ...]
    budget: float


KINDS = {
    "XML": Kind(("xml_cii", "xml_ubl"), 0.003),
    "text layer": Kind(("digital",), 0.020),
    "scan": Kind(("scan_clean", "scan_skew_noise"), 1.3),
    "fax": Kind(("fax",), 1.3),
    "photo": Kind(("photo",), 1.8),
    LOOK: Kind(("digital",), 0.5),
}
REPEATED = 3
"""What takes milliseconds is read so many times, and the least counts."""


def used() -> float:
    """Return the CPU seconds of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def one_page(seed: str, medium: str, world: World) -> Iterator[Drawn]:
    """Yield documents of one page without end."""
    number = 0
    while True:
        planned = plan(f"{seed}-{medium}-{number}", world, "ok", medium=medium)
        if len(sheets_of(planned)) == 1:
            yield finish(planned, world)
        number += 1


def cost(made: Drawn, *, look: bool) -> tuple[float, Read]:
    """Read a document, and return the CPU seconds that it took and what was read."""
    began = used()
    read = attempt(lambda: made.data, f"document{made.suffix}", look=look)
    return used() - began, read


def least_cost(made: Drawn, *, look: bool) -> tuple[float, Read]:
    """Return the least of some costs of reading a document."""
    return min((cost(made, look=look) for _ in range(REPEATED)), key=lambda one: one[0])


def proven(read: Read) -> bool:
    """Whether the reading proves the total and the quantity and the amount of each line."""
    return read.reading is not None and Reading.model_validate_json(read.reading).proves_itself


def costs(name: str, documents: Sequence[Drawn]) -> tuple[list[float], int]:
    """Return what each proven document of a kind costs, and how many there were of all."""
    once: Callable[..., tuple[float, Read]] = least_cost if name in {"XML", "text layer", LOOK} else cost
    found = []
    for made in documents:
        seconds, read = once(made, look=False)
        if name == LOOK:
            seconds = once(made, look=True)[0] - seconds
        if proven(read):
            found.append(seconds)
    return found, len(documents)


def measure(seed: str, count: int) -> dict[str, Any]:
    """Measure all kinds, warm: one document of each kind is read before."""
    world = draw_world(seed, load_world(ROOT / "fixtures"))
    told = {}
    for name, kind in KINDS.items():
        drawing = [one_page(seed, medium, world) for medium in kind.media]
        warm, *documents = [next(drawing[number % len(drawing)]) for number in range(count + 1)]
        cost(warm, look=name == LOOK)
        found, whole = costs(name, documents)
        told[name] = {
            "documents": whole,
            "proven": len(found),
            "median": statistics.median(found) if found else None,
            "most": max(found, default=None),
            "budget": kind.budget,
        }
    return told


def measured_apart(seed: str, count: int) -> dict[str, Any]:
    """Measure in a process that does nothing else; nothing comes back where that fails, and it is said why."""
    run = measured([CASHBACK.with_name("python"), "-m", "bench.budgets", seed, str(count)])
    if run.status:
        say(f"The budgets could not be measured: {run.trouble()}")
        return {}
    told: dict[str, Any] = json.loads(run.output)
    return told


def tell(told: dict[str, Any]) -> None:
    """Print the medians against the budgets."""
    rows = [
        (
            name, one["documents"], one["proven"], _milliseconds(one["median"]), _milliseconds(one["most"]),
            _milliseconds(one["budget"]), None if one["median"] is None else _yes(one["median"] <= one["budget"]),
        )
        for name, one in told.items()
    ]  # fmt: skip
    show(
        "Budgets per core, CPU ms per document of one page",
        ("Kind", "Documents", "Proven", "Median", "Most", "Budget", "Met"),
        rows,
        "In one warm process; nothing is stored, and but for its own row the second look is left out.",
    )


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{1000 * seconds:.1f}"


def _yes(met: bool) -> str:  # noqa: FBT001 (it is what is said)
    return "yes" if met else "no"


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
