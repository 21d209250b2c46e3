"""The bench's damages do what they claim, and what is proven and wrong after them is found."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from drawn_pages import drawn

from bench import corruption, damage
from bench.corruption import Tried, attempt, damaged, printed, summary
from bench.damage import KINDS, Pages
from bench.soundness import Wrong
from bench.truth import Truth
from model.page import Word

PAGE = """
Rechnung Nr. 9143 vom 12.06.2026
Pos  Bezeichnung          Artikel    Menge    Einzelpreis   Gesamtpreis
1    snom D735            20-83612   12 Stck       146,30      1.755,60
2    snom M70             20-83613   5 Stck        126,20        631,00
                                     Nettobetrag               2.386,60
                                     MwSt. 19,00 %               453,45
                                     Rechnungsbetrag           2.840,05
"""
PAGES = (drawn(PAGE), drawn("Rechnung Nr. 9143 Seite 2 von 2\nZahlbar bis 12.07.2026", number=2))
TRUE = {
    "lines": [
        {"item_name": "snom D735", "quantity": "12", "net_price": "146.30", "net_amount": "1755.60"},
        {"item_name": "snom M70", "quantity": "5", "net_price": "126.20", "net_amount": "631.00"},
    ],
    "totals": {"net": "2386.60", "vat": "453.45", "gross": "2840.05"},
}
TRUTH = Truth(Path("a.pdf"), "drawn", {"invoice": TRUE})
SEEDS = range(30)


def words(pages: Pages) -> Counter[tuple[int, Word]]:
    return Counter((page.number, word) for page in pages for word in page.words)


def changes(kind: str) -> list[tuple[list[Word], list[Word]]]:
    """For each seed at which a damage finds something: the words that are gone, and those that are new."""
    found = []
    for seed in SEEDS:
        hurt = KINDS[kind](PAGES, Random(seed))  # noqa: S311 (the same damages in every run)
        if hurt is not None:
            before, after = words(PAGES), words(hurt)
            found.append(([word for _, word in before - after], [word for _, word in after - before]))
    assert found
    return found


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("digit-changed", 1),
        ("two-digits-changed", 2),
        ("look-alike", 1),
        ("two-look-alikes", 2),
        ("digit-lost", 1),
        ("mark-lost", 1),
    ],
)
def test_a_changed_word_stays_where_it_is(kind: str, count: int) -> None:
    for gone, new in changes(kind):
        assert len(gone) == len(new) == count
        assert {word.box for word in gone} == {word.box for word in new}


def test_a_changed_digit_is_another_digit() -> None:
    for (gone,), (new,) in changes("digit-changed"):
        differing = [(one, other) for one, other in zip(gone.text, new.text, strict=True) if one != other]
        assert len(differing) == 1
        assert differing[0][1].isdigit()


def test_a_lost_digit_and_a_lost_mark_leave_the_rest() -> None:
    for (gone,), (new,) in changes("digit-lost"):
        assert len(new.text) == len(gone.text) - 1
    for (gone,), (new,) in changes("mark-lost"):
        assert [c for c in new.text if c.isdigit()] == [c for c in gone.text if c.isdigit()]


@pytest.mark.parametrize(("kind", "count"), [("word-dropped", 1), ("two-words-dropped", 2)])
def test_dropped_words_are_gone_and_none_are_new(kind: str, count: int) -> None:
    assert all(len(gone) == count and not new for gone, new in changes(kind))


def test_a_doubled_word_stands_beside_itself() -> None:
    for gone, (new,) in changes("word-doubled"):
        assert not gone
        assert any(word.text == new.text and word.box.top == new.box.top for page in PAGES for word in page.words)


def test_exchanged_words_keep_their_places() -> None:
    for gone, new in changes("words-exchanged"):
        assert Counter(word.text for word in gone) == Counter(word.text for word in new)
        assert {word.box for word in gone} == {word.box for word in new}


def test_a_dropped_row_is_a_whole_row() -> None:
    for gone, new in changes("row-dropped"):
        (top,) = {word.box.top for word in gone}
        page = next(page for page in PAGES if set(gone) <= set(page.words))
        assert sorted(gone, key=str) == sorted((word for word in page.words if word.box.top == top), key=str)
        assert not new


def test_exchanged_rows_move_up_and_down() -> None:
    for gone, new in changes("rows-exchanged"):
        assert {word.box.top for word in gone} == {word.box.top for word in new}
        assert {(word.text, word.box.x0) for word in gone} == {(word.text, word.box.x0) for word in new}


def test_a_dropped_column_has_figures_one_below_the_other() -> None:
    for gone, new in changes("column-dropped"):
        assert len({word.box.top for word in gone}) == len(gone) > 1
        assert not new


def test_exchanged_columns_stay_in_their_rows() -> None:
    for gone, new in changes("columns-exchanged"):
        assert Counter((word.text, word.box.top) for word in gone) == Counter((word.text, word.box.top) for word in new)
        assert {word.box.x1 for word in gone} == {word.box.x1 for word in new}


def test_a_page_is_dropped_only_of_several() -> None:
    for gone, _ in changes("page-dropped"):
        assert any(set(gone) >= set(page.words) for page in PAGES)
    assert damage.page_dropped(PAGES[:1], Random(1)) is None  # noqa: S311 (there is nothing to choose)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_does_the_same_damage(kind: str) -> None:
    assert damaged(PAGES, f"drawn/{kind}/17") == damaged(PAGES, f"drawn/{kind}/17")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_without_figures_cannot_be_damaged(kind: str) -> None:
    assert damaged((drawn("Sehr geehrte Damen und Herren"),), f"drawn/{kind}/1") is None


# ---- what comes of it ------------------------------------------------------------------------------------------------


def test_the_undamaged_page_is_proven_and_right() -> None:
    tried = attempt(PAGES, TRUTH, f"drawn/{corruption.UNDAMAGED}/0")
    assert tried is not None
    assert (tried.proven, tried.wrong) == (9, ())


def test_a_value_that_is_proven_and_not_true_is_found() -> None:
    false = Truth(Path("a.pdf"), "drawn", {"invoice": TRUE | {"totals": {"net": "2386.61"}}})
    tried = attempt(PAGES, false, f"drawn/{corruption.UNDAMAGED}/0")
    assert tried is not None
    assert tried.wrong == (Wrong("totals.net", "2386.60", "2386.61"),)


def test_what_is_wrong_without_damage_is_not_counted_as_the_damages() -> None:
    old, new = Wrong("totals.net", "1", "2"), Wrong("totals.vat", "1", "2")
    told = summary(
        [
            Tried(Path("a.pdf"), f"pdfium/{corruption.UNDAMAGED}/0", 3, (old,)),
            Tried(Path("a.pdf"), "pdfium/row-dropped/5", 2, (old, new)),
            Tried(Path("a.pdf"), "pdfium/row-dropped/9", 2, (new,)),
        ]
    )
    assert told["kinds"]["row-dropped"] == {"tried": 2, "proven": 4, "wrong": 2, "older": 1}
    assert [(case["path"], case["seeds"]) for case in told["cases"]] == [
        ("totals.net", [f"pdfium/{corruption.UNDAMAGED}/0"]),
        ("totals.vat", ["pdfium/row-dropped/5", "pdfium/row-dropped/9"]),
    ]
    assert told["cases"][1]["replay"] == "python -m bench.corruption --replay a.pdf pdfium/row-dropped/5"


def test_only_what_is_read_off_pages_is_damaged() -> None:
    assert printed(TRUTH)
    assert not printed(Truth(Path("a.xml"), "xml", {"invoice": TRUE}))
    assert not printed(Truth(Path("a.pdf"), "hybrid", {"invoice": TRUE, "document": {"source": "einvoice"}}))
    assert not printed(Truth(Path("a.pdf"), "destroyed", {"invoice": None}))
