import io
import json
import re
from collections import Counter
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageOps, ImageSequence
from stdnum import ean, iban
from stdnum.eu import vat

from extractors import einvoice
from fixtures.drawing import expect
from fixtures.drawing.batch import plans, write_batch
from fixtures.drawing.cases import CASES, MEDIA_WEIGHTS, REPEATS
from fixtures.drawing.cii import cii
from fixtures.drawing.companies import load_world
from fixtures.drawing.describe import invoice_of
from fixtures.drawing.layout import A4
from fixtures.drawing.marks import Sheet, Text
from fixtures.drawing.media import MEDIA
from fixtures.drawing.pdf import PRODUCERS
from fixtures.drawing.plan import Plan, draw, finish, plan, sheets_of
from fixtures.drawing.samples import SAMPLES, plan_sample
from fixtures.drawing.table import cells
from fixtures.drawing.totals import totals_rows
from fixtures.drawing.truth import printed
from fixtures.drawing.ubl import ubl
from fixtures.drawing.widen import features
from fixtures.drawing.worlds import draw_world
from model.money import CENT, ZERO, cents
from programme.rulebook import load
from programme.tiers import load_partners

FIXTURES = Path(__file__).parent.parent / "fixtures"
WORLD = load_world(FIXTURES)
SEEDS = [f"t{number}" for number in range(25)]


MEDIA_OF_ALL_KINDS = (
    "digital", "hybrid", "xml_ubl", "scan_skew_noise", "scan_textlayer", "fax", "photo", "rotate_flag", "cropped",
    "unmapped", "poor_layer", "stamp_layer", "show_through", "webp", "tiff_frames",
)  # fmt: skip


@pytest.mark.parametrize("medium", MEDIA_OF_ALL_KINDS)
def test_the_same_seed_gives_the_same_bytes_and_the_same_truth(medium: str) -> None:
    first, second = (draw("one seed", WORLD, "ok_credit", medium) for _ in range(2))
    assert (first.data, first.truth) == (second.data, second.truth)
    assert draw("another seed", WORLD, "ok_credit", medium).data != first.data


@pytest.mark.parametrize("producer", PRODUCERS)
def test_every_producer_gives_the_same_bytes_again_and_is_named_in_the_truth(producer: str) -> None:
    first, second = (draw("one seed", WORLD, medium="digital", producer=producer) for _ in range(2))
    assert first.data == second.data
    assert first.truth["producer"] == producer
    assert text_of(draw("blank", WORLD, "blank", "digital", producer).data) == ""


def adds_up(invoice: dict[str, Any], charges: Decimal) -> bool:
    amounts = [Decimal(line["net_amount"]) for line in invoice["lines"]]
    totals = {name: Decimal(value) for name, value in invoice["totals"].items()}
    products = [cents(Decimal(line["quantity"]) * Decimal(line["net_price"])) for line in invoice["lines"]]
    return (
        products == amounts
        and sum(amounts) + charges == totals["net"]
        and totals["net"] + totals["vat"] == totals["gross"]
    )


def printed_by(planned: Plan) -> dict[str, Any]:
    invoice = printed(planned.description, planned.layout)
    assert invoice is not None
    return invoice


@pytest.mark.parametrize("case", ["ok", "ok_credit", "ok_reverse_charge"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_figures_of_a_truth_add_up(seed: str, case: str) -> None:
    planned = plan(seed, WORLD, case)
    assert adds_up(printed_by(planned), planned.description.charges_sum)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_figures_of_a_misprint_do_not_add_up(seed: str) -> None:
    planned = plan(seed, WORLD, "totals_wrong")
    assert not adds_up(printed_by(planned), planned.description.charges_sum)


def test_a_correction_prints_negative_figures_and_a_credit_note_may() -> None:
    invoices = [printed_by(plan(seed, WORLD, "ok_credit")) for seed in SEEDS]
    signs = Counter((one["type_code"], Decimal(one["totals"]["gross"]) < ZERO) for one in invoices)
    assert set(signs) == {("384", True), ("381", True), ("381", False)}


def text_of(pdf: bytes) -> str:
    """The text of a PDF without any blanks, pages one after the other."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def picture_of(pdf: bytes) -> Any:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return document[0].render(scale=0.5, grayscale=True).to_numpy().astype(float)


def value(printed_text: str, form: str) -> Decimal:
    """Read a figure that is written with these thousands and decimal marks, as "1.234,50-" or "12,- EUR"."""
    digits = re.sub(rf"[^\d{re.escape(form[-1])}]", "", printed_text).rstrip(form[-1])
    amount = Decimal(digits.replace(form[-1], ".") if form[-1] in digits else digits)
    text = re.sub(r"[^\d-]+$", "", printed_text).replace(f"{form[-1]}-", "")
    return -amount if text.startswith("-") or text.endswith("-") else amount


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("seed", SEEDS[:9])
def test_a_digital_page_shows_what_its_truth_says(seed: str, producer: str) -> None:
    drawn = draw(seed, WORLD, "ok" if seed != "t1" else "ok_credit", "digital", producer)
    description, layout = drawn.plan.description, drawn.plan.layout
    invoice, shown = drawn.truth["invoice"], text_of(drawn.data)
    said = [description.number, description.buyer.name, description.seller.name, description.seller.vat_identifier]
    said += [row[1] for row in totals_rows(description, layout)]
    for place, line in enumerate(invoice["lines"]):
        cell = cells(description.items[place], place + 1, description, layout)
        assert value(cell["amount"], layout.number_form) == Decimal(line["net_amount"])
        assert value(cell["quantity"].split(" ")[0], layout.number_form) == Decimal(line["quantity"])
        if "net_price" in layout.columns:
            assert (
                value(cell["net_price"], layout.number_form)
                == Decimal(line["net_price"]) * description.items[place].base
            )
        said += [text for column, text in cell.items() if column in layout.columns and column != "name"]
        said += [*line["serial_numbers"], *line["item_name"].split()]
    assert [text for text in said if "".join((text or "").split()) not in shown] == []
    last = totals_rows(description, layout)[-1]
    assert value(last[1], layout.number_form) == Decimal(invoice["totals"]["gross"])


def test_a_text_in_columns_is_not_in_reading_order() -> None:
    planned = plan("columns", WORLD, "ok_credit", medium="digital", producer="fpdf2")
    layout = replace(planned.layout, painted="columns", stacked=None)
    drawn = finish(replace(planned, layout=layout), WORLD)
    assert len(planned.description.items) > 1
    amounts = [cells(item, 1, planned.description, layout)["amount"] for item in planned.description.items]
    assert "".join("".join(amounts).split()) in text_of(drawn.data)


@pytest.mark.parametrize("medium", ["rotate_flag", "cropped", "unmapped"])
def test_a_page_that_is_stored_otherwise_looks_the_same(medium: str) -> None:
    for seed in SEEDS[:4]:
        planned = plan(seed, WORLD, medium=medium)
        usual, other = finish(replace(planned, medium="digital"), WORLD), finish(planned, WORLD)
        assert abs(picture_of(usual.data) - picture_of(other.data)).mean() < 1.5
        assert (text_of(usual.data) == text_of(other.data)) is (medium != "unmapped")
        assert usual.truth["invoice"] == other.truth["invoice"]


def test_a_poor_text_layer_is_like_the_page_but_not_to_be_believed() -> None:
    planned = plan("poor", WORLD, medium="poor_layer")
    honest, poor = (text_of(finish(replace(planned, medium=m), WORLD).data) for m in ("scan_textlayer", "poor_layer"))
    assert honest != poor
    assert 0.6 < SequenceMatcher(None, honest, poor, autojunk=False).ratio() < 0.97


def test_a_tiff_has_a_frame_a_page_and_a_small_one_that_is_flagged() -> None:
    drawn = draw("frames", WORLD, medium="tiff_frames")
    with Image.open(io.BytesIO(drawn.data)) as picture:
        kinds = [frame.getexif().get(254, 0) for frame in ImageSequence.Iterator(picture)]
    assert Counter(kinds) == Counter({0: drawn.truth["document"]["page_count"], 1: 1})


def test_a_webp_holds_one_page_and_longer_documents_come_as_pictures() -> None:
    planned = [plan(seed, WORLD, medium="webp") for seed in SEEDS]
    assert {(one.medium, len(sheets_of(one)) == 1) for one in planned} == {("webp", True), ("picture", False)}


def test_vat_that_is_rounded_line_by_line_may_be_off_from_its_rate() -> None:
    found = [plan(seed, WORLD).description for seed in SEEDS]
    rows = [row for one in found if one.rounding == "line" for row in one.breakdown]
    off = [(row.base or ZERO) * (row.rate or ZERO) / 100 - (row.amount or ZERO) for row in rows]
    assert any(abs(cent) > CENT / 2 for cent in off)
    assert all(abs(cent) < 30 * CENT for cent in off)


def test_what_is_returned_counts_negative_and_what_is_free_earns_nothing() -> None:
    sold = draw("units", WORLD, medium="xml_cii").plan.description
    phone = next(item for item in sold.items if expect.earns(item.model, WORLD))
    back, free = replace(phone, quantity=-Decimal(1)), replace(phone, list_price=ZERO, rebate=ZERO)
    units = expect.units(replace(sold, items=(replace(phone, quantity=Decimal(3)), back, free)), WORLD)
    assert units == [{"model": phone.model, "quantity": 2}]


WIDE = {
    "aside:backorders", "aside:banks", "aside:dues", "aside:notes", "allowance", "base_in:below", "base_in:beside",
    "charges", "charges_after", "conditions", "dash", "description_first", "discount_first", "discount_in:line",
    "discount_in:piece", "fields_mixed", "figures_at:last", "figures_at:middle", "foot:rows", "foot:side", "free_line",
    "group_sums", "groups", "head:band", "head:logo", "landscape", "meta:above", "meta:grid", "meta:ledger",
    "net_price", "numbers: ,", "numbers:'.", "page_number:top", "painted:backwards", "painted:columns", "price_base",
    "quantity_first", "remarks", "returned_line", "rounded_by_line", "serial_block:grid", "serial_block:margin",
    "ship_to:after", "ship_to:below", "ship_to:beside", "stacked:name_first", "stacked:numbers_first", "vat_rates",
    "vat_table:below", "vat_table:left",
}  # fmt: skip


def test_layouts_are_drawn_from_a_wide_space() -> None:
    batch = list(plans("wide", 160, draw_world("wide", WORLD)))
    drawn = Counter(name for one in batch for name in features(one.layout, one.description))
    assert WIDE - set(drawn) == set()
    # nothing but the serial numbers is so usual that a reader could count on it
    assert [name for name, count in drawn.items() if count > 0.7 * len(batch) and name != "serials"] == []
    producers = Counter(one.producer for one in batch)
    assert 0.3 < producers["reportlab"] / len(batch) < 0.7
    assert {*MEDIA} == {*MEDIA_WEIGHTS, "destroyed"}


@pytest.mark.parametrize("write", [cii, ubl])
@pytest.mark.parametrize("case", ["ok", "ok_credit", "ok_reverse_charge", "totals_wrong"])
def test_the_xml_of_a_description_reads_back_as_the_same_invoice(write: Any, case: str) -> None:
    for seed in SEEDS[:8]:
        description = plan(seed, WORLD, case).description
        assert einvoice.read(write(description)) == invoice_of(description)


def test_a_hybrid_holds_the_xml_of_its_description() -> None:
    drawn = draw("hybrid", WORLD, medium="hybrid")
    assert einvoice.find(drawn.data) == cii(drawn.plan.description)


def overlaps(texts: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other; half a point is no overlap that anybody sees."""
    boxes = sorted((text.box[1], text.box, text.text) for text in texts)
    return [
        (one, other)
        for place, (_, a, one) in enumerate(boxes)
        for _, b, other in takewhile(lambda box: box[0] < a[3] - 1.2, boxes[place + 1 :])  # noqa: B023 used at once
        if a[0] < b[2] - 0.5 and b[0] < a[2] - 0.5
    ]


def on_the_page(text: Text, sheet: Sheet) -> bool:
    x0, top, x1, bottom = text.box
    return x0 > 20 and top > 15 and x1 < sheet.width - 15 and bottom < sheet.height - 10


@pytest.mark.parametrize("case", ["ok", "ok_credit", "multi", "quote", "delivery_note", "reminder", "letter"])
def test_no_text_covers_another_or_leaves_the_page(case: str) -> None:
    for seed in SEEDS:
        for sheet in sheets_of(plan(seed, draw_world(seed, WORLD), case)):
            texts = [mark for mark in sheet.marks if isinstance(mark, Text)]
            assert [text for text in texts if not on_the_page(text, sheet)] == []
            assert overlaps(texts) == []


def test_a_case_leads_where_it_should_and_only_approval_earns() -> None:
    for case in CASES.keys() - REPEATS:
        due = draw(case, WORLD, case, "destroyed" if case == "unreadable" else "digital").truth["expected"]
        assert due["outcome"] == CASES[case].outcome
        assert bool(due["bonus_units"]) == (due["outcome"] == "approved")


def test_invented_identifiers_have_valid_check_digits() -> None:
    world = draw_world("identifiers", WORLD)
    for company in (*world.distributors, *world.strangers, *WORLD.distributors, *WORLD.strangers):
        assert vat.is_valid(company.party.vat_identifier or "")
        assert iban.is_valid(company.party.iban or "")
    assert all(vat.is_valid(partner.vat_identifier or "") for partner in (*world.partners, *WORLD.partners))
    assert all(ean.is_valid(row["ean"]) for row in WORLD.catalogue)


def test_a_photograph_says_how_to_turn_it_and_a_fax_how_dense_it_is() -> None:
    planned = [plan(seed, WORLD, "ok_credit", medium="photo") for seed in SEEDS]
    upright = [one for one in planned if one.layout.page == A4 and len(sheets_of(one)) == 1]
    drawn = [finish(one, WORLD) for one in upright[:4]]
    shots = [Image.open(io.BytesIO(one.data)) for one in drawn if one.suffix == ".jpg"]
    assert len({shot.width > shot.height for shot in shots}) == 2
    assert all(shot.width < shot.height for shot in map(ImageOps.exif_transpose, shots))
    assert Image.open(io.BytesIO(draw("fax", WORLD, medium="fax").data)).info["dpi"] == (204.0, 196.0)


def test_a_batch_repeats_no_number_but_on_purpose() -> None:
    batch = list(plans("batch", 120, WORLD))
    fresh = [one.description for one in batch if one.case not in REPEATS]
    assert max(Counter((one.seller.name, one.number) for one in fresh).values()) == 1
    serials = [serial for one in fresh for item in one.items for serial in item.serials]
    assert max(Counter(serials).values()) == 1


def test_a_batch_is_written_with_its_truth_manifest_and_rulebook(tmp_path: Path) -> None:
    drawn = write_batch("small", 4, tmp_path, WORLD)
    uploads = [json.loads(line) for line in (tmp_path / "uploads.jsonl").read_text().splitlines()]
    for upload, made in zip(uploads, drawn, strict=True):
        truth = json.loads((tmp_path / upload["file"]).with_suffix(".truth.json").read_text())
        assert (tmp_path / upload["file"]).read_bytes() == made.data
        assert (truth["file"], truth["partner"]) == (upload["file"], upload["partner"])
    assert load(tmp_path / "rulebook").warnings == ()
    assert load_partners(tmp_path / "partners.json").partners == draw_world("small", WORLD).partners


def test_the_sample_rulebook_and_partners_load_without_a_warning() -> None:
    assert load(FIXTURES / "rulebook").warnings == ()
    assert load_partners(FIXTURES / "partners.json").partners == WORLD.partners


def test_the_committed_fixtures_are_as_they_are_drawn() -> None:
    done: dict[str, Plan] = {}
    for sample in SAMPLES:
        done[sample.name] = plan_sample(sample, WORLD, done)
        if done[sample.name].medium in {"digital", "hybrid", "xml_cii", "xml_ubl"}:
            drawn = finish(done[sample.name], WORLD)
            assert (FIXTURES / sample.name / f"invoice{drawn.suffix}").read_bytes() == drawn.data
            expected = json.loads((FIXTURES / sample.name / "expected.json").read_text())
            assert expected["invoice"] == drawn.truth["invoice"]


def test_every_fixture_stands_in_the_manifest_and_says_where_it_comes_from() -> None:
    listed = [json.loads(line)["file"] for line in (FIXTURES / "uploads.jsonl").read_text().splitlines()]
    folders = {path.parent.name for path in FIXTURES.glob("*/expected.json")}
    assert {name.split("/")[0] for name in listed} == folders
    for folder in folders:
        note = (FIXTURES / folder / "note.md").read_text()
        assert "Source: " in note
        assert "Licence: " in note
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()) < 4_000_000
