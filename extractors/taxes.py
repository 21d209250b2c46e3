"""Whether a page speaks of a VAT: only where it does not can one amount stand for net and gross."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from extractors.arithmetic import CENT
from extractors.rows import Row
from extractors.totals import Candidate, TotalsRead
from extractors.vocabulary import Label, labels

RATES = (*map(Decimal, range(5, 28)), Decimal("5.5"), Decimal("7.7"), Decimal("8.1"))
"""VAT rates in percent: what the EU allows (Directive 2006/112/EC, articles 97 to 99) up to Hungary's, the highest, and
some with decimals of France and Switzerland."""


def taxes(found: Sequence[Candidate], below: Sequence[Row], totals: TotalsRead) -> bool:
    """Whether what is printed speaks of a VAT that is not zero.

    It does by a VAT, by a rate, by the label of a VAT without its amount `below` the positions, or by another total
    that is the net or gross of this one at a usual rate. Zero of the whole net total leaves no doubt.
    """
    told = [c for c in found if "total_vat" in c.fields and c.value not in {totals.net, totals.gross}]
    if any(c.tabled and c.rate == c.value == 0 and c.base == totals.net for c in told):
        return False
    if told:
        return any(candidate.value or candidate.rate for candidate in told)
    if any("total_vat" in label.fields and _fills_cell(label) for row in below for label in labels(row)):
        return True
    sums = [c.value for c in found if c.fields & {"total_net", "total_gross"}]
    total = totals.gross
    return total is not None and any(value and (_of_rate(total, value) or _of_rate(value, total)) for value in sums)


def _of_rate(net: Decimal, gross: Decimal) -> bool:
    """Whether two amounts are net and gross of a usual VAT rate."""
    return any(abs(net * (100 + rate) / 100 - gross) <= CENT for rate in RATES)


def _fills_cell(label: Label) -> bool:
    """Whether there are no other words in a label's cell: it is no part of a sentence or of "Tax no."."""
    start, end = label.row.cell(label.start)
    return start == label.start and not any(c.isalpha() for word in label.row.words[label.end : end] for c in word.text)
