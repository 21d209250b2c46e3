"""Plots the figures of a run: plots.py FOLDER reads figures.json and queue.json there and writes PNGs beside them.

Runs in the peers' environment, which has matplotlib. `scores.png` has the scores of the batch by medium, `recall.png`
what each tool finds against what it costs, `growth.png` what a document costs by how many are stored.
"""

import json
import sys
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt  # type: ignore[import-not-found]  # in the peers' environment only
from matplotlib.ticker import LogLocator  # type: ignore[import-not-found]  # the same

BARS = {"exact_f1": "lines exact (F1)", "fields": "header fields", "core_perfect_share": "core perfect documents"}
COLOURS = ("#0b63c5", "#c2410c", "#15803d", "#7b3fb5", "#b0126f", "#6b5b1e", "#008391", "#333333")
MARKERS = "osD^vPX*"


def scores(groups: dict[str, dict[str, Any]], title: str, out: Path) -> None:
    """Draw the scores of each medium as bars side by side."""
    names = [f"{name} ({one['documents']})" for name, one in groups.items()]
    height = 0.8 / len(BARS)
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.45 * len(names)), layout="constrained")
    for place, (key, label) in enumerate(BARS.items()):
        shares = [_share(one, key) for one in groups.values()]
        where = [index + place * height for index in range(len(names))]
        axes.barh(where, shares, height, label=label, color=COLOURS[place])
        for y, share in zip(where, shares, strict=True):
            axes.text(share + 0.5, y, f"{share:.0f}", va="center", fontsize=7)
    axes.set_yticks([index + height for index in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xlim(0, 105)
    axes.set_xlabel("per cent")
    axes.set_title(title)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=len(BARS))
    figure.savefig(out, dpi=120)


def _share(group: dict[str, Any], key: str) -> float:
    if key == "core_perfect_share":
        return 100 * float(group["core_perfect"]) / float(group["documents"])
    return 100 * float(group[key] or 0)


def recall(rows: list[dict[str, Any]], out: Path) -> None:
    """Draw digit recall against CPU seconds per page, one field for each class of input."""
    told = [row for row in rows if row.get("recall") is not None]
    classes = list(dict.fromkeys(row["class"] for row in told))
    tools = list(dict.fromkeys(row["tool"] for row in told))
    figure, fields = plt.subplots(
        1, len(classes), figsize=(4.4 * len(classes), 4.8), layout="constrained", squeeze=False, sharey=True
    )
    drawn = {}
    for axes, name in zip(fields[0], classes, strict=True):
        for row in (row for row in told if row["class"] == name):
            place = tools.index(row["tool"])
            style = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)], "s": 90}
            drawn[row["tool"]] = axes.scatter(row["cpu"], 100 * row["recall"], **style, alpha=0.9, zorder=3)
        axes.set_xscale("log")
        axes.margins(x=0.15, y=0.08)
        left, right = axes.get_xlim()
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if right > 10 * left else (1, 2, 3, 5, 7)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
        axes.set_title(name)
        axes.set_xlabel("CPU seconds per page")
        axes.grid(which="both", alpha=0.25)
    fields[0][0].set_ylabel("words with digits found, per cent")
    figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=min(4, len(drawn)))
    figure.savefig(out, dpi=120)


def growth(rows: list[dict[str, Any]], out: Path) -> None:
    """Draw milliseconds for each document against how many are stored."""
    figure, axes = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    for place, name in enumerate(dict.fromkeys(row["database"] for row in rows)):
        own = [row for row in rows if row["database"] == name]
        style = {"color": COLOURS[place], "marker": MARKERS[place]}
        sizes = [row["rows"] for row in own]
        axes.plot(sizes, [row["median"] for row in own], **style, label=f"{name}, median")
        axes.plot(sizes, [row["late"] for row in own], **style, alpha=0.35, linestyle="--", label="95th of a hundred")
        axes.plot(sizes, [row["cpu"] for row in own], **style, alpha=0.6, linestyle=":", label="CPU of the worker")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("documents stored")
    axes.set_ylabel("milliseconds from acceptance to outcome")
    axes.set_title("What a document costs, by how many are stored")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    figure.savefig(out, dpi=120)


def main(folder: Path) -> None:
    """Write the plots of a folder."""
    found = {name: folder / f"{name}.json" for name in ("figures", "queue")}
    told = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items() if path.exists()}
    for name, one in told.get("figures", {}).get("scores", {}).items():
        kind = name if name == "batch" else "corpus"
        scores(one["groups"], f"What was read of the {kind}, by medium", folder / f"scores-{kind}.png")
    if "figures" in told:
        recall(told["figures"]["peers"], folder / "recall.png")
    if told.get("queue", {}).get("growth"):
        growth(told["queue"]["growth"], folder / "growth.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
