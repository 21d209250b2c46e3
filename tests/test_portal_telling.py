import datetime as dt
import io
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from sample_uploads import DAY, invoice, opened

from model.finding import Finding
from model.invoice import Invoice, InvoiceLine, Party
from portal.explaining import find
from portal.telling import compared, telling, value_at
from workers import steps

INVOICE = Invoice(
    number="RE-1",
    issue_date=dt.date(2026, 9, 1),
    seller=Party(name="Muster GmbH"),
    lines=(InvoiceLine(net_amount=Decimal("1.50"), serial_numbers=("S1", "S2")),),
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("number", "RE-1"),
        ("issue_date", "2026-09-01"),
        ("seller.name", "Muster GmbH"),
        ("buyer.name", ""),
        ("lines.0.net_amount", "1.50"),
        ("lines.0.serial_numbers", "S1, S2"),
        ("lines.7.net_amount", ""),
        ("nothing.of.this", ""),
    ],
)
def test_a_value_is_found_by_its_path(path: str, value: str) -> None:
    assert value_at(INVOICE, path) == value


@pytest.mark.parametrize(
    ("said", "shown", "told"),
    [
        ("50", "5", " The file says at lines.0.quantity “50”, the page “5”."),
        ("50", "50", " What stands at lines.0.quantity, “50”, is printed otherwise than the figures around it."),
    ],
)
def test_people_are_told_what_the_file_says_and_what_the_page_shows(said: str, shown: str, told: str) -> None:
    finding = Finding(code="suspected_tampering", values={"said": said, "shown": shown}, about=("lines.0.quantity",))
    assert compared(finding) == told
    assert not compared(Finding(code="low_confidence"))


def test_a_document_and_what_replaces_it_name_each_other(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as app:
        old = steps.accept(app, invoice(), "old.xml", "P1", DAY)
        (new,) = steps.supersede(app, old.id, [(invoice(), "new.xml")], DAY, "P1")
        steps.run(app, new.id)
        told, of_new = find(app, old.id), find(app, new.id)
    assert (told.successors, of_new.successors) == ((new.id,), ())
    console = Console(width=120, file=io.StringIO(), record=True)
    for one in (told, of_new):
        console.print(telling(one, "en"))
    shown = " ".join(console.export_text().split())
    assert f"Replaced by {new.id}" in shown
    assert f"Replaces {old.id}" in shown
