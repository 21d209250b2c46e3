"""What became of one upload, as it is told: a value that knows no database, so that reading alone starts fast."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from model.judgement import BonusUnit, Judgement
from model.money import ZERO
from model.reading import Reading


@dataclass(frozen=True, slots=True)
class Decided:
    """One upload and what became of it; what it did not come to is None.

    `file` is as it was given; `outcome` the state that the document ended in: an outcome, "failed" or "superseded".
    """

    file: str
    document_id: str | None
    partner_id: str | None
    outcome: str
    reading: Reading | None = None
    judgement: Judgement | None = None
    error: tuple[str, str] | None = None

    @property
    def units(self) -> tuple[BonusUnit, ...]:
        """The devices that earn: none unless approved."""
        return self.judgement.units if self.judgement and self.outcome == "approved" else ()


def total(units: Iterable[BonusUnit]) -> Decimal:
    """Return what the units earn together, in EUR."""
    return sum((unit.quantity * unit.bonus_each for unit in units), ZERO)
