"""What two uploads of one invoice have in common though their numbers differ."""

import datetime as dt
from decimal import Decimal

import pytest
from sample_dossiers import invoice

from model.invoice import Invoice, Totals
from programme.fingerprint import fingerprint

ONE = invoice()
LINE = ONE.lines[0]


def with_line(**changed: object) -> Invoice:
    return ONE.model_copy(update={"lines": (LINE.model_copy(update=changed), *ONE.lines[1:])})


def test_neither_number_nor_order_of_lines_nor_the_way_a_figure_is_written_counts() -> None:
    other = with_line(quantity=Decimal(f"{LINE.quantity}.00"), item_name="Snom")
    other = other.model_copy(update={"number": "R7", "lines": tuple(reversed(other.lines))})
    assert fingerprint(other) == fingerprint(ONE)


@pytest.mark.parametrize(
    "other",
    [
        ONE.model_copy(update={"issue_date": dt.date(2020, 1, 1)}),
        ONE.model_copy(update={"type_code": "381"}),
        ONE.model_copy(update={"totals": Totals(gross=Decimal("1.00"))}),
        ONE.model_copy(update={"lines": (*ONE.lines, LINE)}),
        with_line(quantity=Decimal(99)),
        with_line(net_amount=Decimal(99)),
    ],
)
def test_date_type_total_and_lines_do(other: Invoice) -> None:
    assert fingerprint(other) not in {None, fingerprint(ONE)}


@pytest.mark.parametrize(
    "other",
    [
        Invoice(),
        ONE.model_copy(update={"issue_date": None}),
        ONE.model_copy(update={"totals": Totals()}),
        with_line(quantity=None),
    ],
)
def test_what_lacks_any_of_them_has_none(other: Invoice) -> None:
    assert fingerprint(other) is None
