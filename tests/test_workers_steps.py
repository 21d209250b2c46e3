from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from itertools import islice, permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_uploads import DAY, STRANGER, invoice, let_rule, opened
from sqlalchemy import text

from model.reading import Reading
from model.state import ForbiddenMove, State
from pipeline.judge import judge as judgement_on
from runtime.app import App
from store import accounts, blobs, documents, results
from store.documents import Document
from store.engine import reading
from workers import steps
from workers.judging import judge

BONUS = Decimal("14.00")


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def _accept(app: App, data: bytes, partner_id: str = "P1") -> Document:
    return steps.accept(app, data, "invoice.xml", partner_id, DAY)


def _run(app: App, data: bytes, partner_id: str = "P1") -> Document:
    return steps.run(app, _accept(app, data, partner_id).id)


def _codes(app: App, document: Document) -> list[str]:
    with reading(app.engine) as conn:
        judgement = results.judgement(conn, document.id)
    return [reason.finding.code for reason in judgement.reasons] if judgement else []


def _balance(app: App, partner_id: str = "P1") -> Decimal:
    with reading(app.engine) as conn:
        return accounts.owed(conn, partner_id)


def test_an_invoice_is_read_judged_and_accrued(app: App) -> None:
    document = _run(app, invoice(phones=3))
    assert (document.state, document.media_type, document.page_count) == (State.APPROVED, "application/xml", 1)
    assert (document.seller_key, document.number) == ("acme", "R1")
    with reading(app.engine) as conn:
        history = [step.to_state for step in documents.steps(conn, document.id)]
        assert accounts.balances(conn) == {"partner:P1:payable": 3 * BONUS, "programme:bonus": -3 * BONUS}
    assert history == [State.RECEIVED, State.READ, State.EXTRACTED, State.APPROVED]
    assert blobs.read(app.blobs, document.digest) == invoice(phones=3)


def test_a_document_that_has_its_outcome_is_left_alone(app: App) -> None:
    document = _run(app, invoice())
    assert steps.run(app, document.id) == document
    assert judge(app, document) == document
    with reading(app.engine) as conn:
        assert len(accounts.ledger(conn)) == 1


def test_a_judgement_is_made_again_from_what_was_stored(app: App) -> None:
    document = _run(app, invoice())
    with reading(app.engine) as conn:
        of, case = results.reading(conn, document.id), results.judged_case(conn, document.id)
        stored = results.judgement(conn, document.id)
    assert of is not None
    assert case is not None
    assert judgement_on(of, case, app.rulebook) == stored


def test_an_invoice_of_a_stranger_earns_nothing(app: App) -> None:
    document = _run(app, invoice(seller=STRANGER))
    assert document.state is State.REJECTED
    assert document.seller_key == STRANGER
    assert "seller_not_authorised" in _codes(app, document)
    assert _balance(app) == 0


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"just some text", "unsupported_type"), (b"<a>&b;</a>", "bad_xml")]
)
def test_what_cannot_be_processed_fails_with_its_code(app: App, data: bytes, code: str) -> None:
    document = _run(app, data)
    assert (document.state, document.error_code) == (State.FAILED, code)
    assert document.error_message
    assert blobs.exists(app.blobs, document.digest)


def test_the_same_bytes_are_read_once(app: App) -> None:
    first = _run(app, invoice())
    again = _accept(app, invoice(), "P2")
    stored = steps.stored(app, again)
    assert stored is not None
    assert (stored.media_type, stored.page_count) == (first.media_type, first.page_count)
    assert steps.stored(app, _accept(app, invoice("R2"))) is None
    other = steps.run(app, again.id)
    assert other.state is State.REJECTED
    assert _codes(app, other) == ["duplicate_document", "buyer_mismatch"]


def test_one_partners_second_upload_is_rejected(app: App) -> None:
    _run(app, invoice())
    assert _codes(app, _run(app, invoice())) == ["duplicate_document"]
    assert _codes(app, _run(app, invoice(note="scanned again"))) == ["duplicate_invoice"]
    assert _balance(app) == 3 * BONUS


def test_the_same_invoice_under_another_number_is_held(app: App) -> None:
    _run(app, invoice("R1"))
    again = _run(app, invoice("R7"))
    assert (again.state, _codes(app, again)) == (State.REVIEW, ["duplicate_invoice"])
    for other in (invoice("R8", day=47), invoice("R9", phones=4)):
        assert _run(app, other).state is State.APPROVED


def test_a_device_is_claimed_once(app: App) -> None:
    _run(app, invoice("R1", serial="000413AABB01"))
    again = _run(app, invoice("R2", phones=2, serial="00:04:13:aa:bb:01"))
    assert (again.state, _codes(app, again)) == (State.REVIEW, ["serial_already_claimed"])


def test_a_credit_note_frees_its_devices(app: App) -> None:
    """Sold, sold again in vain, given back, sold again, and again in vain."""
    device = "000413AABB01"
    states = [
        _run(app, made).state
        for made in (
            invoice("R1", phones=5, serial=device),
            invoice("G1", phones=5, preceding="R1", serial=device),
            invoice("R2", phones=4, serial=device),
            invoice("R3", phones=3, serial=device),
            invoice("G2", phones=4, preceding="R2", serial=device),
            invoice("R4", phones=2, serial=device),
        )
    ]
    assert states == [
        State.APPROVED, State.APPROVED, State.APPROVED, State.REVIEW, State.APPROVED, State.REVIEW,
    ], "what is under review claims the device too"  # fmt: skip


def test_a_credit_note_of_what_nobody_claimed_does_not_free_a_device_twice(app: App) -> None:
    device = "000413AABB01"
    _run(app, invoice("G1", phones=5, preceding="R1", serial=device))
    states = [_run(app, invoice(number, phones=n, serial=device)).state for n, number in ((4, "R2"), (3, "R3"))]
    assert states == [State.APPROVED, State.REVIEW]


def test_a_credit_note_takes_units_back(app: App) -> None:
    _run(app, invoice("R1", phones=5))
    credit = _run(app, invoice("G1", phones=2, preceding="R1"))
    assert (credit.state, credit.preceding_number) == (State.APPROVED, "R1")
    assert _balance(app) == 3 * BONUS
    with reading(app.engine) as conn:
        units = conn.execute(text("SELECT number, count(*) FROM bonus_units GROUP BY number ORDER BY number")).all()
    assert [tuple(row) for row in units] == [("G1", 2), ("R1", 5)]


def test_an_upload_judged_before_an_earlier_one_is_judged_again(app: App) -> None:
    earlier, later = _accept(app, invoice()), _accept(app, invoice(note="the same on paper"))
    assert steps.run(app, later.id).state is State.APPROVED
    assert steps.run(app, earlier.id).state is State.APPROVED
    with reading(app.engine) as conn:
        later = documents.get(conn, later.id)
        booked = [(entry.document_id, entry.memo) for _, entry in accounts.ledger(conn)]
        history = [step.to_state for step in documents.steps(conn, later.id)][3:]
    assert later.state is State.REJECTED
    assert history == [State.APPROVED, State.EXTRACTED, State.REJECTED]
    assert booked == [(later.id, "bonus"), (later.id, "reversal"), (earlier.id, "bonus")]
    assert _balance(app) == 3 * BONUS


def test_outcomes_depend_on_the_order_of_acceptance_alone(app: App) -> None:
    """An invoice, its second scan, a credit note, one with the same device, one under another number.

    In every fifth of the 120 orders, so that each of the five comes first, and last, in some.
    """
    seen = set()
    for turn, order in enumerate(islice(permutations(range(5)), 0, None, 5)):
        number, serial, day = f"R{turn}", f"000413AABB{turn:02}", turn - 60
        accepted = [
            _accept(app, invoice(number, phones=5, serial=serial, day=day)),
            _accept(app, invoice(number, phones=5, serial=serial, day=day, note="scanned")),
            _accept(app, invoice(f"G{turn}", phones=2, preceding=number, day=day)),
            _accept(app, invoice(f"S{turn}", serial=serial, day=day)),
            _accept(app, invoice(f"T{turn}", phones=5, day=day)),
        ]
        for index in order:
            steps.run(app, accepted[index].id)
        with reading(app.engine) as conn:
            outcomes = tuple(documents.get(conn, document.id).state for document in accepted)
            booked = tuple(sum(a.quantity for a in accounts.booked(conn, document.id)) for document in accepted)
            assert documents.unfinished(conn) == ()
        seen.add((outcomes, booked))
    assert seen == {((State.APPROVED, State.REJECTED, State.APPROVED, State.REVIEW, State.REVIEW), (5, 0, -2, 0, 0))}
    assert _balance(app) == 24 * 3 * BONUS


@pytest.mark.parametrize("earlier", [False, True])
def test_a_document_that_is_to_be_judged_again_gives_its_units_to_a_copy(app: App, *, earlier: bool) -> None:
    """Whichever of the two was accepted first gets them in the end."""
    documents_of = [_accept(app, invoice()), _accept(app, invoice(note="the same on paper"))]
    waiting, other = documents_of if earlier else reversed(documents_of)
    steps.run(app, waiting.id)
    with app.engine.begin() as conn:
        documents.move(conn, waiting.id, State.EXTRACTED, at=waiting.accepted_at, who="tests", why="judge it again")
    assert steps.run(app, other.id).state is State.APPROVED
    assert _balance(app) == 3 * BONUS
    steps.run(app, waiting.id)
    with reading(app.engine) as conn:
        assert [documents.get(conn, one.id).state for one in documents_of] == [State.APPROVED, State.REJECTED]
        assert [len(accounts.booked(conn, one.id)) for one in documents_of] == [1, 0]
    assert _balance(app) == 3 * BONUS


def test_threads_that_judge_at_once_come_to_the_outcomes_of_the_strict_order(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    """Copies, credit notes and the same device under several numbers, each judged by four threads in four orders."""
    uploads = [
        made
        for turn, number in enumerate(("R1", "R2", "R3"))
        for made in (
            invoice(number, phones=5, serial="000413AABB01", day=turn),
            invoice(number, phones=5, serial="000413AABB01", day=turn, note="scanned"),
            invoice(f"G{number}", phones=2, preceding=number, day=turn),
            invoice(f"H{number}", phones=5, preceding=number, serial="000413AABB01", day=turn),
            invoice(f"S{number}", phones=5, day=turn),
        )
    ]

    def outcome(orders: list[list[int]]) -> list[tuple[State, list[str], int]]:
        with closing(opened(tmp_path, new_database())) as app, ThreadPoolExecutor(len(orders)) as threads:
            made = [_accept(app, data) for data in uploads]
            list(threads.map(lambda order: [steps.run(app, made[index].id) for index in order], orders))
            with reading(app.engine) as conn:
                assert documents.unfinished(conn) == ()
                booked = [sum(a.quantity for a in accounts.booked(conn, document.id)) for document in made]
                states = [documents.get(conn, document.id).state for document in made]
            return list(zip(states, [_codes(app, document) for document in made], booked, strict=True))

    strict = list(range(len(uploads)))
    chance = Random(1)  # noqa: S311 (orders to try)
    expected = outcome([strict])
    assert len({state for state, _, _ in expected}) == 3
    assert outcome([chance.sample(strict, len(strict)) for _ in range(4)]) == expected


UNRELATED = [
    (invoice("A1"), "P1", State.APPROVED),
    (invoice("A2", phones=4, serial="000413AABB77"), "P1", State.APPROVED),
    (invoice("A3", seller=STRANGER), "P1", State.REJECTED),
    (invoice("A4", phones=7, partner="P2"), "P1", State.REJECTED),
    (invoice("A5", partner="P2"), "P2", State.APPROVED),
    (invoice("A6", phones=2, preceding="B1"), "P2", State.REJECTED),
    (invoice("A7", day=-400), "P1", State.REJECTED),
]
"""Documents that have nothing to do with each other, who uploads them, and what comes of each."""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(len(UNRELATED))), st.permutations(range(len(UNRELATED))))
def test_documents_without_relation_do_not_change_each_others_outcome(
    new_database: Callable[[], str], accepting: list[int], judging: list[int]
) -> None:
    with TemporaryDirectory() as folder, closing(opened(Path(folder), new_database())) as app:
        documents_of = {index: _accept(app, *UNRELATED[index][:2]) for index in accepting}
        states = {index: steps.run(app, documents_of[index].id).state for index in judging}
    assert states == {index: state for index, (_, _, state) in enumerate(UNRELATED)}


def test_a_replacement_takes_over_the_claims_of_the_document(app: App) -> None:
    first, later = _run(app, invoice()), _run(app, invoice(note="another scan"))
    (new,) = steps.supersede(app, first.id, [(invoice(phones=2), "better.xml")], DAY, "P1")
    assert (new.predecessor, new.place) == (first.id, first.place)
    assert _balance(app) == 0
    for waiting in (new.id, later.id):
        steps.run(app, waiting)
    with reading(app.engine) as conn:
        states = [documents.get(conn, one.id).state for one in (first, later, new)]
        booked = [(entry.document_id, entry.memo) for _, entry in accounts.ledger(conn)]
        assert documents.successors(conn, first.id) == (documents.get(conn, new.id),)
    assert states == [State.SUPERSEDED, State.REJECTED, State.APPROVED]
    assert booked == [(first.id, "bonus"), (first.id, "reversal"), (new.id, "bonus")]
    assert _balance(app) == 2 * BONUS


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_a_document_was_split_into_comes_before_what_was_accepted_later(
    app: App, order: tuple[int, int, int]
) -> None:
    whole, later = _run(app, invoice("R1")), _accept(app, invoice("R2", day=47, note="alone"))
    parts = [(invoice("R1"), "1.xml"), (invoice("R2", day=47), "2.xml")]
    one, other = steps.supersede(app, whole.id, parts, DAY, "somebody")
    waiting = (one, other, later)
    for index in order:
        steps.run(app, waiting[index].id)
    with reading(app.engine) as conn:
        assert documents.unfinished(conn) == ()
        states = [documents.get(conn, document.id).state for document in waiting]
    assert states == [State.APPROVED, State.APPROVED, State.REJECTED]


def test_a_document_is_superseded_once_even_before_it_is_read(app: App) -> None:
    first = _accept(app, invoice())
    steps.supersede(app, first.id, [(invoice(), "again.xml")], DAY, "P1")
    assert steps.run(app, first.id).state is State.SUPERSEDED
    with pytest.raises(ForbiddenMove):
        steps.supersede(app, first.id, [(invoice(), "more.xml")], DAY, "P1")


def test_a_document_on_which_the_program_comes_to_grief_fails(app: App) -> None:
    document = steps.give_up(app, _accept(app, invoice()))
    assert (document.state, document.error_code) == (State.FAILED, "crashed")
    approved = _run(app, invoice("R2"))
    assert steps.give_up(app, approved) == approved


def test_what_was_booked_for_a_document_that_fails_later_is_reversed(app: App) -> None:
    first, second = _run(app, invoice()), _run(app, invoice(note="the same on paper"))
    with app.engine.begin() as conn:
        documents.move(conn, first.id, State.EXTRACTED, at=first.accepted_at, who="tests", why="")
    assert steps.give_up(app, first).state is State.FAILED
    assert _balance(app) == 0
    assert steps.run(app, second.id).state is State.APPROVED
    assert _balance(app) == 3 * BONUS


def test_what_a_person_rules_stands_until_another_judgement_is_made(app: App) -> None:
    _run(app, invoice("R1", serial="000413AABB01"))
    held = _run(app, invoice("R2", phones=2, serial="000413AABB01"))
    assert held.state is State.REVIEW
    ruled = let_rule(app, held.id, "approved", who="ada", why="the first one was returned")
    assert judge(app, ruled).state is State.APPROVED
    assert _balance(app) == 5 * BONUS
    _run(app, invoice("R1", serial="000413AABB01", note="a scan"))
    with reading(app.engine) as conn:
        assert documents.get(conn, held.id).state is State.APPROVED
    (new,) = steps.supersede(app, held.id, [(invoice("R2", phones=2, serial="000413AABB02"), "r2.xml")], DAY, "P1")
    assert steps.run(app, new.id).state is State.APPROVED


def test_another_judgement_than_the_one_ruled_upon_comes_back_to_review(app: App) -> None:
    earlier = _accept(app, invoice("R2", note="scanned"))
    document = _run(app, invoice("R2", seller=STRANGER))
    judge(app, let_rule(app, document.id, "approved", who="ada", why="their new company"))
    with reading(app.engine) as conn:
        assert documents.get(conn, document.id).state is State.APPROVED
    assert _balance(app) == 0, "no distributor, no rate"
    later = _run(app, invoice("R2"))
    judge(app, let_rule(app, later.id, "rejected", who="ada", why="not theirs"))
    assert _balance(app) == 0
    steps.run(app, earlier.id)
    with reading(app.engine) as conn:
        last = documents.steps(conn, later.id)[-1]
    assert (last.to_state, last.why) == (
        State.REVIEW,
        "ada ruled rejected when it was approved: ; now rejected: duplicate_invoice",
    )
    with reading(app.engine) as conn:
        later = documents.get(conn, later.id)
    withdrawn = judge(app, let_rule(app, later.id, None, who="bob", why="the machine is right"))
    assert withdrawn.state is State.REJECTED


def test_a_corrected_reading_stands_whatever_is_extracted_later(app: App) -> None:
    document = _run(app, invoice(phones=3))
    with reading(app.engine) as conn:
        of = results.reading(conn, document.id)
    assert of is not None
    assert of.invoice is not None
    line = of.invoice.lines[0].model_copy(update={"quantity": Decimal(2)})
    corrected = of.model_copy(update={"invoice": of.invoice.model_copy(update={"lines": (line,)})})
    assert judge(app, steps.correct(app, document.id, corrected, who="ada", why="it says 2")).state is State.REVIEW
    with reading(app.engine) as conn:
        assert results.reading(conn, document.id) == corrected
        assert results.latest(conn, document.id) == of.model_dump_json()
    assert _balance(app) == 0


def test_only_what_was_judged_can_be_ruled_upon_or_corrected(app: App) -> None:
    waiting = _accept(app, invoice())
    with pytest.raises(LookupError):
        let_rule(app, waiting.id, "approved", who="ada", why="")
    with pytest.raises(LookupError):
        steps.correct(app, waiting.id, Reading(source="text", page_count=1, rung="pdfium"), who="ada", why="")


def test_a_copy_that_a_person_approves_earns_nothing_twice(app: App) -> None:
    first, copy = _run(app, invoice()), _run(app, invoice(note="another scan"))
    ruled = judge(app, let_rule(app, copy.id, "approved", who="ada", why="they insist"))
    assert ruled.state is State.APPROVED
    assert _balance(app) == 3 * BONUS
    judge(app, let_rule(app, first.id, "rejected", who="ada", why="the copy is the better one"))
    with reading(app.engine) as conn:
        assert documents.get(conn, copy.id).state is State.REVIEW, "it is no copy any more: ask again"
    assert _balance(app) == 0
    judge(app, let_rule(app, copy.id, "approved", who="ada", why="this one"))
    assert _balance(app) == 3 * BONUS
