"""The values of one document as its screen shows them: fields, lines with what they sell and earn, sums."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from model.case import Case
from model.invoice import Invoice
from model.judgement import Judgement
from model.ledger import Accrual
from model.money import ZERO
from model.reading import PERSON, Reading
from portal import correcting
from portal.candidates import Candidate
from portal.pages import Texts
from portal.questions import Question
from portal.sheets import Cut
from portal.sums import Equation, equations
from programme.accrual import due
from programme.rulebook import Rulebook
from validators.dossier import Dossier

State = Literal["clash", "person", "proven", "read", "doubt", "empty"]


@dataclass(frozen=True, slots=True)
class Field:
    """A value as it stands in its field; `state` tells what speaks for it, `name` says where it stands."""

    path: str
    label: str
    name: str
    value: str
    state: State
    figure: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its fields, the strips of the pages that show them, and the devices to choose from."""

    question: Question
    fields: tuple[Field, ...]
    cuts: tuple[Cut, ...]
    choices: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its fields by name, the sum that it makes, what it sells and earns."""

    position: str
    fields: dict[str, Field]
    equation: Equation | None
    model: str | None
    candidates: tuple[str, ...]
    bonus: Decimal
    each: Decimal
    """What one more of it would earn."""


def worth(invoice: Invoice, judged: Judgement, case: Case, dossier: Dossier, rulebook: Rulebook) -> tuple[Accrual, ...]:
    """Return what the document would earn if what is open were answered as it is shown."""
    seller = dossier.seller.distributor.id if dossier.seller.distributor else None
    distributor = judged.distributor_id or seller
    return due(invoice, judged.matches, case, rulebook, distributor) if distributor else ()


def fields_of(read: Reading, invoice: Invoice, clashing: set[str], t: Texts) -> dict[str, Field]:
    """Return all fields by their paths."""
    found: dict[str, Field] = {}
    for path in correcting.fields(invoice):
        value, name = correcting.value(invoice, path), path.rpartition(".")[2]
        state = _state(read, path, is_contradicted=path in clashing) if value else "empty"
        own = label(t, path)
        found[path] = Field(path, own, where(invoice, path, own, t), value, state, name in correcting.FIGURES)
    return found


def _state(read: Reading, path: str, *, is_contradicted: bool) -> State:
    evidence = read.evidence.get(path)
    if evidence is not None and PERSON in evidence.proof:
        return "person"
    if is_contradicted:
        return "clash"
    return "proven" if read.proven(path) else "read" if read.sure(path) else "doubt"


def where(invoice: Invoice, path: str, own: str, t: Texts) -> str:
    """Return what a field is called together with its line."""
    if not path.startswith("lines."):
        return own
    index = int(path.split(".")[1])
    return f"{t['invoice']['line']} {invoice.lines[index].identifier or index + 1}: {own}"


def label(t: Texts, path: str) -> str:
    """Return what the field at a path is called."""
    first, name = path.partition(".")[0], path.rpartition(".")[2]
    return str(t["fields"][f"{first}_{name}" if first in {"seller", "buyer"} else name])


def values(invoice: Invoice, dossier: Dossier, earned: tuple[Accrual, ...], field: dict[str, Field]) -> dict[str, Any]:
    """Return lines, sums, totals and head as the page shows them."""
    every = equations(invoice)
    by_line = {one.line: one for one in every if one.line is not None}
    lines = []
    for index, line in enumerate(invoice.lines):
        match = dossier.match_of.get(index)
        own = [one for one in earned if one.line == index]
        units = sum(one.quantity for one in own)
        lines.append(
            Line(
                line.identifier or str(index + 1),
                {name: field[f"lines.{index}.{name}"] for name in correcting.LINE},
                by_line.get(index),
                match.model if match else None,
                match.candidates if match else (),
                sum((one.quantity * one.bonus_each for one in own), ZERO),
                own[0].bonus_each * (1 if units > 0 else -1) * _sign(line.quantity) if own else ZERO,
            )
        )
    return {
        "lines": lines,
        "equations": every,
        "totals": [field[path] for path in correcting.TOTALS],
        "head": [field[path] for path in correcting.HEAD],
        "seller_is": None,
    }


def _sign(quantity: Decimal | None) -> int:
    return -1 if quantity is not None and quantity < ZERO else 1
