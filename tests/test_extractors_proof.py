"""The prover: what confirms what; and that no damaged reading is proven."""

import random
import re
from decimal import Decimal

import pytest
from drawn_pages import drawn

from extractors.printed import Printed, read_printed
from extractors.proof import GROSS, ONLY, PRODUCT, RATE, SUM, SUM_UNROUNDED, Layout, prove
from model.invoice import Invoice, InvoiceLine, Totals, VatBreakdown


def invoice(*lines: tuple[str, str, str], net: str, vat: str | None, gross: str, charges: str | None = None) -> Invoice:
    return Invoice(
        lines=tuple(InvoiceLine(quantity=Decimal(q), net_price=Decimal(p), net_amount=Decimal(a)) for q, p, a in lines),
        totals=Totals(
            net=Decimal(net),
            vat=None if vat is None else Decimal(vat),
            gross=Decimal(gross),
            charges=None if charges is None else Decimal(charges),
        ),
    )


SETTLED = Layout(settled=(True, True))


def test_a_line_is_proven_by_its_product_and_the_sum_it_is_part_of() -> None:
    proofs = prove(invoice(("5", "20.00", "100.00"), net="100.00", vat="19.00", gross="119.00"), SETTLED)
    assert proofs.by_path["lines.0.quantity"] == [PRODUCT]
    assert proofs.by_path["lines.0.net_amount"] == [SUM, PRODUCT]
    assert proofs.by_path["totals.net"] == [SUM, GROSS]
    assert not proofs.contradictions


def test_without_the_sum_no_product_proves_anything() -> None:
    proofs = prove(invoice(("5", "20.00", "100.00"), net="150.00", vat="28.50", gross="178.50"), SETTLED)
    assert "lines.0.quantity" not in proofs.by_path
    assert proofs.contradictions == [(SUM, ("lines.0.net_amount", "totals.net"))]


def test_lines_may_be_rounded_once_in_their_sum() -> None:
    lines = [("1", "41.1765", "41.18")] * 2 + [("1", "0.8403", "0.84")] * 6
    good = prove(invoice(*lines, net="87.39", vat="16.61", gross="104.00"), Layout(settled=(True,) * 8))
    assert good.by_path["totals.net"] == [SUM_UNROUNDED, GROSS]
    assert good.by_path["lines.3.quantity"] == [PRODUCT]
    assert not good.contradictions
    other = prove(invoice(*lines, net="87.38", vat="16.60", gross="103.98"), Layout(settled=(True,) * 8))
    assert not other.by_path


@pytest.mark.parametrize(
    ("vat", "gross", "row", "proven"),
    [
        ("1285.00", "8048.15", VatBreakdown(rate=Decimal(19)), True),
        ("1285.01", "8048.16", VatBreakdown(rate=Decimal(19)), True),
        ("285.00", "7048.15", VatBreakdown(rate=Decimal(19)), False),
        ("285.00", "7048.15", VatBreakdown(rate=Decimal(19), base=Decimal("1500.00"), amount=Decimal("285.00")), True),
        ("285.00", "7048.15", None, True),
    ],
)
def test_a_vat_that_is_not_the_printed_rate_of_net_proves_no_total(
    vat: str, gross: str, row: VatBreakdown | None, *, proven: bool
) -> None:
    made = invoice(("5", "173.63", "868.15"), ("25", "235.80", "5895.00"), net="6763.15", vat=vat, gross=gross)
    totals = made.totals.model_copy(update={"breakdown": (row,) if row else ()})
    proofs = prove(made.model_copy(update={"totals": totals}), SETTLED)
    assert all((GROSS in proofs.by_path.get(path, [])) is proven for path in ("totals.vat", "totals.gross"))


def test_charges_outside_the_lines_belong_to_the_sum() -> None:
    proofs = prove(
        invoice(("5", "20.00", "100.00"), net="106.90", vat="20.31", gross="127.21", charges="6.90"), SETTLED
    )
    assert SUM in proofs.by_path["totals.net"]


def test_quantity_and_price_that_only_arithmetic_tells_apart_stay_unproven() -> None:
    proofs = prove(invoice(("5", "20", "100"), net="100", vat="19", gross="119"), Layout(settled=(False,)))
    assert "lines.0.quantity" not in proofs.by_path
    assert proofs.by_path["lines.0.net_amount"] == [SUM]


def test_a_restored_quantity_has_a_proof_of_its_own_and_needs_the_sum() -> None:
    layout = Layout(settled=(False,), restored=(True,))
    good = prove(invoice(("5", "20.00", "100.00"), net="100.00", vat="19.00", gross="119.00"), layout)
    bad = prove(invoice(("5", "20.00", "100.00"), net="101.00", vat="19.19", gross="120.19"), layout)
    assert good.by_path["lines.0.quantity"] == [ONLY]
    assert "lines.0.quantity" not in bad.by_path


def test_vat_is_proven_by_its_rate() -> None:
    made = invoice(("5", "20.00", "100.00"), net="100.00", vat="19.00", gross="119.00")
    rated = made.model_copy(
        update={"totals": made.totals.model_copy(update={"breakdown": (VatBreakdown(rate=Decimal(19)),)})}
    )
    assert RATE in prove(rated, SETTLED).by_path["totals.vat"]


def test_reverse_charge_has_no_vat_and_net_is_gross() -> None:
    proofs = prove(invoice(("5", "20.00", "100.00"), net="100.00", vat=None, gross="100.00"), SETTLED)
    assert proofs.by_path["totals.gross"] == [GROSS]


def test_a_lines_own_allowance_is_part_of_its_amount() -> None:
    line = InvoiceLine(
        quantity=Decimal(5), net_price=Decimal(20), net_amount=Decimal("90.00"), charges=Decimal("-10.00")
    )
    made = Invoice(lines=(line,), totals=Totals(net=Decimal("90.00"), vat=Decimal("17.10"), gross=Decimal("107.10")))
    assert PRODUCT in prove(made, SETTLED).by_path["lines.0.quantity"]


PAGE = """
Rechnung Nr. 9143 vom 12.06.2026
Pos  Bezeichnung          Artikel    Menge    Einzelpreis   Gesamtpreis
1    snom D735            20-83612   12 Stck       146,30      1.755,60
2    snom M70             20-83613   5 Stck        126,20        631,00
3    Netzteil             20-83614   25 Stck         7,74        193,50
4    Kabel                20-83615   3 Stck         11,36         34,08
                                     Nettobetrag               2.614,18
                                     MwSt. 19,00 %               496,69
                                     Rechnungsbetrag           3.110,87
"""
TRUE = {
    **{f"lines.{i}.quantity": Decimal(q) for i, q in enumerate((12, 5, 25, 3))},
    **{f"lines.{i}.net_amount": Decimal(a) for i, a in enumerate(("1755.60", "631.00", "193.50", "34.08"))},
    **{f"lines.{i}.net_price": Decimal(p) for i, p in enumerate(("146.30", "126.20", "7.74", "11.36"))},
    "totals.net": Decimal("2614.18"),
    "totals.vat": Decimal("496.69"),
    "totals.gross": Decimal("3110.87"),
}


def value_at(read: Printed, path: str) -> Decimal | None:
    """The value at a field path; lines are known by their names, for a dropped one shifts the others."""
    head, *rest = path.split(".")
    if head == "totals":
        return Decimal(getattr(read.invoice.totals, rest[0]))
    return Decimal(getattr(read.invoice.lines[int(rest[0])], rest[1]))


def proven_and_wrong(read: Printed) -> list[str]:
    """The proven values that differ from what the undamaged page says."""
    names = ["snom D735", "snom M70", "Netzteil", "Kabel"]
    wrong = []
    for path, found in read.evidence.items():
        if not found.proof or path.split(".")[-1] not in {"quantity", "net_price", "net_amount", "net", "vat", "gross"}:
            continue
        true_path = path
        if path.startswith("lines."):
            line = read.invoice.lines[int(path.split(".")[1])]
            name = next((n for n in names if n in (line.item_name or "")), None)
            if name is None:
                wrong.append(f"{path}: {line.item_name}")
                continue
            true_path = f"lines.{names.index(name)}.{path.split('.')[2]}"
        if value_at(read, path) != TRUE[true_path]:
            wrong.append(f"{path}: {value_at(read, path)} is not {TRUE[true_path]}")
    return wrong


def damaged(picture: str, chance: random.Random, count: int) -> str:
    """Change one digit in each of some figures, or drop a figure or a row, as forgers and readers do."""
    for _ in range(count):
        figures = list(re.finditer(r"(?<=\s)[\d.]+(?:,\d\d)?(?=\s)", picture))
        figure = chance.choice(figures)
        kind = chance.randrange(8)
        if kind == 0:
            start = picture.rfind("\n", 0, figure.start()) + 1
            picture = picture[:start] + picture[picture.find("\n", start) + 1 :]
        elif kind == 1:
            picture = picture[: figure.start()] + " " * len(figure.group()) + picture[figure.end() :]
        else:
            digits = [i for i in range(*figure.span()) if picture[i].isdigit()]
            place = chance.choice(digits)
            other = chance.choice([d for d in "0123456789" if d != picture[place]])
            picture = picture[:place] + other + picture[place + 1 :]
    return picture


def test_the_undamaged_page_is_proven_whole() -> None:
    read = read_printed([drawn(PAGE)])
    assert all(read.evidence[path].proof for path in TRUE)
    assert not proven_and_wrong(read)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("origin", ["text", "ocr"])
def test_no_damaged_page_is_proven_and_wrong(count: int, origin: str) -> None:
    chance = random.Random(20261123 + count)  # noqa: S311  # the same damage in every run
    for _ in range(150):
        picture = damaged(PAGE, chance, count)
        read = read_printed([drawn(picture, origin="ocr" if origin == "ocr" else "text")])
        assert not proven_and_wrong(read), picture


def test_a_price_is_proven_only_as_far_as_its_amount_tells() -> None:
    """Two pieces at 12.3456 make 24.69, and so do two at 12.3457."""
    proofs = prove(invoice(("2", "12.3456", "24.69"), net="24.69", vat="4.69", gross="29.38"), SETTLED)
    assert proofs.by_path["lines.0.quantity"] == [PRODUCT]
    assert "lines.0.net_price" not in proofs.by_path
    proofs = prove(invoice(("100", "12.3456", "1234.56"), net="1234.56", vat="234.57", gross="1469.13"), SETTLED)
    assert proofs.by_path["lines.0.net_price"] == [PRODUCT]


def test_a_sum_says_nothing_of_a_line_that_adds_nothing_or_is_a_bare_amount() -> None:
    made = invoice(("2", "50.00", "100.00"), net="133.87", vat="25.44", gross="159.31")
    more = (InvoiceLine(item_name="Fracht", net_amount=Decimal(amount)) for amount in ("33.87", "0.00"))
    lines = (*made.lines, *more)
    proofs = prove(made.model_copy(update={"lines": lines}), Layout(settled=(True, False, False)))
    assert proofs.by_path["lines.0.net_amount"] == [SUM, PRODUCT]
    assert "lines.1.net_amount" not in proofs.by_path
    assert "lines.2.net_amount" not in proofs.by_path


def test_a_header_whose_columns_were_exchanged_tells_nothing() -> None:
    picture = """
    Rechnung Nr. 4711 vom 12.06.2026
    Pos  Artikel             {}     Betrag
    1    snom D735           25,00    426,39    10.659,75
    2    snom D785            3,00    150,00       450,00
    Nettobetrag                                 11.109,75
    """
    right = read_printed([drawn(picture.format("Menge     Preis"))])
    assert all(right.evidence[f"lines.{i}.quantity"].proof for i in (0, 1))
    wrong = read_printed([drawn(picture.format("Preis     Menge"))])
    assert not any(wrong.evidence[f"lines.{i}.{name}"].proof for i in (0, 1) for name in ("quantity", "net_price"))


def test_one_amount_is_not_net_and_gross_where_the_page_speaks_of_a_vat() -> None:
    """A page whose gross total was not read has its net total left, and what is payable after a part was paid."""
    for vat in (None, "0.00"):
        made = invoice(("5", "20.00", "100.00"), net="100.00", vat=vat, gross="100.00")
        assert {"totals.net", "totals.gross"} <= prove(made, SETTLED).by_path.keys()
        taxed = prove(made, Layout(settled=(True,), taxed=True)).by_path
        assert taxed == {
            "lines.0.net_amount": [SUM, PRODUCT],
            "lines.0.quantity": [PRODUCT],
            "lines.0.net_price": [PRODUCT],
        }


@pytest.mark.parametrize("first", [True, False])
def test_of_a_line_and_a_piece_of_it_neither_amount_is_proven(*, first: bool) -> None:
    made = invoice(("1", "10.00", "10.00"), net="9.90", vat="1.88", gross="11.78")
    whole, piece = made.lines[0], InvoiceLine(net_price=Decimal("1.00"), net_amount=Decimal("-0.10"))
    named = whole.model_copy(update={"item_name": "snom D735"})
    lines = (piece, named) if first else (named, piece)
    proofs = prove(made.model_copy(update={"lines": lines}), Layout(settled=(True, True)))
    assert not any(path.startswith("lines.") for path in proofs.by_path)


def test_an_amount_is_not_proven_by_a_sum_whose_charges_were_chosen_among_many_and_against_its_product() -> None:
    made = invoice(("2", "29.10", "58.70"), net="50.00", vat="9.50", gross="59.50", charges="-8.70")
    assert prove(made, SETTLED).by_path["lines.0.net_amount"] == [SUM]
    assert "lines.0.net_amount" not in prove(made, Layout(settled=(True,), chosen=True)).by_path


NOT_TAXED = """
    Summe netto                                 650,00
    Rechnungsbetrag                             650,00
"""


@pytest.mark.parametrize(
    ("totals", "proven"),
    [
        (NOT_TAXED, True),
        ("Steuerschuldnerschaft des Leistungsempfängers, Steuer-Nr. 99/602/44679" + NOT_TAXED, True),
        ("MwSt.\n" + NOT_TAXED, False),
        ("MwSt. 19 % auf 650,00        123,50" + NOT_TAXED, False),
        ("Rechnungsbetrag                             773,50" + NOT_TAXED, False),
    ],
    ids=["no VAT", "a sentence", "a label without its amount", "a VAT that no total has", "two totals"],
)
def test_net_is_gross_only_where_nothing_speaks_of_a_vat(totals: str, *, proven: bool) -> None:
    page = f"""
Rechnung Nr. 9143 vom 12.06.2026
Pos  Bezeichnung          Artikel    Menge    Einzelpreis   Gesamtpreis
1    snom D735            20-83612   5 Stck       130,00        650,00

{totals}
"""
    read = read_printed([drawn(page)])
    assert (read.invoice.totals.net, bool(read.evidence["totals.net"].proof)) == (Decimal("650.00"), proven)


@pytest.mark.parametrize(
    ("row", "proven"),
    [("5   273,00   -20,00    1.092,00", True), ("4   273,00   -20,00    1.092,00", False)],
    ids=["as printed", "a quantity misread"],
)
def test_a_discount_that_is_printed_belongs_to_the_price(row: str, *, proven: bool) -> None:
    """4 x 273.00 makes the amount too: then the discount was passed over."""
    read = read_printed(
        [
            drawn(f"""
        Rechnung Nr. 9143 vom 12.06.2026
        Pos  Bezeichnung    Menge   Preis   Rabatt %     Betrag
        1    snom D735      {row}
                            Nettobetrag                1.092,00
                            MwSt. 19,00 %                207,48
                            Rechnungsbetrag            1.299,48
        """)
        ]
    )
    assert bool(read.evidence["lines.0.quantity"].proof) == proven


def test_a_quantity_that_was_passed_over_leaves_the_others_unproven() -> None:
    """1 x 30.00 makes the amount, but what stands under the heading of the quantities is another figure."""
    read = read_printed(
        [
            drawn("""
        Facture 9143 du 12/06/2026
        Désignation        Prix    Colis      Qté    Montant
        snom D735         30,00     1        3,00      30,00
                                  Total HT             30,00
                                  TVA 20 %              6,00
                                  Total TTC            36,00
        """)
        ]
    )
    assert read.evidence["totals.net"].proof
    assert not read.evidence["lines.0.quantity"].proof
