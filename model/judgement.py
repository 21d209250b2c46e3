"""The judgement on a document: matches, findings, outcome, what is due, and the versions it was made with."""

from typing import Literal

from model.finding import Finding
from model.invoice import Amount, Value

Outcome = Literal["approved", "rejected", "review"]
Effect = Literal["reject", "review"]


class Match(Value):
    """What a line sells. `line` is its index from 0; `model` None with no candidates: no device of the catalogue.

    `candidates` holds two models or more where the line is ambiguous; `witnesses` says what spoke for the model.
    """

    line: int
    model: str | None = None
    candidates: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()


class BonusUnit(Value):
    """Devices of a model that earn, negative where they are taken back; `lines` are their indices from 0."""

    model: str
    quantity: int
    bonus_each: Amount
    lines: tuple[int, ...]


class Reason(Value):
    """A finding with the effect that the policy gives it."""

    finding: Finding
    severity: Effect


class Judgement(Value):
    """The decision on one document; the same inputs always give the same judgement."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    matches: tuple[Match, ...] = ()
    units: tuple[BonusUnit, ...] = ()
    distributor_id: str | None = None
    """The authorised distributor that the seller is, if it is one."""
    versions: dict[str, str] = {}
    """extractor, catalogue, distributors, programme, policy."""
