"""Evidence for structured XML: every value is exact, and the sums are checked all the same."""

from __future__ import annotations

from collections.abc import Iterator

from extractors.proof import STRUCTURED, Layout, Proofs, prove
from model.invoice import Invoice, Value
from model.reading import Evidence

RUNG = "xml"


def structured_evidence(invoice: Invoice) -> tuple[dict[str, Evidence], Proofs]:
    """Return the evidence for every value of a structured invoice, by field path, and the checks over it."""
    proofs = prove(invoice, Layout(settled=(True,) * len(invoice.lines)))
    evidence = {
        path: Evidence(rung=RUNG, text=text, proof=(STRUCTURED, *proofs.by_path.get(path, ())))
        for path, text in _values("", invoice)
    }
    return evidence, proofs


def _values(path: str, value: Value) -> Iterator[tuple[str, str]]:
    """Yield the field path and the text of every value below one."""
    for name in type(value).model_fields:
        found = getattr(value, name)
        if isinstance(found, Value):
            yield from _values(f"{path}{name}.", found)
        elif name == "lines":
            for index, line in enumerate(found):
                yield from _values(f"lines.{index}.", line)
        elif found is not None and not isinstance(found, tuple):
            yield f"{path}{name}", str(found)
