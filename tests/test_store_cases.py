import secrets
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sample_store import DIGEST, NOW, accepted, brought_to, database
from sqlalchemy import Connection

from model.case import Booked, Case, LookAlike, Partner
from model.ledger import Accrual, Entry
from model.state import State
from store import accounts, cases, documents
from store.cases import Keys
from store.documents import Document

OTHER = "cd" * 32
INVOICE = Keys(seller="allnet", number="R1", content="c1", serials=("00:04:13:AA:BB:01",))
CLAIMING = (State.APPROVED, State.REVIEW)
EVERY = (State.RECEIVED, State.READ, State.EXTRACTED, State.APPROVED, State.REJECTED, State.REVIEW, State.FAILED)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    engine = database(database_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def _earlier(
    conn: Connection, state: State, keys: Keys = INVOICE, *, partner_id: str = "P1", digest: str = OTHER
) -> Document:
    document = brought_to(conn, accepted(conn, partner_id=partner_id, digest=digest), state)
    cases.note(conn, document, keys)
    return document


def _case(conn: Connection, keys: Keys = INVOICE, *, partner_id: str = "P1") -> Case:
    """Return the case of an invoice that P1, or another partner, uploads now."""
    document = accepted(conn, partner_id=partner_id, digest=DIGEST)
    return cases.fetch(conn, document, keys, Partner(id=partner_id, name="", tiers=()))


def _book(conn: Connection, document: Document, number: str, model: str, quantity: int) -> None:
    accrual = Accrual(
        distributor_id="allnet", number=number, line=0, model=model, quantity=quantity, bonus_each=Decimal("14.00")
    )
    entry = Entry(
        key=document.id,
        partner_id=document.partner_id,
        document_id=document.id,
        memo="bonus",
        accruals=(accrual,),
        postings=(),
    )
    accounts.append(conn, entry, NOW)


@pytest.mark.parametrize("state", EVERY)
def test_ones_own_earlier_upload_of_the_same_bytes_counts_unless_it_failed(conn: Connection, state: State) -> None:
    earlier = _earlier(conn, state, Keys(), digest=DIGEST)
    counts = state is not State.FAILED
    found = (LookAlike(document_id=earlier.id, kind="bytes", same_partner=True),)
    assert _case(conn).look_alikes == (found if counts else ())


@pytest.mark.parametrize("state", EVERY)
def test_anothers_earlier_upload_of_the_same_bytes_counts_while_it_claims(conn: Connection, state: State) -> None:
    earlier = _earlier(conn, state, Keys(), partner_id="P2", digest=DIGEST)
    found = (LookAlike(document_id=earlier.id, kind="bytes", same_partner=False),)
    assert _case(conn).look_alikes == (found if state in CLAIMING else ())


@pytest.mark.parametrize("partner_id", ["P1", "P2"])
@pytest.mark.parametrize("state", EVERY)
def test_an_earlier_upload_of_the_same_number_counts_while_it_claims(
    conn: Connection, state: State, partner_id: str
) -> None:
    earlier = _earlier(conn, state, partner_id=partner_id)
    found = (LookAlike(document_id=earlier.id, kind="number", same_partner=partner_id == "P1"),)
    case = _case(conn)
    assert case.look_alikes == (found if state in CLAIMING else ())
    assert case.claimed_serials == (INVOICE.serials if state in CLAIMING else ())


@pytest.mark.parametrize("seller", ["allnet", None])
def test_the_same_number_of_another_or_unknown_seller_is_no_look_alike(conn: Connection, seller: str | None) -> None:
    _earlier(conn, State.APPROVED, Keys(seller="herweck", number="R1"))
    _earlier(conn, State.APPROVED, Keys(number="R1"))
    assert _case(conn, Keys(seller=seller, number="R1")).look_alikes == ()


@pytest.mark.parametrize("state", EVERY)
def test_an_earlier_upload_of_the_same_content_under_another_number_counts_while_it_claims(
    conn: Connection, state: State
) -> None:
    earlier = _earlier(conn, state, replace(INVOICE, number="R7"))
    found = (LookAlike(document_id=earlier.id, kind="content", same_partner=True),)
    assert _case(conn).look_alikes == (found if state in CLAIMING else ())


@pytest.mark.parametrize(
    "other",
    [
        replace(INVOICE, number="R7", seller="herweck"),
        replace(INVOICE, number="R7", content="c2"),
        replace(INVOICE, number="R7", content=None),
    ],
)
def test_the_same_content_of_another_seller_is_no_look_alike(conn: Connection, other: Keys) -> None:
    _earlier(conn, State.APPROVED, other)
    assert _case(conn).look_alikes == ()


def test_what_was_accepted_later_does_not_count_though_it_was_judged_before(conn: Connection) -> None:
    first = accepted(conn, digest=DIGEST)
    _earlier(conn, State.APPROVED, digest=DIGEST)
    case = cases.fetch(conn, first, INVOICE, Partner(id="P1", name="", tiers=()))
    assert (case.look_alikes, case.claimed_serials) == ((), ())


def test_of_many_copies_the_first_one_of_each_kind_is_named(conn: Connection) -> None:
    first = _earlier(conn, State.APPROVED)
    copy = _earlier(conn, State.REJECTED, digest=DIGEST)
    _earlier(conn, State.REJECTED, digest=DIGEST)
    assert [(found.document_id, found.kind) for found in _case(conn).look_alikes] == [
        (copy.id, "bytes"),
        (first.id, "number"),
    ]


def test_serial_numbers_are_compared_without_case_and_punctuation(conn: Connection) -> None:
    _earlier(conn, State.REVIEW, Keys(serials=("000413aabb01", "000413aabb02")))
    assert _case(conn, Keys(serials=("00-04-13-AA-BB-02", "000413AABB03", "-"))).claimed_serials == (
        "00-04-13-AA-BB-02",
    )


def test_sellers_and_serial_numbers_of_any_length_are_compared_in_full(conn: Connection) -> None:
    seller, serial = (secrets.token_hex(5_000).upper() for _ in range(2))
    keys = Keys(seller=seller, number="R1", serials=(serial,))
    earlier = _earlier(conn, State.APPROVED, keys)
    case = _case(conn, keys)
    assert [(found.document_id, found.kind) for found in case.look_alikes] == [(earlier.id, "number")]
    assert case.claimed_serials == (serial,)
    assert cases.later(conn, replace(earlier, acceptance=0, place=0, id="", digest=DIGEST), [keys]) == (
        documents.get(conn, earlier.id),
    )
    other = Keys(seller=f"{seller[:-1]}G", number="R1", serials=(f"{serial[:-1]}G",))
    case = cases.fetch(conn, replace(earlier, acceptance=9, place=9, digest=DIGEST), other, case.partner)
    assert [found.kind for found in case.look_alikes] == ["bytes"], "of the one that was accepted for the case before"
    assert case.claimed_serials == ()


def test_a_credit_note_is_told_what_is_booked_for_its_invoice(conn: Connection) -> None:
    invoice = _earlier(conn, State.APPROVED)
    _book(conn, invoice, "R1", "D785", 5)
    credit = Keys(seller="allnet", number="G1", preceding="R1")
    assert _case(conn, credit).preceding == (Booked(model="D785", quantity=5, bonus_each="14.00"),)
    assert _case(conn, credit, partner_id="P2").preceding is None
    assert _case(conn, Keys(seller="allnet", number="G1", preceding="R2")).preceding is None
    assert _case(conn, Keys(seller="allnet", number="G1")).preceding is None


def test_a_second_credit_note_is_told_what_the_first_one_left(conn: Connection) -> None:
    _book(conn, _earlier(conn, State.APPROVED), "R1", "D785", 5)
    _book(conn, _earlier(conn, State.APPROVED, Keys(seller="allnet", number="G1", preceding="R1")), "G1", "D785", -5)
    second = Keys(seller="allnet", number="G2", preceding="R1")
    assert _case(conn, second).preceding == (Booked(model="D785", quantity=0, bonus_each="14.00"),)


def test_keys_are_kept_and_replaced(conn: Connection) -> None:
    document = _earlier(conn, State.EXTRACTED)
    noted = Keys(seller="allnet", number="R2", preceding="R1", content="c2", serials=("B", "A"))
    cases.note(conn, document, noted)
    assert cases.keys_of(conn, documents.get(conn, document.id)) == Keys(
        seller="allnet", number="R2", preceding="R1", content="c2", serials=("A", "B")
    )


@pytest.mark.parametrize(
    ("digest", "keys", "concerned"),
    [
        (DIGEST, Keys(), True),
        (OTHER, Keys(seller="allnet", number="R1"), True),
        (OTHER, Keys(seller="allnet", number="G1", preceding="R1"), True),
        (OTHER, Keys(serials=("000413AABB01",)), True),
        (OTHER, Keys(seller="allnet", number="R2", content="c1"), True),
        (OTHER, Keys(seller="allnet", number="R2", content="c2"), False),
        (OTHER, Keys(seller="herweck", number="R1"), False),
        (OTHER, Keys(seller="allnet", number="R2", serials=("000413AABB02",)), False),
    ],
)
def test_later_uploads_that_an_earlier_one_concerns(
    conn: Connection, digest: str, keys: Keys, *, concerned: bool
) -> None:
    before = _earlier(conn, State.APPROVED, INVOICE, digest=DIGEST)
    earlier = accepted(conn, digest=DIGEST)
    judged = _earlier(conn, State.APPROVED, keys, digest=digest)
    accepted(conn, digest=DIGEST)
    found = cases.later(conn, earlier, [INVOICE])
    assert [document.id for document in found] == ([judged.id] if concerned else [])
    assert before.id not in {document.id for document in found}
