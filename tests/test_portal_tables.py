import io
from decimal import Decimal
from pathlib import Path

from rich.console import Console, RenderableType

from model.invoice import Invoice, Party, Totals
from model.judgement import BonusUnit, Judgement, Outcome
from model.reading import Evidence, Reading
from portal import tables
from portal.decided import Decided
from portal.extracting import Extracted

READING = Reading(
    source="text",
    page_count=1,
    rung="pdfium",
    invoice=Invoice(number="RE-1", seller=Party(name="[bold]Muster[/] GmbH\x1b[2J"), totals=Totals(gross=Decimal(119))),
    evidence={"number": Evidence(rung="pdfium"), "totals.gross": Evidence(rung="pdfium", proof=("net + VAT = gross",))},
)


def decided(partner: str, outcome: Outcome, *units: BonusUnit) -> Decided:
    return Decided("a.pdf", "d1", partner, outcome, READING, Judgement(outcome=outcome, units=units))


def unit(model: str, quantity: int, each: str) -> BonusUnit:
    return BonusUnit(model=model, quantity=quantity, bonus_each=Decimal(each), lines=(0,))


def printed(part: RenderableType) -> list[list[str]]:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as shown:
        console.print(part)
    return [row.split() for row in shown.get().splitlines()]


def test_files_are_told_by_their_names_where_these_differ() -> None:
    assert tables.labels(["in/a.pdf", "in/b.pdf"]) == ("a.pdf", "b.pdf")
    assert tables.labels(["in/one/a.pdf", "in/two/a.pdf"]) == ("one/a.pdf", "two/a.pdf")
    assert tables.labels(["in/a.pdf", "in/a.pdf"]) == ("a.pdf", "a.pdf")


def test_what_a_document_says_cannot_steer_the_terminal() -> None:
    _, _, row = printed(tables.extracted_table([Extracted(Path("a.pdf"), "0", "application/pdf", READING)]))
    assert row == ["a.pdf", "text", "RE-1", "[bold]Muster[/]", "GmbH", "[2J", "119.00", "0", "1/2"]


def test_a_file_that_could_not_be_read_is_told_with_its_reason() -> None:
    _, _, row = printed(tables.extracted_table([Extracted(Path("a.pdf"), error=("empty", "The file is empty."))]))
    assert row == ["a.pdf", "empty", "The", "file", "is", "empty."]


def test_bonuses_add_up_per_model_and_per_partner() -> None:
    done = [
        decided("P1", "approved", unit("D785", 3, "14.00"), unit("D715", 1, "6.50")),
        decided("P2", "approved", unit("D785", -1, "11.00")),
        decided("P2", "review"),
    ]
    assert printed(tables.model_table(done))[2:] == [
        ["D715", "1", "6.50"],
        ["D785", "2", "31.00"],
        ["together", "3", "37.50"],
    ]
    balances = {"partner:P1:payable": Decimal("48.50"), "partner:P2:payable": Decimal(0)}
    assert printed(tables.partner_table(done, {"P1": "Beispiel"}, balances))[2:] == [
        ["P1", "Beispiel", "48.50", "48.50"],
        ["P2", "-11.00", "0.00"],
    ]


def test_outcomes_are_counted_the_most_frequent_first() -> None:
    done = [decided("P1", "review"), decided("P1", "approved"), decided("P1", "review")]
    assert tables.outcomes(done).plain == "3 documents: 2 review, 1 approved"


def test_the_ledger_ends_with_the_programme_and_the_sum() -> None:
    balances = {"programme:bonus": Decimal(-5), "partner:P1:payable": Decimal(5)}
    assert printed(tables.ledger_table(balances))[2:] == [
        ["partner:P1:payable", "5.00"],
        ["programme:bonus", "-5.00"],
        ["together", "0.00"],
    ]
