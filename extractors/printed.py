"""The printed reader: from the words of the pages to an invoice with evidence, by geometry, labels and arithmetic."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractors.body import Body, read_body
from extractors.charges import block_charges, charge_kind
from extractors.companies import read_parties
from extractors.header import Found, currency, date_after, find_dates, find_numbers, lone_dates
from extractors.lines import LineRead, name_confidence, read_line
from extractors.numbers import Mark, decimal_mark
from extractors.positions import Position, stated_bases
from extractors.proof import Layout, prove
from extractors.rows import Figure, Row, Spot
from extractors.table import sheets
from extractors.taxes import taxes
from extractors.titles import Title, find_titles
from extractors.totals import (
    Candidate,
    TotalsRead,
    candidates,
    denied,
    read_totals,
)
from extractors.vocabulary import compact, labels, page_rows
from model.invoice import Invoice, Party, Totals
from model.money import ZERO
from model.page import Page
from model.reading import Evidence

NO_INVOICE = frozenset(
    {"proforma", "order_confirmation", "delivery_note", "offer", "order", "reminder", "statement", "receipt"}
)
EURO_AREA = frozenset("AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split())
"""ISO 3166-1 codes of the countries whose currency is the euro (21 since January 2026)."""
_CREDIT = ("gutschrift", "credit", "avoir", "storno")
"""Labels that begin so belong to a credit note."""
GUESSED = 0.5
"""A date that no label names is believed no more than this: stamps bear dates too."""
_CHARGES = frozenset({"not_a_device_line", "allowance", "cash_discount"})


@dataclass(frozen=True, slots=True)
class Printed:
    """What the pages show: an invoice with evidence by field path, its class, and how well it was understood."""

    invoice: Invoice
    evidence: dict[str, Evidence]
    document_class: str | None
    contradictions: tuple[tuple[str, tuple[str, ...]], ...]
    other_total: Decimal | None = None
    """An amount that the page labels as its net or gross total while others add up with the lines."""

    @property
    def is_invoice(self) -> bool:
        """Whether there is an invoice at all: an invoice's title or number, and amounts."""
        invoice = self.invoice
        amounts = bool(invoice.lines) or invoice.totals.gross is not None or invoice.totals.net is not None
        return (
            self.document_class not in NO_INVOICE
            and amounts
            and (self.document_class is not None or invoice.number is not None)
        )


@dataclass(frozen=True, slots=True)
class _Sum:
    """The lines and charges of a document, and its totals."""

    lines: tuple[LineRead, ...]
    charges: Decimal | None
    totals: TotalsRead
    final: bool
    """Whether no larger amount is labelled as a total than the gross total, or net if there is none."""
    denied: tuple[Candidate, ...] = ()
    """What is labelled as a total and is none."""
    chosen: bool = False
    """Whether the charges are some of many."""
    taxed: bool = False
    """Whether a VAT that is not zero is printed, or its label without any amount."""


def read_printed(pages: Sequence[Page]) -> Printed:
    """Read one invoice from its pages."""
    rows = [page_rows(page) for page in pages]
    mark = decimal_mark(word.text for page in pages for word in page.words)
    spots: dict[str, Spot] = {}
    proofs: dict[str, tuple[str, ...]] = {}
    head = _head(rows, spots, proofs)
    body = read_body(sheets([(page.number, found) for page, found in zip(pages, rows, strict=True)], mark), mark)
    summed = _sum_up(body, rows, mark)
    titles = [title for found in rows[:1] for title in find_titles(found)]
    kind, title = _document_class(titles, numbered=head["number"] is not None, filled=bool(summed.lines))
    if title is not None and not _contradicted(kind, rows, refers="preceding_invoice_number" in spots):
        spots["type_code"] = title
    invoice = Invoice(
        **head,
        type_code=_type_code(kind) if kind not in NO_INVOICE else None,
        lines=tuple(read.line for read in summed.lines),
        totals=Totals(
            net=summed.totals.net,
            vat=summed.totals.vat,
            gross=summed.totals.gross,
            charges=summed.charges,
            breakdown=summed.totals.breakdown,
        ),
    )
    odd = any(map(_odd, summed.lines))
    layout = Layout(
        tuple(_settled(read, named=not odd) for read in summed.lines),
        tuple(_restored(read) for read in summed.lines),
        final=summed.final,
        denied=bool(summed.denied),
        chosen=summed.chosen,
        taxed=summed.taxed,
    )
    checks = prove(invoice, layout)
    evidence = dict(_evidence(summed, spots, proofs | {k: tuple(v) for k, v in checks.by_path.items()}))
    other = next((candidate.value for candidate in summed.denied), None)
    return Printed(invoice, evidence, kind, tuple(checks.contradictions), other)


def _head(
    rows: Sequence[Sequence[Row]], spots: dict[str, Spot], proofs: dict[str, tuple[str, ...]]
) -> dict[str, object]:
    """Read the header fields; note where each stands and what confirms it."""
    numbers = find_numbers(rows)
    money = currency(rows)
    month_first = _american(rows, money[0] if money else None)
    parties = read_parties(rows, numbers["customer_number"])
    number = _number(numbers)
    preceding = next((f for f in numbers["preceding_invoice"] if number is None or f.text != number.text), None)
    date = _issue_date(rows, number, numbers["invoice_number"], month_first=month_first)
    for owner, found in (("seller", parties.seller_spots), ("buyer", parties.buyer_spots)):
        spots.update({f"{owner}.{name}": spot for name, spot in found.items()})
    proofs.update(parties.proofs)
    if number is not None:
        spots["number"] = number.spot
    if preceding is not None:
        spots["preceding_invoice_number"] = preceding.spot
    if date is not None:
        spots["issue_date"] = date[1]
    if money is not None:
        spots["currency_code"] = money[1]
    code = money[0] if money else _home_currency(parties.seller)
    return {
        "number": number.text if number else None,
        "issue_date": date[0] if date else None,
        "currency_code": code,
        "preceding_invoice_number": preceding.text if preceding else None,
        "seller": parties.seller,
        "buyer": parties.buyer,
    }


def _home_currency(seller: Party) -> str | None:
    """The currency of an invoice that prints none: that of the seller's country, where it is the euro."""
    country = (seller.vat_identifier or seller.iban or "")[:2]
    return "EUR" if country in EURO_AREA else None


def _american(rows: Sequence[Sequence[Row]], money: str | None) -> bool:
    """Whether 09/18/2017 is September 18: dollars, and no sign of another language."""
    text = " ".join(row.text for found in rows for row in found)
    return money == "USD" and not re.search(r"\b(?:Rechnung|Facture|Factuur)\b", text)


def _number(numbers: dict[str, list[Found]]) -> Found | None:
    """The invoice number: the best candidate that no other label claims more strongly."""
    others = {
        f.text: f.score
        for name in ("customer_number", "order_reference", "despatch_note", "preceding_invoice")
        for f in numbers[name]
        if not _shared_label(f)
    }
    for candidate in numbers["invoice_number"]:
        if others.get(candidate.text, -1.0) < candidate.score:
            return candidate
    return None


def _shared_label(found: Found) -> bool:
    return "invoice_number" in found.label.fields


def _issue_date(
    rows: Sequence[Sequence[Row]], number: Found | None, numbers: Sequence[Found], *, month_first: bool
) -> tuple[dt.date, Spot] | None:
    """The issue date: behind the number, at its label, else the first that stands alone and has no other label."""
    places = [found.spot for found in numbers if number is not None and found.text == number.text]
    for place in places:
        for found in rows:
            after = date_after(place, found, month_first=month_first)
            if after is not None:
                return after
    dates = find_dates(rows, month_first=month_first)
    if dates.get("issue_date"):
        best = dates["issue_date"][0]
        return best[0], best[1].spot
    taken = {found.spot.words[0] for name, hits in dates.items() if name != "issue_date" for _, found in hits}
    for found in rows[:1]:
        for date, spot in lone_dates(found, month_first=month_first):
            if not taken & set(spot.words):
                return date, spot.doubted(GUESSED)
    return None


def _document_class(titles: Sequence[Title], *, numbered: bool, filled: bool) -> tuple[str | None, Spot | None]:
    """The class of the document and where that stands: its most prominent title, else number and lines say invoice."""
    for title in titles:
        for name in ("correction", "credit_note", "invoice_copy", "invoice", *sorted(NO_INVOICE)):
            if name in title.classes:
                return ("invoice" if name == "invoice_copy" else name), title.spot
    return ("invoice" if numbered and filled else None), None


def _contradicted(kind: str | None, rows: Sequence[Sequence[Row]], *, refers: bool) -> bool:
    """Whether what is titled an invoice refers to another one, or a label of it speaks of a credit note."""
    if kind != "invoice":
        return False
    spoken = (compact(label.spot.text) for found in rows for row in found for label in labels(row))
    return refers or any(text.startswith(_CREDIT) and text not in _CREDIT for text in spoken)


def _type_code(kind: str | None) -> str | None:
    """BT-3 of a class (UNTDID 1001)."""
    return {"credit_note": "381", "correction": "384", "invoice": "380"}.get(kind or "")


def _sum_up(body: Body, rows: Sequence[Sequence[Row]], mark: Mark) -> _Sum:
    """Tell lines from charges, and read the totals from all rows that hold no position.

    Stamps and page heads bear amounts too: rows with nothing else are no lines if the others alone make the net total.
    """
    items = [position for position in body.positions if not _is_charge(position)]
    charges = [position for position in body.positions if _is_charge(position)]
    whole = _summed(items, charges, rows, mark)
    sound = [x for x in items if not (x.product is None and x.quantity is None and x.price is None)]
    if _meets(whole) or not sound or len(sound) == len(items):
        return whole
    less = _summed(sound, charges, rows, mark)
    return less if _meets(less) else whole


def _meets(found: _Sum) -> bool:
    """Whether lines and charges sum to the net total."""
    amounts = [read.line.net_amount or ZERO for read in found.lines]
    return found.totals.net is not None and sum(amounts, found.charges or ZERO) == found.totals.net


def _summed(items: Sequence[Position], charges: Sequence[Position], rows: Sequence[Sequence[Row]], mark: Mark) -> _Sum:
    free = [row for found in rows for row in found if not _within(row, items)]
    found = candidates(free, mark)
    lines = tuple(read_line(position) for position in items)
    amounts = [read.line.net_amount for read in lines]
    total = sum((a for a in amounts if a is not None), ZERO) if amounts and None not in amounts else None
    extra = [p.amount.number.value for p in charges if p.amount is not None]
    block = block_charges(free, mark, negative=total is not None and total < 0)
    totals = read_totals(found, total, (*extra, *(c for c in block if c not in extra)))
    top = totals.gross if totals.gross is not None else totals.net
    final = top is not None and all(abs(candidate.value) <= abs(top) for candidate in found)
    others = denied(found, totals, [a for a in amounts if a is not None], (*extra, *block))
    chosen = bool(totals.charges) and len((*extra, *block)) > FEW_CHARGES
    below = list(_below(free, items))
    rates = {read.line.vat_rate for read in lines}
    taxed = any(rates) or (rates != {ZERO} and taxes(found, below, totals))
    return _Sum(lines, totals.charges or None, totals, final, others, chosen, taxed)


def _below(rows: Sequence[Row], items: Sequence[Position]) -> Iterator[Row]:
    """Yield the rows below the last position."""
    place = max(((r.row.page.number, r.row.box.top) for item in items for r in item.rows), default=(0, 0.0))
    yield from (row for row in rows if (row.page.number, row.box.top) > place)


def _within(row: Row, items: Sequence[Position]) -> bool:
    return any(row.words == part.row.words and row.page is part.row.page for item in items for part in item.rows)


def _is_charge(position: Position) -> bool:
    """Whether an amount is a charge or allowance outside the lines: named so, without quantity or price that agree."""
    found = position.product
    if found is not None and found.quantity.number.value and found.amount.number.value:
        return False
    row, amount = position.anchor.row, position.amount
    bare = position.quantity is None and position.price is None
    if bare and amount is not None and charge_kind(row.spot(0, amount.start)):
        return True
    return any(label.fields & _CHARGES and label.start <= 1 for label in labels(row))


def _restored(read: LineRead) -> bool:
    return read.position is not None and read.position.missing is not None


def _odd(read: LineRead) -> bool:
    """Whether a quantity is broken and its price is not: the columns may be named wrongly."""
    found = read.position.product if read.position else None
    if found is None or found.quantity.number.decimals == 0:
        return False
    return found.quantity.number.value % 1 != 0 and found.price.number.value % 1 == 0


FEW_CHARGES = 3
"""Among no more charges than this, those that make up for a misread amount are not found by chance."""
MOST_DECIMALS = 3
"""Quantities are printed with no more decimals than this, if prices have fewer."""
_NO_PRICES = ("quantity", "price_base_quantity", "discount", "vat_rate", "line_vat_amount", "line_identifier")
"""Roles of columns of figures in which no price stands."""


def _settled(read: LineRead, *, named: bool) -> bool:
    """Whether quantity and price are told apart by whole number against two decimals, or by the header's words.

    The words count if they are believed: `named`.
    """
    position = read.position
    if position is None or position.quantity is None or position.price is None:
        return False
    if position.product is None and not position.rebates:
        return False
    quantity, price, found = position.quantity, position.price, position.product
    if found is not None and found.base is None and found.stated_base == 1 and stated_bases(position.rows):
        return False  # the price may be for so many units, and the quantity be another
    if any(_passed_over(position, role, figure) for role, figure in (("quantity", quantity), ("net_price", price))):
        return False
    discounted = found is None or found.discount is not None or _passed_over(position, "gross_price", price)
    if not discounted and _passed_over(position, "discount", None):
        return False
    shaped = quantity.number.decimals == 0 and price.number.decimals >= 2
    finer = quantity.number.decimals > max(MOST_DECIMALS, price.number.decimals)
    swapped = finer or (quantity.number.decimals >= 2 and price.number.decimals == 0)
    unpriced = any(_under(position, role, price) for role in _NO_PRICES)
    headed = named and not unpriced and _under(position, "quantity", quantity)
    return shaped or (headed and not swapped)


def _passed_over(position: Position, role: str, taken: Figure | None) -> bool:
    """Whether figures other than zero stand under the column of a role, and not the one that was taken for it."""
    cells = (row.cells.get(column, ()) for row in position.rows for column in position.roles.get(role, ()))
    there = [figure for cell in cells for figure in cell if figure.number.value]
    return bool(there) and taken not in there


def _under(position: Position, role: str, figure: Figure) -> bool:
    """Whether a figure stands under a column that the header's words give this role."""
    columns = position.roles.get(role, ())
    return any(figure in row.cells.get(column, ()) for row in position.rows for column in columns)


def _evidence(
    summed: _Sum, spots: dict[str, Spot], proofs: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, Evidence]]:
    for path, spot in spots.items():
        yield path, spot.evidence(proofs.get(path, ()))
    for index, read in enumerate(summed.lines):
        for name, spot in read.spots.items():
            path = f"lines.{index}.{name}"
            found = spot.evidence(proofs.get(path, ()))
            if name == "item_name":
                found = found.model_copy(update={"confidence": name_confidence(spot)})
            if name == "quantity" and _restored(read):
                found = found.model_copy(update={"box": None, "text": None, "repaired": True})
            yield path, found
    for name, figures in summed.totals.spots.items():
        path = f"totals.{name}"
        yield path, figures[0].spot.evidence(proofs.get(path, ()))
