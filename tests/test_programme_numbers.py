import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.numbers import normal_number


@pytest.mark.parametrize(
    ("printed", "normal"),
    [("RG-2026-90305", "RG202690305"), ("re 2026/0042", "RE20260042"), ("0042", "0042"), ("Nº 7", "NO7"), ("-", "")],
)
def test_case_blanks_and_punctuation_do_not_matter(printed: str, normal: str) -> None:
    assert normal_number(printed) == normal


def test_leading_zeros_matter() -> None:
    assert normal_number("0042") != normal_number("42")


@given(st.text())
def test_a_normal_number_is_its_own(text: str) -> None:
    assert normal_number(normal_number(text)) == normal_number(text)


def test_a_number_of_any_length_is_looked_up_by_few_signs() -> None:
    one, other = normal_number("R" * 10_000), normal_number("R" * 10_000 + "1")
    assert len(one) == len(other) < 200
    assert one != other
    assert normal_number("r" * 100) == "R" * 100
