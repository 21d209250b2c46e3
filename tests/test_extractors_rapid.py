import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sample_pages import Text, gray

from extractors import rapid
from extractors.images import Seen

ROOT = Path(__file__).parent.parent
DPI = 150


def read(*texts: Text) -> dict[str, Seen]:
    page = gray(texts, DPI)
    return {word.text: word for word in rapid.words(page, rapid.lines(page))}


def test_words_stand_where_they_are_printed() -> None:
    found = read((60, 100, "5 Stck 158,99 EUR"), (300, 100, "1.234,56"))
    starts = {text: word.x0 * 72 / DPI for text, word in found.items()}
    expected = {"5": 60.4, "Stck": 69.5, "158,99": 93.6, "EUR": 130.4, "1.234,56": 301}
    assert starts == pytest.approx(expected, abs=1.5)
    assert {round(word.top * 72 / DPI) in range(84, 94) for word in found.values()} == {True}
    assert {round(word.bottom * 72 / DPI) in range(99, 107) for word in found.values()} == {True}
    assert found["1.234,56"].x1 * 72 / DPI == pytest.approx(342.5, abs=1.5)


def test_words_are_told_apart_where_all_letters_stand_equally_far_apart() -> None:
    texts = (
        "MUSTER-KUNDE GMBH",
        "Musterlieferant Großhandel GmbH",
        "Rechnung Nr. 4711 vom 25.04.2018",
        "Anwendungsempfehlung für alle",
        "Liefer- und Leistungsdatum",
        "Summe netto 1.234,56 EUR",
    )
    page = gray([(60, 100 + 40 * i, text) for i, text in enumerate(texts)], DPI, font="Courier")
    found = sorted(rapid.words(page, rapid.lines(page)), key=lambda word: (round(word.top / 40), word.x0))
    assert [word.text for word in found] == [word for text in texts for word in text.split()]


def test_umlauts_survive() -> None:
    assert {"Müller", "Größe", "Übergroß", "Äpfel", "Öl", "Straße"} <= set(
        read((60, 100, "Müller Größe Übergroß"), (60, 140, "Äpfel Öl Straße 12 in 80331 München"))
    )


def test_a_lonely_quantity_is_read() -> None:
    found = read((60, 100, "Snom D785 Tischtelefon"), (330, 100, "1"), (480, 100, "158,99"), (60, 130, "Snom D717"))
    assert found["1"].confidence > 0.9
    assert found["1"].x0 * 72 / DPI == pytest.approx(331.3, abs=1.5)


def test_confidence_is_that_of_the_weakest_letter() -> None:
    found = read((60, 100, "Gesamtbetrag"), (150, 100, "1.157,19"), (150, 100, "1.134,82"))
    assert found.pop("Gesamtbetrag").confidence > 0.95
    assert max(word.confidence for word in found.values()) < 0.9


def test_a_page_on_its_head_is_noticed() -> None:
    page = gray(dpi=DPI)
    turned = np.ascontiguousarray(page[::-1, ::-1])
    assert not rapid.upside_down(page, rapid.lines(page))
    assert rapid.upside_down(turned, rapid.lines(turned))


def test_what_shines_through_from_the_other_side_is_not_read() -> None:
    page = gray([(60, 100, "Nettobetrag 1.234,56 EUR"), (60, 140, "MwSt. 19 % 234,57 EUR")], DPI)
    other = gray([(60, 200 + 30 * i, f"Snom D735 Systemtelefon {i} Stück 158,99") for i in range(12)], DPI)
    faint = 255 - (255 - other[::-1, ::-1].astype(int)) * 0.15
    both = np.ascontiguousarray(np.minimum(page, faint).astype(np.uint8))
    quads = rapid.lines(both)
    assert not rapid.upside_down(both, quads)
    assert {word.text for word in rapid.words(both, quads)} == set("Nettobetrag 1.234,56 EUR MwSt. 19 % 234,57".split())


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (600, 33), (1200, 900)])
def test_pictures_without_text_have_no_words(shape: tuple[int, int]) -> None:
    blank = np.full(shape, 255, np.uint8)
    assert rapid.lines(blank) == ()
    assert rapid.words(blank, ()) == ()


WATCH = """
import sys
out = []
def watch(event, args):
    if event.startswith("socket") or (event == "open" and isinstance(args[2], int) and args[2] & 3):
        out.append((event, str(args[:2])))
sys.addaudithook(watch)
import numpy as np
from extractors import rapid
assert not any(name.startswith(("rapidocr", "openvino")) for name in sys.modules), "loaded too early"
page = np.full((400, 600), 255, np.uint8)
page[100:120, 100:300:7] = 0
assert rapid.lines(page)
print(out)
"""


def test_reading_opens_no_socket_and_writes_nothing(tmp_path: Path) -> None:
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH],
        cwd=ROOT,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert list(tmp_path.iterdir()) == []
