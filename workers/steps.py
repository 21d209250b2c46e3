"""The steps of one document: accepted, read, judged, accrued. No transaction is open while anything is computed."""

import datetime as dt
from collections.abc import Container, Iterable, Sequence

from sqlalchemy import Connection

from model.case import Case
from model.invoice import Invoice, InvoiceLine
from model.judgement import Judgement
from model.ledger import Accrual
from model.money import ZERO
from model.reading import Reading
from model.state import State
from pipeline.judge import judge as judgement_on
from programme.accrual import CREDIT_NOTE, due
from programme.distributors import identify
from programme.fingerprint import fingerprint
from programme.ledger import difference
from programme.numbers import normal_number
from programme.rulebook import Rulebook
from programme.spelling import article
from runtime.app import App
from store import accounts, blobs, cases, counters, documents, partners, results
from store.cases import Keys
from store.documents import UNFINISHED, Document
from store.engine import reading
from workers.reader import CRASHED, Read, read, version

WHO = "cashback"
"""Who moves a document on when no person does."""
UNREAD = frozenset({State.RECEIVED, State.READ})


def accept(app: App, data: bytes, name: str, partner_id: str, on: dt.date) -> Document:
    """Store the bytes, then accept them as a document of this partner on this day (Europe/Berlin).

    When it returns, both have reached the disk. Errors: sqlalchemy.exc.IntegrityError if there is no such partner.
    """
    digest = blobs.put(app.blobs, data)
    with app.engine.begin() as conn:
        return documents.accept(
            conn,
            partner_id=partner_id,
            file_name=name,
            digest=digest,
            size=len(data),
            accepted_on=on,
            at=_now(),
            who=f"partner {partner_id}",
        )


def supersede(
    app: App, document_id: str, files: Sequence[tuple[bytes, str]], on: dt.date, who: str
) -> tuple[Document, ...]:
    """Accept files with their names in the place of a document: one that replaces it, or several it was split into.

    They take over its claims; it earns nothing any more. Errors: LookupError, model.state.ForbiddenMove where it was
    superseded before.
    """
    digests = [blobs.put(app.blobs, data) for data, _ in files]
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        old, at = documents.hold(conn, document_id), _now()
        made = tuple(
            documents.accept(
                conn,
                partner_id=old.partner_id,
                file_name=name,
                digest=digest,
                size=len(data),
                accepted_on=on,
                at=at,
                who=who,
                predecessor=old,
            )
            for (data, name), digest in zip(files, digests, strict=True)
        )
        why = f"replaced by {', '.join(one.id for one in made)}"
        moved = documents.move(conn, document_id, State.SUPERSEDED, at=at, who=who, why=why)
        concerned = cases.later(conn, moved, (cases.keys_of(conn, moved),))
        _book(conn, moved, (), concerned)
        _reopened(conn, concerned)
        return made


def run(app: App, document_id: str) -> Document:
    """Bring a document to its outcome from wherever it stands, reading it in this process."""
    with reading(app.engine) as conn:
        document = documents.get(conn, document_id)
    if document.state in UNREAD:
        document = take(app, document, stored(app, document) or read(app.blobs, document.digest, document.file_name))
    return judge(app, document) if document.state is State.EXTRACTED else document


def stored(app: App, document: Document) -> Read | None:
    """Return what this version of the extractor read of the same bytes before, whoever they came from, or None."""
    with reading(app.engine) as conn:
        made = results.of_bytes(conn, document.digest, version())
    if made is None:
        return None
    return Read(media_type=made.media_type, page_count=made.page_count, version=made.version, reading=made.body)


def take(app: App, document: Document, came: Read) -> Document:
    """Write down what reading a document came to: it is extracted, or failed. One that was read meanwhile stays."""
    if came.reading is None:
        return _fail(app, document, came, UNREAD)
    with app.engine.begin() as conn:
        document = documents.hold(conn, document.id)
        if document.state not in UNREAD:
            return document
        _describe(conn, document, came)
        at, why = _now(), f"extractor {came.version}"
        results.save(conn, document.id, "extract", version=came.version, body=came.reading, at=at)
        documents.move(conn, document.id, State.READ, at=at, who=WHO, why=why)
        return documents.move(conn, document.id, State.EXTRACTED, at=at, who=WHO, why=why)


def give_up(app: App, document: Document) -> Document:
    """Let a document fail on which this program came to grief, unless it has its outcome."""
    return _fail(app, document, CRASHED, UNFINISHED)


def judge(app: App, document: Document) -> Document:
    """Judge an extracted document and book what is due, then judge again those accepted later that it concerns.

    So outcomes depend on the order of acceptance alone. Whoever is to be judged again says so by its state: if this
    process ends, another one goes on.
    """
    waiting = {document.order: document.id}
    while waiting:
        concerned = _settle(app, waiting.pop(min(waiting)))
        waiting |= {other.order: other.id for other in concerned}
    with reading(app.engine) as conn:
        document = documents.get(conn, document.id)
    # Another process may have moved it back meanwhile: whoever comes first judges it again.
    return judge(app, document) if document.state is State.EXTRACTED else document


def _settle(app: App, document_id: str) -> tuple[Document, ...]:
    """Judge one document and return those to be judged again; judged anew if its case changed meanwhile."""
    while True:
        with reading(app.engine) as conn:
            document = documents.get(conn, document_id)
            of, partner = results.reading(conn, document_id), partners.partner(conn, document.partner_id)
            if document.state is not State.EXTRACTED:
                return ()
            if of is None or partner is None:
                raise LookupError(f"document {document_id} lacks its reading or its partner")
            keys = _keys(of, app.rulebook)
            case = cases.fetch(conn, document, keys, partner)
        judgement = judgement_on(of, case, app.rulebook)
        owed = _owed(of, judgement, case, app.rulebook)
        with app.engine.begin() as conn:
            counters.hold(conn, "ledger")
            if documents.hold(conn, document_id) == document and cases.fetch(conn, document, keys, partner) == case:
                before = cases.keys_of(conn, document)
                cases.note(conn, document, keys)
                _write(conn, document, case, judgement, app.rulebook)
                concerned = cases.later(conn, document, (before, keys))
                _book(conn, document, owed, concerned)
                return _reopened(conn, concerned)


def _write(conn: Connection, document: Document, case: Case, judgement: Judgement, rulebook: Rulebook) -> None:
    """Save the judgement and move the document to its outcome."""
    at = _now()
    rules = " ".join(f"{name} {made}" for name, made in sorted(rulebook.versions.items()))
    results.save_judgement(conn, case, judgement, rules, at)
    codes = dict.fromkeys(reason.finding.code for reason in judgement.reasons)
    documents.move(
        conn, document.id, State(judgement.outcome), at=at, who=WHO, why=", ".join(codes) or "all checks passed"
    )


def _book(conn: Connection, document: Document, owed: tuple[Accrual, ...], concerned: tuple[Document, ...]) -> None:
    """Book the difference to what is due; later uploads that hold the same bonus units give them back first."""
    taken = {(accrual.distributor_id, accrual.number, accrual.line) for accrual in owed}
    for other in concerned:
        held = accounts.booked(conn, other.id)
        if not taken.isdisjoint((accrual.distributor_id, accrual.number, accrual.line) for accrual in held):
            _append(conn, other, (), held)
    _append(conn, document, owed, accounts.booked(conn, document.id))


def _append(conn: Connection, document: Document, owed: tuple[Accrual, ...], held: tuple[Accrual, ...]) -> None:
    sequence = accounts.entry_count(conn, document.id) + 1
    entry = difference(document.id, document.partner_id, sequence, owed, held)
    if entry is not None:
        accounts.append(conn, entry, _now())


def _reopened(conn: Connection, concerned: Iterable[Document]) -> tuple[Document, ...]:
    """Move back, and return, those of the later documents whose case is no longer the one they were judged with."""
    changed = [other.id for other in concerned if _case_changed(conn, other)]
    why = "what came of an upload accepted earlier has changed"
    return tuple(documents.move(conn, other, State.EXTRACTED, at=_now(), who=WHO, why=why) for other in changed)


def _case_changed(conn: Connection, other: Document) -> bool:
    old = results.judged_case(conn, other.id)
    return old is not None and cases.fetch(conn, other, cases.keys_of(conn, other), old.partner) != old


def _owed(of: Reading, judgement: Judgement, case: Case, rulebook: Rulebook) -> tuple[Accrual, ...]:
    """Return what is due for a judged document: nothing unless it is approved."""
    if judgement.outcome != "approved" or of.invoice is None or judgement.distributor_id is None:
        return ()
    return due(of.invoice, judgement.matches, case, rulebook, judgement.distributor_id)


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


def _fail(app: App, document: Document, came: Read, states: Container[State]) -> Document:
    """Let a document fail if it still is in one of these states. What was booked for it is reversed."""
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        document = documents.hold(conn, document.id)
        if document.state not in states:
            return document
        _describe(conn, document, came)
        error = came.error or ("crashed", "")
        failed = documents.move(conn, document.id, State.FAILED, at=_now(), who=WHO, why=error[0], error=error)
        concerned = cases.later(conn, failed, (cases.keys_of(conn, failed),))
        _book(conn, failed, (), concerned)
        _reopened(conn, concerned)
        return failed


def _describe(conn: Connection, document: Document, came: Read) -> None:
    if came.media_type is not None and came.page_count is not None:
        documents.describe(conn, document.id, came.media_type, came.page_count)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
