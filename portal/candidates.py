"""Which devices a line may sell, with what speaks for each of them, for a person to choose."""

from dataclasses import dataclass
from decimal import Decimal

from rapidfuzz import fuzz

from model.invoice import InvoiceLine
from programme.catalogue import Product, worth
from programme.macs import hinted
from programme.spelling import article, compact
from validators.dossier import Dossier

KEYS = 9
"""So many can be chosen with a digit."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device: what names it on the line, how alike its name is (0 to 100), how far the next one is, what it pays.

    `witnesses` are keys of the texts; `pays` is None where the rulebook does not say.
    """

    model: str
    witnesses: tuple[str, ...]
    score: int
    ahead: int
    pays: Decimal | None


def candidates(dossier: Dossier, line: int) -> tuple[Candidate, ...]:
    """Return the devices that the line at this index may sell, those first that more speaks for."""
    invoice, match = dossier.invoice, dossier.match_of.get(line)
    if invoice is None or match is None:
        return ()
    of, catalogue = invoice.lines[line], dossier.rulebook.catalogue
    hints = hinted(of.serial_numbers, catalogue)
    found = {product.model: product for product in map(catalogue.product, match.candidates[:KEYS]) if product}
    told = {name: _witnesses(one, of, is_hinted=name in hints) for name, one in found.items()}
    scores = {name: _alike(one, of) for name, one in found.items()}
    order = sorted(found, key=lambda name: (-len(told[name]), -scores[name]))
    return tuple(
        Candidate(
            name,
            told[name],
            scores[name],
            scores[name] - max((score for other, score in scores.items() if other != name), default=0),
            _pays(dossier, found[name], of),
        )
        for name in order
    )


def _witnesses(product: Product, line: InvoiceLine, *, is_hinted: bool) -> tuple[str, ...]:
    name = compact(line.item_name or "")
    found = {
        "name": any(compact(one) in name for one in (product.model, *product.aliases)),
        "mpn": bool(product.mpn) and article(product.mpn or "") in article(_numbers(line)),
        "ean": bool(product.ean) and (product.ean or "").lstrip("0") in article(_numbers(line)),
        "sellers_item_identifier": compact(product.model) in compact(line.sellers_item_identifier or ""),
        "mac": is_hinted,
    }
    return tuple(witness for witness, speaks in found.items() if speaks)


def _numbers(line: InvoiceLine) -> str:
    parts = (line.manufacturers_item_identifier, line.standard_item_identifier, line.item_name)
    return " ".join(filter(None, parts))


def _alike(product: Product, line: InvoiceLine) -> int:
    return round(fuzz.partial_ratio(compact(product.model), compact(line.item_name or "")))


def _pays(dossier: Dossier, product: Product, line: InvoiceLine) -> Decimal | None:
    invoice = dossier.invoice
    on = (invoice.issue_date if invoice else None) or dossier.case.accepted_on
    found = worth(product, dossier.tier, on)
    return None if found.kind == "not_known" else found.each * (line.quantity or 0)
