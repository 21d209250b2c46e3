"""Measures the reading in full, prints tables, and writes figures and plots to var/bench: `make bench-reading`.

A batch is drawn with today's date as the seed, which no rule was fitted to; its scores, the soundness of its proofs
under damage, the peers, and the budgets follow. What another run is to be compared with is drawn again by --seed.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import batch, budgets, corruption, inputs, peers
from bench.printing import say
from bench.running import ROOT
from bench.truth import Truth, truths

OUT = ROOT / "var" / "bench"
PACKAGES = ("model", "extractors", "programme", "validators", "store", "pipeline", "runtime", "workers", "portal")
SOURCES = frozenset({".py", ".json", ".toml"})


@contextmanager
def measuring(out: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield figures to be filled in by parts, and write them to `name`.json in a folder at the end."""
    out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    figures: dict[str, Any] = {"machine": machine(), "code": code(), "took": {}}
    say(f"{figures['machine']}\n")
    yield figures
    told = out / f"{name}.json"
    told.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"Figures: {told}")
    say("Seconds: " + ", ".join(f"{part} {seconds:.0f}" for part, seconds in figures["took"].items()))


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # the seed is the day where the bench runs, so that whoever asks gets another batch every day
    parser.add_argument("--seed", default=dt.datetime.now().astimezone().date().isoformat())
    parser.add_argument("--count", type=int, default=60, help="documents in the batch")
    parser.add_argument("--peers", type=int, default=8, help="scans of each class for the peers; text PDFs: ten times")
    parser.add_argument("--damages", type=int, default=corruption.COUNT, help="damaged readings")
    parser.add_argument("--corpus", type=Path, help="score also what lies here beside NAME.truth.json")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


def main() -> None:
    """Measure, print and write."""
    given = options()
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {"seed": given.seed, "count": given.count, "machine": machine(), "took": {}}
    say(f"Seed {given.seed}, {given.count} documents; {figures['machine']}\n")
    figures |= {"code": code(), "scores": {}, "soundness": {}, "decisions": {}}
    with timed(figures, "drawing"):
        folder = batch.draw(given.seed, given.count, out / "batch")
    found = truths(folder)
    judge("batch", folder, found, figures, out)
    if given.corpus:
        judge(given.corpus.name, given.corpus, truths(given.corpus), figures, out)
    with timed(figures, "damages"):
        figures["corruption"] = corruption.summary(corruption.run(found, given.damages))
    corruption.tell(figures["corruption"])
    compare(given, figures, out)
    with timed(figures, "budgets"):
        figures["budgets"] = budgets.measured_apart(given.seed, max(given.peers, 2))
    budgets.tell(figures["budgets"])
    finish(figures, out)


def judge(name: str, folder: Path, found: list[Truth], figures: dict[str, Any], out: Path) -> None:
    """Score what is read of a folder and decided on it, and whether what is proven is true."""
    with timed(figures, f"reading {name}"):
        lines = batch.read(found, out / f"{name}-extracted.jsonl")
    figures["scores"][name] = batch.scores(found, lines)
    batch.tell_scores(figures["scores"][name], name)
    with timed(figures, f"deciding {name}"):
        decided = batch.decide(found, folder, out / "data", out / f"{name}-decided.jsonl")
    if decided:
        figures["decisions"][name] = decided
        batch.tell_decided(decided, name)
    figures["soundness"][name] = batch.sound(found, lines)
    batch.tell_sound(figures["soundness"][name], name)


def compare(given: argparse.Namespace, figures: dict[str, Any], out: Path) -> None:
    """Measure the peers and us."""
    with timed(figures, "peers"):
        classes = inputs.drawn(given.seed, given.peers, out / "peers")
        if given.corpus:
            classes |= inputs.of_corpus(given.corpus, given.peers)
        figures["peers"] = peers.compare(classes)
    figures["ratios"] = peers.ratios(figures["peers"])
    peers.tell(figures["peers"], figures["ratios"])


def finish(figures: dict[str, Any], out: Path) -> None:
    """Write the figures and plot them; say so if they are of no one code."""
    figures["code_at_the_end"] = code()
    if figures["code_at_the_end"] != figures["code"]:
        say("The code was changed during the run: these figures do not belong together.")
    (out / "figures.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"Figures: {out / 'figures.json'}")
    plots(out)
    say("Seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in figures["took"].items()))


def plots(out: Path) -> None:
    """Plot the figures that lie in a folder."""
    done = None
    if peers.PYTHON.exists():
        command = [peers.PYTHON, ROOT / "bench" / "plots.py", out]
        off_screen = os.environ | {"MPLBACKEND": "Agg"}
        done = subprocess.run(command, env=off_screen, capture_output=True, text=True, check=False)
    if done is None or done.returncode:
        say(f"No plots: {done.stderr if done else 'the environment of the peers is missing'}")
    else:
        say(f"Plots: {', '.join(path.name for path in sorted(out.glob('*.png')))}")


@contextmanager
def timed(figures: dict[str, Any], name: str) -> Iterator[None]:
    """Say that a part begins, and note how many seconds of the clock it takes."""
    print(f"{name} ...", file=sys.stderr)
    began = time.monotonic()
    yield
    figures["took"][name] = round(time.monotonic() - began, 1)


def code() -> str:
    """Return a digest of the code that is measured, so that figures of different code are not taken for one run."""
    sources = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*")) if path.suffix in SOURCES)
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def machine() -> str:
    """Name the machine that the figures are of, and how busy it is with other things: that makes all figures worse."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load before {load}"


if __name__ == "__main__":
    main()
