import io
import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from stdnum import ean, iban
from stdnum.eu import vat

from extractors import einvoice, pdfium
from fixtures.drawing.batch import plans, write_batch
from fixtures.drawing.cii import cii
from fixtures.drawing.companies import load_world
from fixtures.drawing.describe import invoice_of
from fixtures.drawing.forms import figure
from fixtures.drawing.marks import Sheet, Text
from fixtures.drawing.plan import CASES, REPEATS, Plan, draw, finish, plan, sheets_of
from fixtures.drawing.samples import SAMPLES, plan_sample
from fixtures.drawing.truth import printed
from fixtures.drawing.ubl import ubl
from fixtures.drawing.worlds import draw_world
from model.money import ZERO, cents
from programme.rulebook import load
from programme.tiers import load_partners

FIXTURES = Path(__file__).parent.parent / "fixtures"
WORLD = load_world(FIXTURES)
SEEDS = [f"t{number}" for number in range(25)]


@pytest.mark.parametrize(
    "medium", ["digital", "hybrid", "xml_ubl", "scan_skew_noise", "scan_textlayer", "fax", "photo"]
)
def test_the_same_seed_gives_the_same_bytes_and_the_same_truth(medium: str) -> None:
    first, second = (draw("one seed", WORLD, medium=medium) for _ in range(2))
    assert (first.data, first.truth) == (second.data, second.truth)
    assert draw("another seed", WORLD, medium=medium).data != first.data


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


def words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word.strip(",") for text in texts for word in text.split())


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_a_digital_page_shows_what_its_description_says(seed: str) -> None:
    drawn = draw(seed, WORLD, medium="digital")
    description, layout = drawn.plan.description, drawn.plan.layout
    said = [description.number, description.buyer.name, description.seller.name, description.seller.vat_identifier]
    said += [item.name for item in description.items]
    said += [figure(item.amount, description, layout) for item in description.items]
    shown = (word.text for page in pdfium.text_pages(drawn.data) for word in page.words)
    assert words(text or "" for text in said) - words(shown) == Counter()


@pytest.mark.parametrize("write", [cii, ubl])
@pytest.mark.parametrize("case", ["ok", "ok_credit", "ok_reverse_charge", "totals_wrong"])
def test_the_xml_of_a_description_reads_back_as_the_same_invoice(write: Any, case: str) -> None:
    for seed in SEEDS[:8]:
        description = plan(seed, WORLD, case).description
        assert einvoice.read(write(description)) == invoice_of(description)


def test_a_hybrid_holds_the_xml_of_its_description() -> None:
    drawn = draw("hybrid", WORLD, medium="hybrid")
    assert einvoice.find(drawn.data) == cii(drawn.plan.description)


def apart(one: Text, other: Text) -> bool:
    """Whether two texts leave each other alone; half a point is no overlap that anybody sees."""
    a, b = one.box, other.box
    return a[0] > b[2] - 0.5 or b[0] > a[2] - 0.5 or a[1] > b[3] - 1.2 or b[1] > a[3] - 1.2


def on_the_page(text: Text, sheet: Sheet) -> bool:
    x0, top, x1, bottom = text.box
    return x0 > 20 and top > 15 and x1 < sheet.width - 15 and bottom < sheet.height - 10


@pytest.mark.parametrize("case", ["ok", "ok_credit", "multi", "quote", "delivery_note", "reminder", "letter"])
def test_no_text_covers_another_or_leaves_the_page(case: str) -> None:
    for seed in SEEDS:
        for sheet in sheets_of(plan(seed, draw_world(seed, WORLD), case)):
            texts = [mark for mark in sheet.marks if isinstance(mark, Text)]
            assert [text for text in texts if not on_the_page(text, sheet)] == []
            assert [pair for pair in combinations(texts, 2) if not apart(*pair)] == []


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
    drawn = [draw(seed, WORLD, "ok_credit", "photo") for seed in SEEDS[:5]]
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
