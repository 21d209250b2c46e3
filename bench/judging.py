"""Time judging alone, with a catalogue of a hundred models and of 100,000: `make bench-judging`.

Digital invoices of all cases are drawn and read once; then each is judged again and again, in one process. The rows
that make the catalogue long are invented models that no invoice names.
"""

import argparse
import datetime as dt
import statistics
import tempfile
import time
from pathlib import Path
from random import Random

from bench.printing import show
from fixtures.drawing.batch import write_world
from fixtures.drawing.cases import ACCEPTED_ON, CASES
from fixtures.drawing.companies import load_world
from fixtures.drawing.plan import draw
from fixtures.drawing.worlds import draw_world
from model.case import Case
from model.reading import Reading
from pipeline.climb import climb
from pipeline.judge import judge
from programme.catalogue import Catalogue, Product
from programme.rulebook import Rulebook, load
from programme.tiers import load_partners

ROOT = Path(__file__).parent.parent
SIZES = (100, 100_000)
"""Rows of the catalogue."""
REPEATS = 5
INDICES = ("by_model", "devices", "by_spelling", "by_look_alike", "beginnings", "by_mpn", "by_ean")
"""What a catalogue builds once."""
NOTE = "CPU seconds. New: most item names are seen for the first time; again: as in a re-run."
HEADINGS = ("Catalogue rows", "Documents", "Lines", "new, documents/s", "again, documents/s", "slowest", "indices s")


def drawn(seed: str, count: int) -> tuple[list[tuple[Reading, Case]], Rulebook]:
    """Draw and read documents; return each with its case, and the rulebook of their world."""
    world, rng = draw_world(seed, load_world(ROOT / "fixtures")), Random(seed)  # noqa: S311 (no secrets)
    with tempfile.TemporaryDirectory() as folder:
        write_world(world, Path(folder))
        rulebook = load(Path(folder) / "rulebook").rulebook
        partners = {one.id: one for one in load_partners(Path(folder) / "partners.json").partners}
    cases = rng.choices(list(CASES), [rule.weight for rule in CASES.values()], k=count)
    found = []
    for place, case in enumerate(cases):
        one = draw(f"{seed}-{place}", world, case, "digital")
        upload = Case(
            document_id=f"d{place}", digest="", accepted_on=ACCEPTED_ON, partner=partners[one.plan.partner.id]
        )
        found.append((climb(one.data, "application/pdf", look=False), upload))
    return found, rulebook


def lengthened(rulebook: Rulebook, size: int) -> Rulebook:
    """Return the rulebook with a catalogue of so many rows."""
    missing = size - len(rulebook.catalogue.products)
    invented = (Product(model=f"QX{place:06d}", bonus_eligible=place % 2 == 0) for place in range(missing))
    return rulebook.model_copy(update={"catalogue": Catalogue(products=(*rulebook.catalogue.products, *invented))})


def timed(documents: list[tuple[Reading, Case]], rulebook: Rulebook) -> tuple[str, ...]:
    """Judge all documents once as new, then again and again; return a row of the table."""
    begun = time.process_time()
    for index in INDICES:
        getattr(rulebook.catalogue, index)
    first = time.process_time() - begun
    runs: list[float] = []
    for _ in range(REPEATS + 1):
        begun = time.process_time()
        for reading, case in documents:
            judge(reading, case, rulebook)
        runs.append(len(documents) / (time.process_time() - begun))
    new, *again = runs
    lines = sum(len(reading.invoice.lines) for reading, _ in documents if reading.invoice)
    return (
        f"{len(rulebook.catalogue.products):,}", str(len(documents)), str(lines), f"{new:,.0f}",
        f"{statistics.median(again):,.0f}", f"{min(again):,.0f}", f"{first:.2f}",
    )  # fmt: skip


def main() -> None:
    """Draw, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default=dt.datetime.now().astimezone().date().isoformat())
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    documents, rulebook = drawn(given.seed, given.count)
    rows = [timed(documents, lengthened(rulebook, size)) for size in SIZES]
    show(
        f"Judging alone, one core, seed {given.seed}",
        HEADINGS,
        rows,
        NOTE,
    )


if __name__ == "__main__":
    main()
