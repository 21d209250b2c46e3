"""Other tools and ours on the same inputs, in one run: what reading costs, and what it finds.

The peers live in an environment of their own, `.venv-peers` (see .ci/bootstrap). Measured is the whole command, its
start and the loading of models included and shared out among the pages; each command is also run on the first file
alone, so that what a further page costs can be told from what the start costs.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.inputs import CLEAN, DEGRADED, TEXT, Input, joined, page_texts
from bench.printing import percent, ratio, show
from bench.recall import recall
from bench.running import CASHBACK, ROOT, Run, extract, measured
from bench.scoring import at, same_field

ENVIRONMENT = ROOT / ".venv-peers"
PYTHON, OCRMYPDF = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "bin" / "ocrmypdf"
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
"""Tesseract's threads burn time for no gain."""
FIELDS = {"number": "number", "issue_date": "issue_date", "gross": "totals.gross"}
"""The fields that the peers give, by their paths in our invoices."""
LANGUAGES = "deu+eng"


class Result(NamedTuple):
    """What a tool did: what it cost, the text that it read of each input, and the fields of each or None."""

    run: Run
    texts: Sequence[str] | None = None
    fields: Sequence[Mapping[str, Any]] | None = None


Reader = Callable[[Sequence[Input], Path], Result]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is called: its name, the classes that it reads, its program, and the function that calls it."""

    name: str
    classes: tuple[str, ...]
    program: Path
    read: Reader


# ---- the tools -------------------------------------------------------------------------------------------------------


def cashback(inputs: Sequence[Input], _: Path, *, options: Sequence[str]) -> Result:
    """Read with our own command; the text is the words of the rung that reads such pages, looked up apart."""
    files = [one.file for one in inputs]
    run = extract(files, *options)
    fields = [{name: at(line.get("invoice") or {}, path) for name, path in FIELDS.items()} for line in run.lines()]
    trouble = unread(run.lines(), len(files))
    if trouble:
        return Result(replace(run, status=1, errors=trouble))
    seen = measured([CASHBACK.with_name("python"), "-m", "bench.words", *files])
    return Result(seen if seen.status else run, [line["text"] for line in seen.lines()], fields)


def unread(lines: Sequence[Mapping[str, Any]], count: int) -> str:
    """Say which of so many documents were not read, "" if all were: failing takes no time that could be compared."""
    codes = sorted(str(line["error"]["code"]) for line in lines if line.get("error"))
    codes += ["no answer"] * (count - len(lines))
    return f"{len(codes)} of {count} not read: {', '.join(dict.fromkeys(codes))}" if codes else ""


def ocrmypdf(inputs: Sequence[Input], folder: Path, *, options: Sequence[str]) -> Result:
    """Make the inputs, joined to one PDF, searchable."""
    out, text = folder / "out.pdf", folder / "out.txt"
    fixed: list[str | Path] = ["-j1", "-l", LANGUAGES, "--output-type", "pdf", "--sidecar", text]
    run = measured([OCRMYPDF, *fixed, *options, joined(inputs, folder / "in.pdf"), out], ONE_THREAD)
    if run.status:
        return Result(run)
    # where pages are skipped, the sidecar only says so
    pages = page_texts(out) if "--skip-text" in options else tuple(text.read_text().split("\f"))
    return Result(run, list(_shared_out(pages, inputs)))


def ocrmypdf_each(inputs: Sequence[Input], folder: Path, *, options: Sequence[str]) -> Result:
    """Make each input searchable with a call of its own, as an archive does with what comes in."""
    each = [ocrmypdf([one], folder, options=options) for one in inputs]
    runs = [one.run for one in each]
    whole = Run(
        sum(run.cpu for run in runs),
        sum(run.wall for run in runs),
        max(run.peak for run in runs),
        "",
        "".join(run.errors for run in runs if run.status),
        max(run.status for run in runs),
    )
    return Result(whole, [text for one in each for text in one.texts or ()])


def _shared_out(pages: Sequence[str], inputs: Sequence[Input]) -> Iterator[str]:
    """Yield the pages of each input as one text."""
    first = 0
    for one in inputs:
        yield "\n".join(pages[first : first + len(one.pages)])
        first += len(one.pages)


def script(inputs: Sequence[Input], _: Path, *, name: str, text: Sequence[str] = ()) -> Result:
    """Run one of the scripts beside this file in the peers' environment; `text` are the options that ask for texts."""
    files = [one.file for one in inputs]
    run = measured([PYTHON, ROOT / "bench" / name, *files], ONE_THREAD)
    if run.status:
        return Result(run)
    texts = measured([PYTHON, ROOT / "bench" / name, *text, *files]) if text else run
    return Result(run, [line["text"] for line in texts.lines()], run.lines())


def plain(inputs: Sequence[Input], _: Path) -> Result:
    """Run the models that we use as they come, in our own environment."""
    run = measured([CASHBACK.with_name("python"), "-m", "bench.plain_rapidocr", *(one.file for one in inputs)])
    return Result(run, None if run.status else [line["text"] for line in run.lines()])


OURS, LOOKING = "cashback --no-look", "cashback"
PLAIN, CLEANED = "OCRmyPDF", "OCRmyPDF --deskew --clean"
SKIPPED, SKIPPED_EACH = "OCRmyPDF --skip-text", "OCRmyPDF --skip-text, a call each"
TEMPLATES, MODELS = "invoice2data", "RapidOCR on OpenVINO"
TOOLS = (
    Tool(OURS, (TEXT, CLEAN, DEGRADED), CASHBACK, partial(cashback, options=["--no-look"])),
    Tool(LOOKING, (TEXT,), CASHBACK, partial(cashback, options=[])),
    Tool(PLAIN, (CLEAN, DEGRADED), OCRMYPDF, partial(ocrmypdf, options=[])),
    Tool(CLEANED, (DEGRADED,), OCRMYPDF, partial(ocrmypdf, options=["--deskew", "--clean"])),
    Tool(SKIPPED, (TEXT,), OCRMYPDF, partial(ocrmypdf, options=["--skip-text"])),
    Tool(SKIPPED_EACH, (TEXT,), OCRMYPDF, partial(ocrmypdf_each, options=["--skip-text"])),
    Tool(MODELS, (CLEAN, DEGRADED), CASHBACK, plain),
    Tool(TEMPLATES, (TEXT,), PYTHON, partial(script, name="templated.py", text=["--text"])),
    Tool("pdfplumber + pytesseract", (TEXT, CLEAN, DEGRADED), PYTHON, partial(script, name="naive.py")),
)
EACH = 8
"""A tool with a call for each file is given no more than so many."""


# ---- measuring -------------------------------------------------------------------------------------------------------


def compare(classes: Mapping[str, Sequence[Input]]) -> list[dict[str, Any]]:
    """Run every tool on every class that it reads, and return a row for each, as JSON."""
    return [
        measure(tool, name, inputs[:EACH] if tool.name == SKIPPED_EACH else inputs)
        for name, inputs in classes.items()
        for tool in TOOLS
        if name.startswith(tool.classes)
    ]


def measure(tool: Tool, name: str, inputs: Sequence[Input]) -> dict[str, Any]:
    """Run a tool on the inputs of a class; what cannot be run has a row that says why."""
    row: dict[str, Any] = {"tool": tool.name, "class": name, "files": len(inputs), "pages": _pages(inputs)}
    if not tool.program.exists():
        return row | {"trouble": "not installed: .ci/bootstrap bench says why"}
    with tempfile.TemporaryDirectory() as folder:
        result = tool.read(inputs, Path(folder))
        if result.run.status or result.texts is None:
            return row | {"trouble": result.run.trouble()}
        first = None if tool.name == SKIPPED_EACH or len(inputs) < 2 else tool.read(inputs[:1], Path(folder)).run
    row |= {"cpu": result.run.cpu / row["pages"], "wall": result.run.wall / row["pages"], "peak": result.run.peak}
    row["further"] = first and (result.run.cpu - first.cpu) / (row["pages"] - _pages(inputs[:1]))
    row["recall"] = recall(("\n".join(one.pages), text) for one, text in zip(inputs, result.texts, strict=True))
    return row | {"fields": _fields(inputs, result.fields)}


def _pages(inputs: Sequence[Input]) -> int:
    return sum(len(one.pages) for one in inputs)


def _fields(inputs: Sequence[Input], told: Sequence[Mapping[str, Any]] | None) -> float | None:
    """Return the share of numbers, dates and totals that are right, None where the tool gives no fields."""
    if told is None:
        return None
    asked = [
        found.get(name) is not None and same_field(path, at(one.invoice, path), found[name])
        for one, found in zip(inputs, told, strict=True)
        for name, path in FIELDS.items()
        if at(one.invoice, path) is not None
    ]
    return ratio(sum(asked), len(asked))


# ---- the goals -------------------------------------------------------------------------------------------------------

GOALS = (
    (PLAIN, CLEAN, 1.5),
    (PLAIN, DEGRADED, 1.5),
    (CLEANED, DEGRADED, 4.0),
    (TEMPLATES, TEXT, 3.0),
    (MODELS, CLEAN, 1.0),
    (MODELS, DEGRADED, 1.0),
    (SKIPPED_EACH, TEXT, 50.0),
    (SKIPPED, TEXT, 50.0),
)
"""So many times less processor time per page than a peer on a class; where that one reads scans, with better recall."""


def ratios(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many times less each page costs us than a peer, as JSON; None where there is nothing to compare."""
    by_name = {(row["tool"], row["class"]): row for row in rows}
    return [
        _ratio(by_name.get((OURS, name), {}), by_name.get((peer, name), {}), peer, name, goal)
        for peer, kind, goal in GOALS
        for name in dict.fromkeys(row["class"] for row in rows)
        if name.startswith(kind)
    ]


def _ratio(ours: Mapping[str, Any], theirs: Mapping[str, Any], peer: str, name: str, goal: float) -> dict[str, Any]:
    told = {"peer": peer, "class": name, "goal": goal, "times": None, "further": None, "more_recall": None, "met": None}
    if "cpu" not in ours or "cpu" not in theirs:
        return told
    times, more = theirs["cpu"] / ours["cpu"], ours["recall"] - theirs["recall"]
    further = None
    if ours["further"] and (theirs["further"] or peer == SKIPPED_EACH):
        further = (theirs["further"] or theirs["cpu"]) / ours["further"]
    met = times >= goal and (name.startswith(TEXT) or more > 0)
    return told | {"times": times, "further": further, "more_recall": more, "met": met}


def tell(rows: Sequence[Mapping[str, Any]], compared: Sequence[Mapping[str, Any]]) -> None:
    """Print the rows and the ratios."""
    headings = ("Tool", "Files", "Pages", "CPU s/page", "further page", "Wall s/page", "Peak MB", "Digits", "Fields")
    for name in dict.fromkeys(row["class"] for row in rows):
        show(f"Peers: {name}", headings, (_cells(row) for row in rows if row["class"] == name))
    show(
        "Against peers, CPU seconds per page",
        ("Peer", "Class", "Times", "further page", "Goal", "Digits more", "Met"),
        [
            (
                one["peer"], one["class"], _times(one["times"]), _times(one["further"]), f">= {one['goal']:g}",
                percent(one["more_recall"]), {True: "yes", False: "no", None: None}[one["met"]],
            )
            for one in compared
        ],
        "Further page: without what the start costs. Wall: ours reads on all cores, OCRmyPDF with -j1.",
    )  # fmt: skip


def _cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    head = (row["tool"], row["files"], row["pages"])
    if "trouble" in row:
        return (*head, row["trouble"])
    further = None if row["further"] is None else f"{row['further']:.3f}"
    shares = (percent(row["recall"]), percent(row["fields"]))
    return (*head, f"{row['cpu']:.3f}", further, f"{row['wall']:.3f}", f"{row['peak']:.0f}", *shares)


def _times(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
