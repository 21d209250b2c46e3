"""Reread: the doubtful cells of an OCR page by the second reader, before whole pages are given to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors import cells
from extractors.cells import TWO_READERS, Pictures, Proposal, figures_again, identifiers_again, replaced
from model.contents import Contents
from model.page import Page
from model.reading import Reading
from pipeline.extract import extract


def reread(contents: Sequence[Contents], reading: Reading, pictures: Pictures) -> tuple[list[Contents], Reading]:
    """Return the contents and the reading with what the second reader saw otherwise, as far as it proves itself.

    Identifiers carry check digits of their own. Of the figures only those stay changed that are proven with all the
    others; where none is, the page stays as it was first read.
    """
    *lower, last = contents
    if reading.invoice is None:
        return list(contents), reading
    named = identifiers_again(last.pages, pictures)
    figures = figures_again(reading, last.pages, pictures)
    tried = extract([*lower, replace(last, pages=replaced(last.pages, figures))]) if figures else reading
    kept = tuple(proposal for proposal in figures if _proven(proposal, tried))
    for chosen in ((*named, *kept), named):
        changed = [*lower, replace(last, pages=replaced(last.pages, chosen))]
        again = extract(changed) if chosen else reading
        if chosen and _proofs(again) > _proofs(reading):
            return changed, again
    return list(contents), reading


def confirmed(reading: Reading, pages: Sequence[Page], contents: Sequence[Contents], pictures: Pictures) -> Reading:
    """Return the reading with a proof for each word of its head and names, on these pages, that another reader sees so.

    Another one is the second reader of cells, or what a lower rung saw.
    """
    if reading.invoice is None:
        return reading
    seen = [page for found in contents if found.pages is not pages for page in found.pages]
    paths = cells.confirmed(reading, pages, seen, pictures)
    found = {path: reading.evidence[path] for path in paths}
    proven = {path: one.model_copy(update={"proof": (*one.proof, TWO_READERS)}) for path, one in found.items()}
    return reading.model_copy(update={"evidence": reading.evidence | proven})


def _proven(proposal: Proposal, reading: Reading) -> bool:
    """Whether a changed figure is proven in a reading."""
    said = " ".join(word.text for word in proposal.words)
    found = (one for one in reading.evidence.values() if one.proof and one.repaired and one.page == proposal.number)
    return any(said in (one.text or "").split() for one in found)


def _proofs(reading: Reading) -> int:
    return sum(1 for found in reading.evidence.values() if found.proof)
