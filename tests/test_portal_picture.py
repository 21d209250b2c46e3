import numpy as np
import pytest

from model.reading import Evidence
from portal.picture import COLOURS, LEGEND, draw, role

WHITE = np.full((200, 100), 255, dtype=np.uint8)
BOX = (0.2, 0.2, 0.8, 0.4)
INSIDE, EDGE = (50, 60), (50, 38)


def colour(path: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(COLOURS[role(path)][1:]))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("number", "head"),
        ("seller.name", "seller"),
        ("buyer.vat_identifier", "buyer"),
        ("lines.0.quantity", "quantity"),
        ("lines.12.net_amount", "amount"),
        ("lines.3.item_name", "item"),
        ("lines.3.serial_numbers", "item"),
        ("totals.gross", "total"),
    ],
)
def test_each_value_has_a_role(path: str, expected: str) -> None:
    assert role(path) == expected


def test_a_proven_value_is_filled_in_the_colour_of_its_role() -> None:
    drawn = draw(WHITE, 1, {"totals.net": Evidence(box=BOX, rung="pdfium", proof=("sum of lines = net",))})
    assert drawn.getpixel(EDGE) == colour("totals.net")
    assert drawn.getpixel(INSIDE) != (255, 255, 255)


def test_an_unproven_value_has_a_dashed_edge_and_no_filling() -> None:
    drawn = draw(WHITE, 1, {"totals.net": Evidence(box=BOX, rung="pdfium")})
    edge = {drawn.getpixel((x, EDGE[1])) for x in range(20, 80)}
    assert edge == {colour("totals.net"), (255, 255, 255)}
    assert drawn.getpixel(INSIDE) == (255, 255, 255)


def test_values_of_other_pages_and_without_a_place_are_not_drawn() -> None:
    evidence = {"number": Evidence(page=2, box=BOX, rung="pdfium"), "issue_date": Evidence(rung="xml")}
    drawn = draw(WHITE, 1, evidence)
    assert drawn.size == (100, 200 + LEGEND)
    assert drawn.crop((0, 0, 100, 200)).getcolors() == [(20000, (255, 255, 255))]
