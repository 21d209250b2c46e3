"""A batch drawn afresh, or a corpus: what the command reads of it and decides on it, held against the truth."""

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import deciding, scoring, soundness
from bench.printing import percent, ratio, say, show
from bench.running import CASHBACK, ROOT, extract, measured
from bench.soundness import Judged
from bench.truth import Truth
from fixtures.drawing.batch import write_batch
from fixtures.drawing.companies import load_world

Json = dict[str, Any]
WHOLE = "all"
ON = "2026-09-15"
"""The day on which all drawn documents count as accepted."""


def draw(seed: str, count: int, folder: Path) -> Path:
    """Draw a batch into a folder that is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    write_batch(seed, count, folder, load_world(ROOT / "fixtures"))
    return folder


def read(found: Sequence[Truth], kept: Path) -> dict[Path, Json]:
    """Read the files with `cashback extract --json`, and return what it printed of each; that is kept in a file."""
    run = extract([truth.file for truth in found])
    kept.write_text(run.output, encoding="utf-8")
    return {Path(line["file"]): line for line in run.lines()}


# ---- scores ----------------------------------------------------------------------------------------------------------


def scores(found: Sequence[Truth], lines: Mapping[Path, Json]) -> Json:
    """Score what was read, per group and in all, as JSON; what is no invoice is left out."""
    by_group: dict[str, list[scoring.Score]] = defaultdict(list)
    for truth in found:
        if truth.invoice is not None:
            unscored = truth.told.get("unscored") or ()
            seen = lines.get(truth.file, {}).get("invoice")
            one = scoring.score(truth.invoice, seen, unscored=unscored, any_sign=truth.any_sign)
            by_group[truth.group].append(one)
    every = [one for group in by_group.values() for one in group]
    groups = {name: scoring.summary(group) for name, group in sorted(by_group.items())}
    return {"groups": groups, WHOLE: scoring.summary(every), "fields": scoring.field_summary(every)}


def tell_scores(told: Json, name: str) -> None:
    """Print the scores of what was read."""
    headings = (
        "Medium", "Documents", "Failed", "Lines", "Exact F1", "Loose F1", "Header fields", "Core perfect", "Perfect",
        "Invented",
    )  # fmt: skip
    rows = [_row(group, one) for group, one in {**told["groups"], WHOLE: told[WHOLE]}.items()]
    show(f"What was read of {name}", headings, rows)
    fields = [
        (path, sum(one.values()), percent(ratio(one["right"], sum(one.values()))), one["missed"], one["wrong"])
        for path, one in told["fields"].items()
    ]
    show(f"Fields of {name}", ("Field", "Asked", "Right", "Missed", "Wrong"), fields)


def _row(group: str, one: Json) -> tuple[object, ...]:
    shares = (percent(one[key]) for key in ("exact_f1", "loose_f1", "fields"))
    core, perfect = (
        f"{one[key]} = {percent(one[key] / (one['documents'] or 1), 0)}" for key in ("core_perfect", "perfect")
    )
    return group, one["documents"], one["failed"], one["lines"]["true"], *shares, core, perfect, one["invented"]


# ---- soundness -------------------------------------------------------------------------------------------------------


def sound(found: Sequence[Truth], lines: Mapping[Path, Json]) -> Json:
    """Hold the proven values against the truth, per group and in all, as JSON."""
    by_group: dict[str, list[tuple[Truth, Judged]]] = defaultdict(list)
    for truth in found:
        line = lines.get(truth.file, {})
        if truth.invoice is not None and line.get("invoice") is not None:
            proven = {path for path, evidence in line["evidence"].items() if evidence["proof"]}
            by_group[truth.group].append((truth, soundness.judged(line["invoice"], proven, truth)))
    every = [one for group in by_group.values() for one in group]
    cases = [{**wrong._asdict(), "file": str(truth.file)} for truth, judged in every for wrong in judged.wrong]
    groups = {name: _sound(group) for name, group in sorted(by_group.items())}
    return {"groups": groups, WHOLE: _sound(every), "cases": cases}


def _sound(judged: Sequence[tuple[Truth, Judged]]) -> Json:
    right = sum(one.right for _, one in judged)
    right_and_proven = sum(one.right_and_proven for _, one in judged)
    wrong = sum(len(one.wrong) for _, one in judged)
    return {
        "right": right,
        "right_and_proven": right_and_proven,
        "share": ratio(right_and_proven, right),
        "wrong": wrong,
    }


def tell_sound(told: Json, name: str) -> None:
    """Print how many values are proven, and which are proven and wrong."""
    rows = [
        (group, one["right"], one["right_and_proven"], percent(one["share"]), one["wrong"])
        for group, one in {**told["groups"], WHOLE: told[WHOLE]}.items()
    ]
    headings = ("Medium", "Right values", "of these proven", "Share", "Proven and wrong")
    show(f"Soundness: quantities, prices, amounts, totals of {name}", headings, rows)
    for case in told["cases"]:
        say(f"  {case['path']} is proven as {case['read']}, true is {case['true']}: {case['file']}")


# ---- decisions -------------------------------------------------------------------------------------------------------


def decide(found: Sequence[Truth], folder: Path, data: Path, kept: Path) -> Json | None:
    """Have the uploads of a folder decided on, and score that per group, as JSON; None where it has no manifest.

    What the command printed is kept in a file.
    """
    if not (folder / "uploads.jsonl").exists():
        return None
    shutil.rmtree(data, ignore_errors=True)
    run = measured(
        [
            CASHBACK, "process", "--manifest", folder / "uploads.jsonl", "--rulebook", folder / "rulebook",
            "--partners", folder / "partners.json", "--on", ON, "--data", data, "--json",
        ]
    )  # fmt: skip
    kept.write_text(run.output, encoding="utf-8")
    decided = {Path(line["file"]).name: line for line in run.lines()}
    return decided_scores(found, decided)


def decided_scores(found: Sequence[Truth], decided: Mapping[str, Json]) -> Json:
    """Score decisions, given by file name."""
    by_group: dict[str, list[frozenset[str]]] = defaultdict(list)
    falsely = []
    for truth in found:
        verdicts = deciding.verdicts(truth.told["expected"], decided.get(truth.file.name))
        by_group[truth.group].append(verdicts)
        if "false_approval" in verdicts:
            falsely.append({"file": str(truth.file), "case": truth.told.get("case")})
    legible = [one for name, group in by_group.items() if name != deciding.DESTROYED for one in group]
    every = [one for group in by_group.values() for one in group]
    groups = {name: deciding.summary(group) for name, group in sorted(by_group.items())}
    whole = {WHOLE: deciding.summary(every), "legible": deciding.summary(legible)}
    return {"groups": groups, **whole, "false_approvals": falsely}


def tell_decided(told: Json, name: str) -> None:
    """Print the decisions."""
    headings = (
        "Medium", "Documents", "To approve", "Straight", "Share", "False appr.", "False rej.", "Review", "Failed",
        "Missing", "Right outcome",
    )  # fmt: skip
    keys = ("documents", "approvable", "straight_through")
    more = ("false_approvals", "false_rejections", "review", "failed", "missing")
    rows = [
        (
            group, *(one[key] for key in keys), percent(one["straight_through_share"]), *(one[key] for key in more),
            percent(one["right_outcome_share"]),
        )
        for group, one in {**told["groups"], "all but destroyed": told["legible"], WHOLE: told[WHOLE]}.items()
    ]  # fmt: skip
    note = "Straight: approved as it should be, with exactly the units that earn; the share is of those to approve."
    show(f"Decisions on {name}", headings, rows, note)
    for case in told["false_approvals"]:
        say(f"  approved and should not be, or with too many units: {case['file']} ({case['case']})")
