"""Judging: outcome and bonus of a document that was read, and of those accepted later that it concerns.

No transaction is open while a judgement is computed. What it rests on is fetched before, and compared in the
transaction that writes it down: if anything changed meanwhile it is made anew.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from model.case import Case
from model.invoice import Invoice, InvoiceLine
from model.judgement import Judgement
from model.ledger import Accrual
from model.money import ZERO
from model.reading import Reading
from model.state import OUTCOMES, State
from pipeline.judge import judge as judgement_on
from programme.accrual import CREDIT_NOTE, due, net_revenue, replaces
from programme.distributors import identify
from programme.fingerprint import fingerprint
from programme.ledger import difference
from programme.numbers import normal_number
from programme.rulebook import Rulebook, version_line
from programme.spelling import article
from runtime import metrics
from runtime.app import App
from store import (
    accounts,
    cases,
    counters,
    documents,
    partners,
    queue,
    results,
    revenue,
    rulebooks,
    rulings,
    search,
    waiting,
)
from store.cases import Keys
from store.documents import Document
from store.engine import reading
from store.queue import Lease
from store.rulings import Ruling
from workers import listing

WHO = "cashback"
"""Who moves a document on when no person does."""


def judge(app: App, document: Document, lease: Lease | None = None) -> Document:
    """Judge a document and book what is due, then judge again those accepted later that it concerns.

    So outcomes depend on the order of acceptance alone. One that waits for its judgement is judged; one that has an
    outcome only under a `lease` for that, and where nothing came of it otherwise nothing is written. Whoever is to be
    judged again stands in the queue: if this process ends, another one goes on. Errors: Fenced.
    """
    waiting = {document.order: document.id}
    while waiting:
        one = waiting.pop(min(waiting))
        concerned = _settle(app, one, lease if one == document.id else None)
        lease = None if one == document.id else lease
        waiting |= {other.order: other.id for other in concerned}
    with reading(app.engine) as conn:
        document = documents.get(conn, document.id)
    # Another process may have moved it back meanwhile: whoever comes first judges it again.
    return judge(app, document) if document.state is State.EXTRACTED else document


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a judgement rests on; `mark` tells one reading of the document from another, `old` is the last judgement."""

    document: Document
    mark: str
    reading: Reading
    keys: Keys
    case: Case
    ruling: Ruling | None
    old: Judgement | None
    old_case: Case | None
    rulebook: Rulebook

    def holds(self, conn: Connection) -> bool:
        """Whether all of it still is so; it then stays so until this transaction ends."""
        return (
            rulebooks.live(conn, self.rulebook).versions == self.rulebook.versions
            and documents.hold(conn, self.document.id) == self.document
            and results.mark(conn, self.document.id) == self.mark
            and rulings.standing(conn, self.document.id) == self.ruling
            and partners.partner(conn, self.document.partner_id) == self.case.partner
            and cases.fetch(conn, self.document, self.keys, self.case.partner) == self.case
        )


def _settle(app: App, document_id: str, lease: Lease | None) -> tuple[Document, ...]:
    """Judge one document and return those to be judged again; judged anew if its basis changed meanwhile."""
    judged = OUTCOMES if lease is not None else frozenset[State]()
    while True:
        with reading(app.engine) as conn:
            document = documents.get(conn, document_id)
            if document.state is not State.EXTRACTED and document.state not in judged:
                break
            basis = _basis(conn, document, rulebooks.live(conn, app.rulebook))
        judgement = judgement_on(basis.reading, basis.case, basis.rulebook)
        with app.engine.begin() as conn:
            counters.hold(conn, "ledger")
            concerned = _write(conn, app, basis, judgement, lease) if basis.holds(conn) else None
        if concerned is not None:
            codes = filter(None, results.codes(judgement).split(", "))
            metrics.ended(judgement.outcome, codes, basis.reading.rung if basis.old is None else None)
            return concerned
    if lease is not None:
        with app.engine.begin() as conn:
            queue.finish(conn, lease, f"it is {document.state}")
    return ()


def _basis(conn: Connection, document: Document, rulebook: Rulebook) -> _Basis:
    """Fetch what a judgement rests on. Errors: LookupError."""
    of, partner = results.reading(conn, document.id), partners.partner(conn, document.partner_id)
    if of is None or partner is None:
        raise LookupError(f"document {document.id} lacks its reading or its partner")
    keys = _keys(of, rulebook)
    old, old_case = results.judged(conn, document.id)
    return _Basis(
        document,
        results.mark(conn, document.id),
        of,
        keys,
        cases.fetch(conn, document, keys, partner),
        rulings.standing(conn, document.id),
        old,
        old_case,
        rulebook,
    )


def _write(
    conn: Connection, app: App, basis: _Basis, judgement: Judgement, lease: Lease | None
) -> tuple[Document, ...]:
    """Write down what a judgement changes, book the difference, and return who has to be judged again."""
    document = basis.document
    state, who, why = _decided(basis.ruling, judgement)
    before = cases.keys_of(conn, document)
    if before != basis.keys:
        cases.note(conn, document, basis.keys)
    search.note(conn, document.acceptance, "reading", _terms(basis))
    if judgement != basis.old or basis.case != basis.old_case:
        results.save_judgement(conn, basis.case, judgement, version_line(basis.rulebook.versions), _now())
    if state is not document.state or basis.old is None or spelt(judgement) != spelt(basis.old):
        documents.move(conn, document.id, state, at=_now(), who=who, why=why)
    concerned = cases.later(conn, document, (before, basis.keys))
    worth = owed(basis.reading, basis.case, judgement, basis.rulebook)
    book(conn, document, worth if state is State.APPROVED else ())
    stake = listing.stake(worth)
    came = listing.Came(state, basis.reading, judgement, basis.ruling, basis.keys.seller, stake)
    listing.judged(conn, document, came, app.settings.sample_percent, _now())
    revenue.note(conn, document, _revenue(conn, basis, judgement) if state is State.APPROVED else None)
    if lease is None:
        queue.forget(conn, document.id, state, "judge")
    else:
        queue.finish(conn, lease, state)
    return reopened(conn, concerned)


def _decided(ruling: Ruling | None, judgement: Judgement) -> tuple[State, str, str]:
    """Return the state that a judgement leads to, who says so, and why.

    What a person ruled stands as long as the judgement is the one it was made upon; another one is theirs to look at.
    """
    if ruling is None:
        return State(judgement.outcome), WHO, results.codes(judgement) or "all checks passed"
    if ruling.judged == spelt(judgement):
        return State(ruling.outcome), ruling.who, ruling.why
    return State.REVIEW, WHO, f"{ruling.who} ruled {ruling.outcome} when it was {ruling.judged}; now {spelt(judgement)}"


def spelt(judgement: Judgement) -> str:
    """Return outcome and codes of a judgement, as rulings quote it."""
    return f"{judgement.outcome}: {results.codes(judgement)}"


def book(conn: Connection, document: Document, owed: tuple[Accrual, ...]) -> None:
    """Book the difference to what is due.

    Whoever holds the same bonus units gives them back first: later uploads, and any that is to be judged again itself.
    What an earlier one holds stays with it: a copy that a person approves all the same earns nothing twice.
    """
    holders = accounts.holders(conn, document.id, owed)
    for holder in sorted(set(holders.values())):
        other = documents.get(conn, holder)
        if other.order > document.order or other.state not in OUTCOMES:
            _append(conn, other, (), accounts.booked(conn, other.id))
            holders = {line: one for line, one in holders.items() if one != holder}
    free = tuple(one for one in owed if (one.distributor_id, one.number, one.line) not in holders)
    _append(conn, document, free, accounts.booked(conn, document.id))


def _append(conn: Connection, document: Document, owed: tuple[Accrual, ...], held: tuple[Accrual, ...]) -> None:
    sequence = accounts.entry_count(conn, document.id) + 1
    entry = difference(document.id, document.partner_id, sequence, owed, held)
    if entry is not None:
        accounts.append(conn, entry, _now())


def reopened(conn: Connection, concerned: Iterable[Document]) -> tuple[Document, ...]:
    """Move back, and return, those of the later documents whose case is no longer the one they were judged with."""
    changed = [other for other in concerned if _case_changed(conn, other)]
    why = "what came of an upload accepted earlier has changed"
    for other in changed:
        queue.enqueue(conn, other, "judge")
    return tuple(documents.move(conn, other.id, State.EXTRACTED, at=_now(), who=WHO, why=why) for other in changed)


def _case_changed(conn: Connection, other: Document) -> bool:
    old = results.judged_case(conn, other.id)
    return old is not None and cases.fetch(conn, other, cases.keys_of(conn, other), old.partner) != old


def owed(read: Reading, case: Case, judgement: Judgement, rulebook: Rulebook) -> tuple[Accrual, ...]:
    """Return what is due for a document if it is approved: nothing where no distributor is known to have sold it."""
    if read.invoice is None or judgement.distributor_id is None:
        return ()
    return due(read.invoice, judgement.matches, case, rulebook, judgement.distributor_id)


def price(app: App, limit: int = 200) -> int:
    """Count what documents that wait would earn, of which that is not known; return how many there were."""
    with reading(app.engine) as conn:
        found = [(one, _stake(conn, app, one)) for one in waiting.unpriced(conn, limit)]
    with app.engine.begin() as conn:
        for document_id, stake in found:
            waiting.price(conn, document_id, stake)
    return len(found)


def _stake(conn: Connection, app: App, document_id: str) -> Decimal:
    read, (judged, case) = results.reading(conn, document_id), results.judged(conn, document_id)
    if read is None or judged is None or case is None:
        return ZERO
    return listing.stake(owed(read, case, judged, rulebooks.live(conn, app.rulebook)))


def _revenue(conn: Connection, basis: _Basis, judgement: Judgement) -> Decimal | None:
    """Return the revenue of an approved document; what replaces an invoice counts for what it adds to that one."""
    invoice = basis.reading.invoice
    if invoice is None:
        return None
    own = net_revenue(invoice, judgement.matches)
    before = revenue.before(conn, basis.document, basis.keys) if replaces(invoice) else ZERO
    return None if own is None else own - before


def _keys(of: Reading, rulebook: Rulebook) -> Keys:
    """Return what a document is compared with others by: of several invoices in a file, the first one's."""
    invoice = of.invoice
    if invoice is None:
        return Keys()
    return Keys(
        seller=_seller_key(invoice, rulebook),
        number=normal_number(invoice.number or "") or None,
        preceding=normal_number(invoice.preceding_invoice_number or "") or None,
        issue_date=invoice.issue_date,
        content=fingerprint(invoice),
        serials=_serials(line for line in invoice.lines if not _returned(line, invoice)),
        freed=_serials(line for line in invoice.lines if _returned(line, invoice)),
    )


def _terms(basis: _Basis) -> frozenset[str]:
    invoice, keys = basis.reading.invoice, basis.keys
    return search.of_values(keys.number, (*keys.serials, *keys.freed), invoice.totals.gross if invoice else None)


def _seller_key(invoice: Invoice, rulebook: Rulebook) -> str | None:
    """Return the id of the distributor that the seller is, or says it is; else its VAT identifier; else None."""
    seller = identify(invoice.seller, invoice.issue_date, rulebook.distributors)
    if seller.distributor is not None and seller.kind != "look_alike":
        return seller.distributor.id
    return article(invoice.seller.vat_identifier or "") or None


def _returned(line: InvoiceLine, of: Invoice) -> bool:
    """Whether a line gives devices back."""
    negative = any(figure is not None and figure < ZERO for figure in (line.quantity, line.net_amount))
    return negative or of.type_code == CREDIT_NOTE


def _serials(lines: Iterable[InvoiceLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(serial for line in lines for serial in line.serial_numbers))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
