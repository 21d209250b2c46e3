"""No regular expression of the project takes long on a text that it does not match."""

import re

import pytest
from patterns import Found, ambiguous, every, pumps

EVERY = list(every().values())


def found(pattern: str) -> Found:
    return Found("mine", pattern, re.compile(pattern).flags, ("fullmatch",))


def test_all_regular_expressions_are_found() -> None:
    assert {"_NUMBER", "_TORN_APART", "STREET", "_PROLOG"} <= {one.name for one in EVERY}
    assert any(":" in one.name for one in EVERY), "those that are named where they are asked are found too"


@pytest.mark.parametrize(
    "pattern", [r"(a+)+b", r"\d*\d*x", r"(\S*\d\S*) x", r"\w+,?\w+;", r"(?:\d+\.?)*x", r"a*(?:b|a)*c"]
)
def test_what_makes_a_pattern_slow_is_seen(pattern: str) -> None:
    assert ambiguous(found(pattern))


@pytest.mark.parametrize("pattern", [r"(?:a+,)*b", r"\d+\.\d+", r"\w++\d*", r"(?=\S*\d)(\S+) (\D+)", r"[ab]{0,9}[ab]*"])
def test_what_does_not_is_left_alone(pattern: str) -> None:
    assert not ambiguous(found(pattern))


def test_no_text_can_be_shared_out_in_many_ways() -> None:
    assert [one.name for one in EVERY if ambiguous(one)] == []


def test_each_pattern_is_given_what_makes_it_work() -> None:
    assert ("x", "a") in pumps(found("xa+b"))
