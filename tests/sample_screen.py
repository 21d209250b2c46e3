"""Documents that a person has to look at, each for a reason of its own, drawn as PDF and taken through all steps."""

import io
from collections.abc import Sequence

import pikepdf
from sample_pages import Text, pdf
from sample_uploads import ACME, DAY

from runtime.app import App
from store.documents import Document
from workers import steps

Row = tuple[str, str, str, str]
"""Name, quantity, price and amount, as printed."""
PHONE: Row = ("Snom D785 Tischtelefon", "3", "100,00", "300,00")
HEAD = (("Pos", 60), ("Bezeichnung", 100), ("Menge", 330), ("Preis", 400), ("Betrag", 480))


def page(
    number: str = "",
    rows: Sequence[Row] = (PHONE,),
    *,
    label: str = "Rechnung Nr.",
    day: str = "14.02.2026",
    vat: str = ACME,
    net: str = "300,00",
    tax: str = "57,00",
    gross: str = "357,00",
    more: Sequence[Text] = (),
) -> tuple[Text, ...]:
    """Return the texts of an invoice that ACME wrote to P1."""
    texts: list[Text] = [
        (60, 50, "ACME Distribution GmbH"),
        (60, 64, "Hafenweg 3, 20457 Hamburg"),
        (60, 110, "Beispiel GmbH"),
        (60, 124, "Bahnhofstr. 1"),
        (60, 138, "53111 Bonn"),
        (60, 190, f"{label} {number}"),
        (330, 190, f"Datum {day}"),
    ]
    texts += [(x, 240, word) for word, x in HEAD if word != "Preis" or any(row[2] for row in rows)]
    for place, row in enumerate(rows):
        y = 260 + 18 * place
        texts.append((60, y, str(place + 1)))
        texts += [(x, y, text) for x, text in zip((100, 330, 400, 480), row, strict=True) if text]
    y = 280 + 18 * len(rows)
    sums = (("Nettobetrag", net), ("MwSt. 19 %", tax), ("Gesamtbetrag", gross))
    for place, (name, text) in enumerate(sums):
        texts += [(330, y + 18 * place, name), (480, y + 18 * place, text)]
    if vat:
        texts.append((60, 780, f"USt-IdNr. {vat}"))
    return (*texts, *more)


def uploaded(app: App, name: str, *pages: Sequence[Text], partner: str = "P1") -> Document:
    """Take a document through all steps."""
    return steps.run(app, steps.accept(app, pdf(*pages), name, partner, DAY).id)


def documents_for(app: App) -> dict[str, str]:
    """Take the documents through all steps that the screen of one is tried with; their ids by what is wrong."""
    unpriced: Row = ("Snom D785 Tischtelefon", "3", "", "300,00")
    unnamed: Row = ("Snom Tischtelefon schwarz", "3", "100,00", "300,00")
    long = [("Snom D785 Tischtelefon", str(n), "100,00", f"{n}00,00") for n in range(2, 10)]
    long[6] = ("Snom D785 Tischtelefon", "8", "100,00", "860,00")
    pages: dict[str, Sequence[Sequence[Text]]] = {
        "open": [page("RE-100", [unpriced], day="31.01.2026")],
        "doubt": [page("RE-101", [unpriced], day="01.02.2026")],
        "model": [page("RE-102", [unnamed], day="02.02.2026")],
        "number": [page("", label="Rechnung", day="03.02.2026", more=((330, 210, "Vorgang 4711 88"),))],
        "typed": [
            page(
                "RE-104",
                [("Snom D785 Tischtelefon", "1", "", "1.200,00")],
                day="04.02.2026",
                net="1.200,00",
                tax="228,00",
                gross="1.428,00",
            )
        ],
        "unverified": [page("RE-105", vat="", day="05.02.2026")],
        "first": [page("RE-106", day="06.02.2026")],
        "duplicate": [page("RE-107", day="06.02.2026")],
        "two": [page("RE-108", day="08.02.2026"), page("RE-109", day="09.02.2026")],
        "sum": [page("RE-110", long, day="10.02.2026", net="4.400,00", tax="836,00", gross="5.236,00")],
    }
    ids = {name: uploaded(app, f"{name}.pdf", *texts).id for name, texts in pages.items()}
    forged = hidden(pdf(page("RE-111", day="11.02.2026")), "900,00")
    return ids | {"forged": steps.run(app, steps.accept(app, forged, "forged.pdf", "P1", DAY).id).id}


def hidden(data: bytes, said: str) -> bytes:
    """Write something in white on the first page."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as file:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        file.pages[0].add_resource(font, pikepdf.Name.Font, pikepdf.Name.More)
        file.pages[0].contents_add(f"q 1 g BT /More 12 Tf 60 300 Td ({said}) Tj ET Q".encode())
        file.save(target)
    return target.getvalue()
