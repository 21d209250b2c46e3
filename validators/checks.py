"""All checks, in the order in which a person reads an invoice; their findings are reported in this order."""

from collections.abc import Callable, Iterator

from model.finding import Finding
from validators import (
    buyer,
    claim_period,
    completeness,
    distributor,
    document_class,
    duplicates,
    eligibility,
    lines,
    products,
    references,
    serials,
    totals,
)
from validators.dossier import Dossier

Check = Callable[[Dossier], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    document_class.check,
    duplicates.check,
    completeness.check,
    distributor.check,
    buyer.check,
    claim_period.check,
    eligibility.check,
    references.check,
    products.check,
    lines.check,
    serials.check,
    totals.check,
)
