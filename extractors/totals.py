"""Document totals: net, VAT and gross, found by their labels and by the sums that tie them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import accumulate, combinations, pairwise, product

from extractors.arithmetic import CENT, HALF_CENT
from extractors.breakdown import BreakdownRow, breakdown_tables
from extractors.numbers import Mark
from extractors.rows import Figure, Row, figures, joined
from extractors.table import REMARK, TOTAL_FIELDS, is_base
from extractors.vocabulary import Label, labels, named
from model.invoice import VatBreakdown
from model.money import ZERO
from model.page import Box

BELOW = 2.6
"""A total stands under its label within this many letter heights."""
_NET = frozenset({"total_net", "total_line_net", "carry_over", "tax_base"})
ENDING = TOTAL_FIELDS | _NET
MAX_PAIRS = 60
"""No more totals of one kind are tried."""
SENTENCE = 4
"""A label with so many words beside it in its cell is part of a sentence: no amount stands under it."""
MAX_CHARGES = 6
"""No more charges in the totals block are combined."""
HIGHEST_RATE = 30
"""A bare number up to this can be a VAT rate in percent."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An amount with the label that it stands at, and the VAT rate and base printed on its row."""

    fields: frozenset[str]
    figure: Figure
    rate: Decimal | None = None
    base: Decimal | None = None
    tabled: bool = False
    """Whether it stands in a table of the VAT breakdown."""
    plain: bool = False
    """Whether it stands right of its label, and there is no more than that in their part of the row."""

    @property
    def value(self) -> Decimal:
        """The amount."""
        return self.figure.number.value


@dataclass(frozen=True, slots=True)
class TotalsRead:
    """The totals as read: figures by field, derived values where only parts are printed, and what agrees."""

    net: Decimal | None = None
    vat: Decimal | None = None
    gross: Decimal | None = None
    spots: dict[str, tuple[Figure, ...]] = field(default_factory=dict)
    breakdown: tuple[VatBreakdown, ...] = ()
    charges: Decimal = ZERO
    """The charges less allowances by which the lines' sum meets net."""


def candidates(rows: Sequence[Row], mark: Mark) -> tuple[Candidate, ...]:
    """Find the labelled amounts among rows that hold no positions."""
    found: list[Candidate] = []
    tables = breakdown_tables(rows, mark)
    for index, row in enumerate(rows):
        every = figures(row, mark)
        heads = tables[index].heads if index in tables else ()
        for label in labels(row):
            if label.fields & ENDING and not _bracketed(label) and label.spot.box not in heads:
                found.extend(_at(label, every, rows[index + 1 : index + 4], mark))
    for index, (row, following) in enumerate(pairwise(rows), 2):
        if not any(is_amount(figure) for one in (row, following) for figure in figures(one, mark)):
            for label in _stacked(row, following):
                found.extend(_under(label, rows[index : index + 3], mark))
    return (*found, *(candidate for table in tables.values() for candidate in _tabled(table.rows)))


def _stacked(row: Row, following: Row) -> Iterator[Label]:
    """Yield the totals' labels in a strip that begin on one row and end below it: "Taxable" above "amount".

    Such a label stands on the second row. A part that is a label by itself needs no other.
    """
    for start, end in following.cells():
        below = following.spot(start, end)
        for first, last in row.cells():
            above = row.spot(first, last)
            shared = min(above.box.x1, below.box.x1) - max(above.box.x0, below.box.x0)
            whole = named(f"{above.text} {below.text}") & ENDING
            if shared > 0.5 * below.box.width and whole and not named(above.text) & ENDING:
                yield Label(whole, following, start, end)


def _bracketed(label: Label) -> bool:
    """Whether a label is a remark in brackets behind another one: "Allowance (tax: 19 %)"."""
    return label.start > 0 and label.row.words[label.start].text.startswith("(")


def _tabled(table: Sequence[BreakdownRow]) -> Iterator[Candidate]:
    """Yield the amounts of a VAT breakdown table: the VAT of each rate, and the totals of a row for all rates."""
    for row in table:
        base = row.base.number.value if row.base else None
        yield Candidate(frozenset({"total_vat"}), row.vat, row.rate, base, tabled=True)
        if len(table) == 1 or row.rate is None:
            if row.base is not None:
                yield Candidate(frozenset({"total_net"}), row.base, tabled=True)
            if row.gross is not None:
                yield Candidate(frozenset({"total_gross"}), row.gross, tabled=True)


def _at(label: Label, every: Sequence[Figure], below: Sequence[Row], mark: Mark) -> Iterator[Candidate]:
    mine = [f for f in every if label.end <= f.start < _next_label(label)]
    right = [f for f in mine if is_amount(f) and not is_base(f, label.row)]
    if right and _words_between(label, right[-1], every) <= REMARK:
        rate, base = _rate_and_base(right[-1], [f for f in every if f.start < _next_label(label)])
        whole = [f for f in joined(label.row, mark, every) if label.end <= f.start and f.end == right[-1].end]
        leads = any(start == label.start for start, _ in label.row.cells())
        plain = leads and len(mine) == 1 and not whole and not _words_between(label, right[-1], every)
        yield from (Candidate(label.fields, figure, rate, base, plain=plain) for figure in (right[-1], *whole))
        return
    if not right:
        yield from _under(label, below, mark)


def _next_label(label: Label) -> int:
    """The word at which the next amount's label begins on the same row: "Netto 1,00   MwSt. 0,19"."""
    later = (x.start for x in labels(label.row) if x.start >= label.end and x.fields & ENDING)
    gaps = (start for start in later if any(a == start for a, _ in label.row.cells()))
    return next(gaps, len(label.row.words))


def _rate_and_base(amount: Figure, every: Sequence[Figure]) -> tuple[Decimal | None, Decimal | None]:
    """The VAT rate printed on a row, and the base that it applies to if that is printed too."""
    rates = [f.number.value for f in every if f.number.percent]
    others = [f.number.value for f in every if f is not amount and not f.number.percent]
    if not rates:
        rates = [v for v in others if 0 <= v <= HIGHEST_RATE]
    for rate in reversed(rates):
        for base in reversed(others):
            if base != rate and abs(base * rate / 100 - amount.number.value) <= CENT:
                return rate, base
    percent = [f.number.value for f in every if f.number.percent]
    return (percent[-1] if percent else None), None


def is_amount(figure: Figure) -> bool:
    """Whether a figure is written as money: with two decimals or a currency."""
    return not figure.number.percent and (figure.number.decimals == 2 or figure.number.currency is not None)


def _words_between(label: Label, figure: Figure, every: Sequence[Figure]) -> int:
    inside = {i for f in every for i in range(f.start, f.end)}
    words = label.row.words
    return sum(1 for i in range(label.end, figure.start) if i not in inside and any(c.isalpha() for c in words[i].text))


def _under(label: Label, below: Sequence[Row], mark: Mark) -> Iterator[Candidate]:
    """The amounts under a label: in a box of its own, below the label's words, which may go on with a figure there."""
    start, end = label.row.cell(label.start)
    heads = [x.start for x in labels(label.row) if start <= x.start < end and x.fields & TOTAL_FIELDS]
    start = label.start if any(at < label.start for at in heads) else start
    end = next((at for at in heads if at > label.start), end)
    others = (i for i in range(start, end) if not label.start <= i < label.end)
    if sum(label.row.words[i].text[:1].isalpha() for i in others) >= SENTENCE:
        return
    for figure in amounts_below(label.row.spot(start, end).box, label.row, below, mark):
        rate, base = _rate_and_base(figure, [f for f in figures(label.row, mark) if start <= f.start < end])
        yield Candidate(label.fields, figure, rate, base)


def amounts_below(box: Box, row: Row, below: Sequence[Row], mark: Mark) -> Iterator[Figure]:
    """Yield the amounts that stand under a box, the first of each row."""
    for other in below:
        if other.page is not row.page or other.box.top - box.bottom > BELOW * row.height:
            return
        for figure in figures(other, mark):
            place = figure.spot.box
            if is_amount(figure) and min(place.x1, box.x1) - max(place.x0, box.x0) > 0.3 * min(place.width, box.width):
                yield figure
                break


def read_totals(found: Sequence[Candidate], lines_sum: Decimal | None, charges: Sequence[Decimal]) -> TotalsRead:
    """Choose net, VAT and gross: the triple that adds up best, meets the lines' sum and is labelled so.

    `charges` may each belong to the net total or not; those that make the lines meet it are kept.
    """
    nets = [c for c in found if c.fields & _NET][:MAX_PAIRS]
    grosses = [c for c in found if c.fields & {"total_gross", "payable"}][:MAX_PAIRS]
    sums = _possible_sums(lines_sum, charges)
    best, best_score = TotalsRead(), -1.0
    for net, vat, gross in product((*nets, None), (*_vats(found), None), (*grosses, None)):
        score = _score(net, vat, gross, sums)
        if score > best_score:
            best, best_score = _read(net, vat, gross, sums), score
    return best if best.breakdown else replace(best, breakdown=_breakdown(found, best.vat))


def denied(
    found: Sequence[Candidate], totals: TotalsRead, amounts: Sequence[Decimal], charges: Sequence[Decimal]
) -> tuple[Candidate, ...]:
    """Return what is labelled as net or gross where the amount that adds up is not, and no lines and charges make it.

    The VAT breakdown may tell totals that the lines make while those beside it are others: one of the two was altered.
    """
    here = {figure.spot.page.number for figures in totals.spots.values() for figure in figures}
    plain = [c for c in found if c.plain and c.value and c.figure.spot.page.number in here]
    others: list[Candidate] = []
    for label, chosen in (("total_net", totals.net), ("total_gross", totals.gross)):
        named = [c for c in plain if label in c.fields and "carry_over" not in c.fields]
        if chosen is not None and all(c.value != chosen for c in named):
            others += named
    explained = set(_explained(found, totals, amounts, charges)) if others else set()
    return tuple(c for c in others if all(abs(abs(c.value) - value) > CENT for value in explained))


def _explained(
    found: Sequence[Candidate], totals: TotalsRead, amounts: Sequence[Decimal], charges: Sequence[Decimal]
) -> Iterator[Decimal]:
    """Yield without signs the totals, what the VAT breakdown holds, and all that the first lines and charges make."""
    told = (totals.net, totals.vat, totals.gross, *(c.base for c in found), *(c.value for c in found if c.tabled))
    yield from (abs(value) for value in told if value is not None)
    for part in (*accumulate(amounts), ZERO) if amounts else ():
        yield from map(abs, _possible_sums(part, charges))


def _breakdown(found: Sequence[Candidate], vat: Decimal | None) -> tuple[VatBreakdown, ...]:
    """The VAT breakdown as tabled, where its parts sum to the VAT that stands elsewhere."""
    parts = {c.rate: c for c in reversed(found) if c.tabled and c.rate is not None and c.base is not None}
    rows = tuple(VatBreakdown(rate=c.rate, base=c.base, amount=c.value) for c in parts.values())
    return rows if rows and sum((c.value for c in parts.values()), ZERO) == vat else ()


def _possible_sums(lines_sum: Decimal | None, charges: Sequence[Decimal]) -> dict[Decimal, Decimal]:
    """The net totals that lines and charges can make, each with the charges in it; the fewest charges win."""
    if lines_sum is None:
        return {}
    sums: dict[Decimal, Decimal] = {lines_sum: ZERO}
    for count in range(1, min(len(charges), MAX_CHARGES) + 1):
        for chosen in combinations(charges, count):
            extra = sum(chosen, ZERO)
            sums.setdefault(lines_sum + extra, extra)
    return sums


_Vat = tuple[Candidate, ...]


def _vats(found: Sequence[Candidate]) -> list[_Vat]:
    """Candidates for the VAT: each labelled amount alone, and the sum over the rates."""
    single = [c for c in found if "total_vat" in c.fields][:MAX_PAIRS]
    by_rate: dict[Decimal, Candidate] = {}
    for candidate in sorted(single, key=lambda c: c.base is None):  # those whose base agrees come first
        if candidate.rate is not None and candidate.rate not in by_rate:
            by_rate[candidate.rate] = candidate
    alone: list[_Vat] = [(candidate,) for candidate in single]
    return [*alone, tuple(by_rate.values())] if len(by_rate) > 1 else alone


def _score(net: Candidate | None, vat: _Vat | None, gross: Candidate | None, sums: Mapping[Decimal, Decimal]) -> float:
    """Rate a triple; sums weigh more than labels, and a value more than none."""
    score = 0.0
    tax = None if vat is None else sum((c.value for c in vat), ZERO)
    if net is not None and gross is not None:
        if net.figure.spot.words == gross.figure.spot.words:
            return -1.0
        if abs(net.value + (tax or ZERO) - gross.value) <= HALF_CENT:
            score += 8 if vat is not None else 5
        elif vat is not None:
            score -= 0.5
    met = net is not None and any(abs(net.value - total) <= CENT for total in sums)
    if met or (vat and gross is not None and any(total + (tax or ZERO) == gross.value for total in sums)):
        score += 6
    if net is not None:
        score += 1.5 if "total_net" in net.fields and "line_net_amount" not in net.fields else 1
        score -= 0 if net.fields & {"total_net", "tax_base"} else 3
        score -= 0.5 if "total_gross" in net.fields else 0
    if gross is not None:
        score += 1.5 if "total_gross" in gross.fields and "total_net" not in gross.fields else 1
        score -= 0.5 if gross.fields == {"payable"} else 0
    if vat is not None:
        score += _vat_score(vat, net, gross)
    return score


def _vat_score(vat: _Vat, net: Candidate | None, gross: Candidate | None) -> float:
    taken = {c.figure.spot.words for c in (net, gross) if c is not None}
    if any(c.figure.spot.words in taken for c in vat):
        return -20
    score = 1.0
    if len(vat) == 1 and vat[0].rate is not None and net is not None:
        expected = net.value * vat[0].rate / 100
        score += 2 if vat[0].rate and abs(expected - vat[0].value) <= CENT else 0
    if len(vat) > 1 and net is not None:
        bases = [c.base for c in vat if c.base is not None]
        score += 2 if len(bases) == len(vat) and sum(bases, ZERO) == net.value else 0
    return score


def _read(
    net: Candidate | None, vat: _Vat | None, gross: Candidate | None, sums: Mapping[Decimal, Decimal]
) -> TotalsRead:
    tax = None if vat is None else sum((c.value for c in vat), ZERO)
    if tax is None and net is not None and gross is not None and net.value == gross.value:
        tax = Decimal("0.00")  # no VAT is charged, and none is printed
    spots = {
        "net": (net.figure,) if net else (),
        "vat": tuple(c.figure for c in vat or ()),
        "gross": (gross.figure,) if gross else (),
    }
    rows = tuple(VatBreakdown(rate=c.rate, base=c.base, amount=c.value) for c in vat or () if c.rate is not None)
    return TotalsRead(
        net.value if net else None,
        tax,
        gross.value if gross else None,
        {name: found for name, found in spots.items() if found},
        rows,
        _charges(net, tax, gross, sums),
    )


def _charges(
    net: Candidate | None, tax: Decimal | None, gross: Candidate | None, sums: Mapping[Decimal, Decimal]
) -> Decimal:
    """The charges by which the lines' sum meets the net total, or else the gross total less VAT."""
    met = next((extra for total, extra in sums.items() if net is not None and abs(net.value - total) <= CENT), None)
    if met is None and tax and gross is not None:
        met = next((extra for total, extra in sums.items() if total + tax == gross.value), None)
    return met or ZERO
