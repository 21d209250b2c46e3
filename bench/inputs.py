"""The inputs on which the tools are compared: few, the same for all, and what their pages really say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2

from bench.running import ROOT
from bench.truth import Json, truth_of
from fixtures.drawing.companies import load_world
from fixtures.drawing.plan import draw
from fixtures.drawing.worlds import draw_world

TEXT, CLEAN, DEGRADED = "text PDFs", "clean scans", "degraded scans"
MEDIA = {TEXT: "digital", CLEAN: "scan_clean", DEGRADED: "scan_skew_noise"}
"""The classes, by the media that they are drawn in."""
MORE_TEXTS = 10
"""So many times more text PDFs than scans: reading one takes so little that starting would be all that is measured."""


@dataclass(frozen=True, slots=True)
class Input:
    """A PDF, the true text of each of its pages, and its true invoice."""

    file: Path
    pages: tuple[str, ...]
    invoice: Json


def drawn(seed: str, count: int, folder: Path) -> dict[str, list[Input]]:
    """Draw the same invoices in each class; the true text is that of the digital PDF of the same sheets."""
    world = draw_world(seed, load_world(ROOT / "fixtures"))
    classes: dict[str, list[Input]] = {name: [] for name in MEDIA}
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count * MORE_TEXTS):
        pages: tuple[str, ...] = ()
        for name, medium in MEDIA.items():
            if name == TEXT or number < count:
                made = draw(f"{seed}-peers-{number}", world, "ok", medium)
                file = folder / f"{medium}-{number:03d}{made.suffix}"
                file.write_bytes(made.data)
                pages = pages or page_texts(file)
                classes[name].append(Input(file, pages, made.truth["invoice"]))
    return classes


def of_corpus(folder: Path, count: int) -> dict[str, list[Input]]:
    """Take PDFs of a corpus that has each both as text/NAME-text.pdf and as scan/NAME-scan.pdf."""
    pairs = list(_twins(folder))
    chosen = pairs[:: max(1, len(pairs) // count)][:count]
    if not chosen:
        return {}
    return {
        f"{TEXT} of {folder.name}": [_input(text, text) for text, _ in chosen],
        f"{CLEAN} of {folder.name}": [_input(scan, text) for text, scan in chosen],
    }


def _twins(folder: Path) -> Iterator[tuple[Path, Path]]:
    for text in sorted(folder.glob("text/*-text.pdf")):
        scan = folder / "scan" / text.name.replace("-text.pdf", "-scan.pdf")
        if scan.exists():
            yield text, scan


def _input(file: Path, twin: Path) -> Input:
    return Input(file.absolute(), page_texts(twin), truth_of(file).invoice or {})


def page_texts(file: Path) -> tuple[str, ...]:
    """Return the text layer of each page of a PDF."""
    document = pypdfium2.PdfDocument(file)
    texts = tuple(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return texts


def joined(inputs: Sequence[Input], out: Path) -> Path:
    """Join the files to one PDF."""
    with pikepdf.new() as pdf:
        for one in inputs:
            with pikepdf.open(one.file) as source:
                pdf.pages.extend(source.pages)
        pdf.save(out)
    return out
