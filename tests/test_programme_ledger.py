from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from model.ledger import Accrual, Entry, Posting
from programme.accrual import total
from programme.ledger import PROGRAMME, balances, difference, net, payable, seal


def accrual(line: int, quantity: int, each: str, model: str = "D785") -> Accrual:
    return Accrual(
        distributor_id="allnet", number="RE1", line=line, model=model, quantity=quantity, bonus_each=Decimal(each)
    )


FIVE, FOUR = accrual(0, 5, "11.00"), accrual(0, 4, "11.00")


def test_approval_books_what_is_due() -> None:
    assert difference("doc", "P1", 1, (FIVE,), ()) == Entry(
        key="doc:1",
        partner_id="P1",
        document_id="doc",
        memo="bonus",
        accruals=(FIVE,),
        postings=(
            Posting(account="partner:P1:payable", amount=Decimal("55.00")),
            Posting(account="programme:bonus", amount=Decimal("-55.00")),
        ),
    )


def test_a_correction_books_only_what_changed() -> None:
    entry = difference("doc", "P1", 2, (FOUR,), (FIVE,))
    assert entry is not None
    assert (entry.memo, entry.accruals) == ("correction", (accrual(0, -1, "11.00"),))
    assert entry.postings[0].amount == Decimal("-11.00")


def test_a_reversal_books_everything_back() -> None:
    entry = difference("doc", "P1", 2, (), (FIVE,))
    assert entry is not None
    assert (entry.memo, entry.accruals) == ("reversal", (accrual(0, -5, "11.00"),))


def test_a_change_that_is_worth_nothing_has_no_postings() -> None:
    entry = difference("doc", "P1", 2, (accrual(1, 5, "11.00"),), (FIVE,))
    assert entry is not None
    assert entry.postings == ()
    assert len(entry.accruals) == 2


accruals = st.lists(
    st.builds(
        accrual,
        st.integers(0, 2),
        st.integers(-9, 9),
        st.sampled_from(["4.00", "4.50", "18.00"]),
        st.sampled_from(["D785", "M65"]),
    ),
    max_size=6,
).map(tuple)


@given(accruals)
def test_what_is_booked_already_is_not_booked_again(due: tuple[Accrual, ...]) -> None:
    assert difference("doc", "P1", 1, due, due) is None
    assert difference("doc", "P1", 1, due, tuple(reversed(due))) is None


@given(st.lists(accruals, min_size=1, max_size=5))
def test_after_any_sequence_the_ledger_holds_what_is_due_now(wishes: list[tuple[Accrual, ...]]) -> None:
    entries: list[Entry] = []
    for due in wishes:
        booked = [accrual for entry in entries for accrual in entry.accruals]
        entry = difference("doc", "P1", len(entries) + 1, due, booked)
        entries += [entry] if entry else []
    booked = [accrual for entry in entries for accrual in entry.accruals]
    assert sorted(map(repr, net(booked))) == sorted(map(repr, net(wishes[-1])))
    assert all(sum(posting.amount for posting in entry.postings) == 0 for entry in entries)
    assert balances(entries).get(payable("P1"), 0) == total(wishes[-1])
    assert balances(entries).get(PROGRAMME, 0) == -total(wishes[-1])
    assert len({entry.key for entry in entries}) == len(entries)


@given(st.lists(st.text(alphabet="a\\n\n1", max_size=3), min_size=2, max_size=4))
def test_no_two_entries_that_differ_are_sealed_alike(values: list[str]) -> None:
    sealed = seal("", values, [], [])
    for place in range(len(values)):
        for other in ("\\", "\n", "n", "a", ""):
            changed = [*values[:place], values[place] + other, *values[place + 1 :]]
            assert (seal("", changed, [], []) == sealed) == (changed == values)
    assert seal("", [*values[:-2], values[-2] + "\n" + values[-1]], [], []) != sealed
