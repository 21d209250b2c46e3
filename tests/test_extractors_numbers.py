import datetime as dt
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.numbers import decimal_mark, find_date, parse_number


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234.56", "1234.56"),
        ("1234,5", "1234.5"),
        ("12,-", "12"),
        ("12,--", "12"),
        ("-0,10", "-0.10"),
        ("\N{EN DASH}13.50", "-13.50"),
        ("13,50-", "-13.50"),
        ("- € 2,00", "-2.00"),
        ("€18.00", "18.00"),
        ("1.064,64 EUR", "1064.64"),
        ("43,2000", "43.2000"),
        ("1.610.30", "1610.30"),
        ("2.000.000", "2000000"),
        ("10", "10"),
        ("46.79.", "46.79"),
        ("1,384.-", "1384"),
        ("1.384,-", "1384"),
        ("6\N{PRIME}161.49", "6161.49"),
    ],
)
def test_a_printed_number_has_its_value(printed: str, value: str) -> None:
    number = parse_number(printed)
    assert number is not None
    assert number.value == Decimal(value)


@pytest.mark.parametrize(
    "printed", ["", "D785", "1.2.3", "12.03.2026", "4260059580397123456", "8-Port", "1,2,3", "12,"]
)
def test_what_is_no_number_is_none(printed: str) -> None:
    assert parse_number(printed) is None


def test_one_mark_before_three_digits_follows_the_document() -> None:
    german, english = parse_number("1.000", ","), parse_number("1.000", ".")
    assert (german and german.value, english and english.value) == (Decimal(1000), Decimal("1.000"))


def test_percent_and_currency_are_told() -> None:
    rate, price = parse_number("19,00 %"), parse_number("5.00 USD")
    assert rate is not None
    assert rate.percent
    assert price is not None
    assert (price.currency, price.decimals) == ("USD", 2)


def test_the_decimal_mark_is_the_one_before_two_last_digits() -> None:
    assert decimal_mark(["1.234,56", "10,00", "01.02.2026", "3"]) == ","
    assert decimal_mark(["1,234.56", "10.00", "3"]) == "."


@pytest.mark.parametrize(
    "printed",
    [
        "18.09.2017",
        "18.9.17",
        "18. September 2017",
        "2017-09-18",
        "18-Sep-2017",
        "18 Ssep 2017",
        "September 18, 2017",
        "18 september 2017",
        "18/09/2017",
        "Berlin, den 18.09.2017",
    ],
)
def test_a_date_in_any_form(printed: str) -> None:
    found = find_date(printed)
    assert found is not None
    assert found[0] == dt.date(2017, 9, 18)


def test_american_dates_put_the_month_first() -> None:
    found = find_date("03/04/2026", month_first=True)
    assert found is not None
    assert found[0] == dt.date(2026, 3, 4)


@pytest.mark.parametrize("printed", ["31.02.2026", "12.2026", "99.99.9999", "IBAN DE86 2654 0070", "1.234,56"])
def test_what_is_no_date_is_none(printed: str) -> None:
    assert find_date(printed) is None


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = parse_number(text)
    assert number is None or number.value.is_finite()
    find_date(text)


@pytest.mark.parametrize("bait", ["1" * 20_000, "1." * 10_000, "-" * 20_000, "1 " * 10_000, "a1" * 10_000])
def test_hostile_texts_take_no_time(bait: str) -> None:
    began = time.process_time()
    parse_number(bait)
    find_date(bait)
    assert time.process_time() - began < 1.0
