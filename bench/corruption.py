"""Damages what the readers saw of documents, reads it again, and counts what is proven and yet wrong.

    python -m bench.corruption --replay FILE SEED     one damaged reading again: what was damaged, what came of it
    python -m bench.corruption FOLDER [COUNT]         so many damaged readings (else 5,000) of the files of a folder

A seed names the rung, the kind of damage and a number: "pdfium/row-dropped/17". Beside FILE lies its truth. The same
seed does the same damage as long as the rung sees the same words.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from bench.damage import KINDS, Pages
from bench.printing import say, show
from bench.soundness import Judged, Wrong, judged
from bench.truth import Truth, truth_of, truths
from model.contents import Contents
from model.reading import Reading
from pipeline.climb import sees_more, settled
from pipeline.extract import extract
from pipeline.intake import sniff
from pipeline.read import PDF, RUNGS, TEXT, XML, read
from workers.sandbox import cores

COUNT = 5000
SHOWN = 3
"""So many of the values that one damage leaves proven and wrong are printed; all stand in the figures."""
UNDAMAGED = "undamaged"
"""In place of a kind of damage: what is wrong without any is not the damage's fault."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One damaged reading: how many values were proven, and which of them are wrong."""

    file: Path
    seed: str
    proven: int
    wrong: tuple[Wrong, ...]

    @property
    def kind(self) -> str:
        """The kind of damage."""
        return self.seed.split("/")[1]


def printed(truth: Truth) -> bool:
    """Whether a document has an invoice that is read off its pages."""
    source = (truth.told.get("document") or {}).get("source")
    return truth.invoice is not None and truth.file.suffix.lower() != ".xml" and source != "einvoice"


def seen(file: Path) -> dict[str, Pages]:
    """Return the pages as each rung sees them that the reader climbs; of text layers, as both text rungs see them."""
    data = file.read_bytes()
    media_type = sniff(data)
    if media_type in {None, XML}:
        return {}
    found: dict[str, Contents] = {}
    for rung in RUNGS:
        last = next(reversed(found.values()), None)
        if rung in TEXT:
            useful = media_type == PDF
        else:
            useful = last is None or (sees_more(rung, last) and not settled(extract([_bare(last.pages)]), last))
        if useful:
            found[rung] = read(data, media_type or "", rung)
    return {rung: one.pages for rung, one in found.items() if any(page.words for page in one.pages)}


def damaged(pages: Pages, seed: str) -> Pages | None:
    """Damage pages as a seed says; None where that kind of damage has nothing to bite on."""
    kind = seed.split("/")[1]
    return pages if kind == UNDAMAGED else KINDS[kind](pages, Random(seed))  # noqa: S311 (seeded: to be replayed)


def reading_of(pages: Pages) -> Reading:
    """Read an invoice from pages."""
    return extract([_bare(pages)])


def _bare(pages: Pages) -> Contents:
    return Contents(None, pages, len(pages))


def judgement(reading: Reading, truth: Truth) -> Judged:
    """Hold what a reading takes for proven against the truth."""
    if reading.invoice is None:
        return Judged(0, 0, ())
    proven = {path for path, found in reading.evidence.items() if found.proof}
    return judged(reading.invoice.model_dump(mode="json"), proven, truth)


def attempt(pages: Pages, truth: Truth, seed: str) -> Tried | None:
    """Damage pages as a seed says, read them, and judge; None where there was nothing to damage."""
    hurt = damaged(pages, seed)
    if hurt is None:
        return None
    found = judgement(reading_of(hurt), truth)
    return Tried(truth.file, seed, found.proven, found.wrong)


def corrupt(truth: Truth, numbers: Sequence[int]) -> list[Tried]:
    """Read a document once, and damage what was seen once for each number and once not at all on each rung."""
    rungs = seen(truth.file)
    tried = [attempt(pages, truth, f"{rung}/{UNDAMAGED}/0") for rung, pages in rungs.items()]
    tried += [_next(rungs, truth, number) for number in numbers if rungs]
    return [one for one in tried if one is not None]


def _next(rungs: dict[str, Pages], truth: Truth, number: int) -> Tried | None:
    """Try the kind of damage whose turn it is, or the next one that finds something to damage."""
    rung = list(rungs)[number % len(rungs)]
    kinds = list(KINDS)
    turn = number // len(rungs)
    for kind in (kinds[(turn + step) % len(kinds)] for step in range(len(kinds))):
        tried = attempt(rungs[rung], truth, f"{rung}/{kind}/{number}")
        if tried is not None:
            return tried
    return None


def run(found: Sequence[Truth], count: int = COUNT) -> list[Tried]:
    """Damage the documents so many times in all, on all cores."""
    wanted = [truth for truth in found if printed(truth)]
    if not wanted:
        return []
    least, more = divmod(count, len(wanted))
    # each document begins with another kind, so that all kinds have their turns however few there are for each
    turns = [range(place, place + least + (place < more)) for place in range(len(wanted))]
    with ProcessPoolExecutor(cores(), mp_context=get_context("forkserver")) as pool:
        return [tried for of_one in pool.map(corrupt, wanted, turns) for tried in of_one]


def summary(tried: Sequence[Tried]) -> dict[str, Any]:
    """Sum up by kind of damage, and list what is proven and wrong, as JSON.

    A wrong value that is there without any damage counts for UNDAMAGED alone: `older` in the kinds of damage.
    """
    older = {(one.file, wrong) for one in tried if one.kind == UNDAMAGED for wrong in one.wrong}
    kinds = {}
    cases: dict[tuple[Path, Wrong], list[str]] = {}
    for kind in (UNDAMAGED, *KINDS):
        own = [one for one in tried if one.kind == kind]
        wrong = [(one, each) for one in own for each in one.wrong]
        fresh = [(one, each) for one, each in wrong if kind == UNDAMAGED or (one.file, each) not in older]
        kinds[kind] = {
            "tried": len(own),
            "proven": sum(one.proven for one in own),
            "wrong": len(fresh),
            "older": len(wrong) - len(fresh),
        }
        for one, each in fresh:
            cases.setdefault((one.file, each), []).append(one.seed)
    return {"kinds": kinds, "cases": [_case(file, wrong, seeds) for (file, wrong), seeds in cases.items()]}


def _case(file: Path, wrong: Wrong, seeds: Sequence[str]) -> dict[str, Any]:
    """Return a value that is proven and wrong, the seeds that bring it about, and how to see the first again."""
    replay = f"python -m bench.corruption --replay {file} {seeds[0]}"
    return {**wrong._asdict(), "file": str(file), "seeds": list(seeds), "replay": replay}


def tell(told: dict[str, Any]) -> None:
    """Print what came of the damaged readings."""
    keys = ("tried", "proven", "wrong", "older")
    rows = [(kind, *(one[key] for key in keys)) for kind, one in told["kinds"].items()]
    whole = [sum(one[key] for kind, one in told["kinds"].items() if kind != UNDAMAGED) for key in keys]
    headings = ("Damage", "Readings", "Proven values", "Proven and wrong", "also without damage")
    show("Soundness: damaged readings", headings, [*rows, ("all damages", *whole)])
    for command, cases in _by_replay(told["cases"]).items():
        values = [f"{case['path']} as {case['read']} (true: {case['true']})" for case in cases]
        more = f", and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
        say(f"  proven and wrong: {', '.join(values[:SHOWN])}{more}\n    {command}")


def _by_replay(cases: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        found.setdefault(case["replay"], []).append(case)
    return found


def replay(file: Path, seed: str) -> None:
    """Show one damage: the words that it changed, and the values that are proven and wrong."""
    truth = truth_of(file.absolute())
    data = file.read_bytes()
    pages = read(data, sniff(data) or "", seed.split("/", maxsplit=1)[0]).pages
    hurt = damaged(pages, seed) or ()
    for sentence in changes(pages, hurt):
        say(sentence)
    reading = reading_of(hurt)
    found_wrong = judgement(reading, truth).wrong
    for wrong in found_wrong:
        checks = ", ".join(reading.evidence[wrong.path].proof)
        say(f"{wrong.path} is proven as {wrong.read} by {checks}; true is {wrong.true}")
    if not found_wrong:
        say("nothing is proven and wrong")


def changes(before: Pages, after: Pages) -> Iterator[str]:
    """Yield a sentence for each word that is gone, and for each that is new."""
    old, new = (Counter((page.number, word) for page in pages for word in page.words) for pages in (before, after))
    for sign, differing in (("-", old - new), ("+", new - old)):
        for number, word in differing:
            yield f"{sign} page {number}: {word.text!r} at {word.box.x0:.0f}, {word.box.top:.0f}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay", nargs=2, metavar=("FILE", "SEED"))
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("count", type=int, nargs="?", default=COUNT)
    given = parser.parse_args()
    if given.replay:
        replay(Path(given.replay[0]), given.replay[1])
    elif given.folder:
        tell(summary(run(truths(given.folder), given.count)))
    else:
        parser.error("a folder, or --replay FILE SEED")


if __name__ == "__main__":
    main()
