"""Products: a line has to hold a device that earns a bonus, and it has to be clear which, and what it earns.

A line that may hold one comes first: two models that fit (`model_ambiguous`), or a device of which the rulebook does
not know whether or what it earns (`rate_unknown`). Only if every line was read with confidence is a document without
any rejected.
"""

from collections.abc import Iterator

from model.finding import Finding
from model.judgement import Match
from programme.accrual import replaces
from validators.dossier import UNREAD, Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report ambiguous lines, unknown rates, and a document without a device that earns."""
    if dossier.invoice is None or not dossier.invoice.lines:
        return
    found = [*_ambiguous(dossier), *_unknown(dossier)]
    yield from found
    emptied = dossier.undoes and replaces(dossier.invoice)
    if not found and not emptied and not any(map(dossier.earns, dossier.worths)):
        yield _nothing(dossier)


def _ambiguous(dossier: Dossier) -> Iterator[Finding]:
    for match in dossier.matches:
        if match.model is None and dossier.counts(match.line) and _may_earn(dossier, match):
            values = {
                "line": dossier.position(match.line),
                "item": _item(dossier, match),
                "candidates": ", ".join(match.candidates),
            }
            yield Finding(
                code="model_ambiguous", variant="candidates", values=values, about=(f"lines.{match.line}.item_name",)
            )


def _may_earn(dossier: Dossier, match: Match) -> bool:
    """Whether any candidate is a bonus device on any day: between two accessories there is nothing to decide."""
    products = map(dossier.rulebook.catalogue.product, match.candidates)
    return any(product is not None and product.bonus_eligible is not False for product in products)


def _unknown(dossier: Dossier) -> Iterator[Finding]:
    for match in dossier.matches:
        found = dossier.worths.get(match.line)
        if match.model and found is not None and found.kind == "not_known" and dossier.counts(match.line):
            values = {"line": dossier.position(match.line), "model": match.model}
            yield Finding(code="rate_unknown", variant="model", values=values, about=(f"lines.{match.line}.item_name",))


def _nothing(dossier: Dossier) -> Finding:
    """Reject only what was read from end to end: each line's words and amount, the sum, and the day if it matters."""
    lines = range(len(dossier.invoice.lines) if dossier.invoice else 0)
    doubtful = [f"lines.{i}.item_name" for i in lines if not dossier.understood(i)]
    doubtful += [f"lines.{i}.net_amount" for i in lines if not dossier.reading.proven(f"lines.{i}.net_amount")]
    total = dossier.total[0] if dossier.total else "totals.net"
    if not dossier.reading.proven(total):
        doubtful.append(total)
    if any(w.kind == "earns_nothing" for w in dossier.worths.values()) and not dossier.reading.sure("issue_date"):
        doubtful.append("issue_date")
    if doubtful:
        return Finding(code="low_confidence", variant="no_device_found", about=tuple(doubtful))
    return Finding(code="no_eligible_products")


def _item(dossier: Dossier, match: Match) -> str:
    return (dossier.invoice.lines[match.line].item_name if dossier.invoice else None) or UNREAD
