"""What a partner reads: complete, in both languages, and safe with hostile values."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.finding import Finding
from validators.classes import NO_INVOICE
from validators.policy import policy
from validators.sentences import LONGEST_VALUE, clean, sentence, sentences

ROOT = Path(__file__).parents[1]
YIELDING = (*sorted((ROOT / "validators").glob("*.py")), ROOT / "pipeline" / "extract.py")
PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")


def yielded() -> set[tuple[str, str]]:
    """Every code and variant that stands in the sources; a variant that is no constant must be in NO_INVOICE."""
    found = {("not_an_invoice", variant) for variant in NO_INVOICE}
    for path in YIELDING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                given_ = {keyword.arg: keyword.value for keyword in node.keywords}
                code, variant = given_["code"], given_.get("variant", ast.Constant(""))
                assert isinstance(code, ast.Constant), path
                if isinstance(variant, ast.Constant):
                    found.add((str(code.value), str(variant.value)))
                else:
                    assert path.name in {"document_class.py", "extract.py"}
    return found


def test_validators_yield_what_this_test_believes() -> None:
    assert {("buyer_mismatch", "addressee"), ("unreadable", ""), ("duplicate_invoice", "elsewhere")} < yielded()


@pytest.mark.parametrize(("code", "variant"), sorted(yielded()))
def test_every_variant_has_both_languages_with_the_same_places(code: str, variant: str) -> None:
    said = sentences()[code][variant or "plain"]
    assert set(said) == {"de", "en"}
    assert set(PLACE.findall(said["de"])) == set(PLACE.findall(said["en"]))


def test_no_sentence_is_left_that_nobody_says() -> None:
    said = {(code, variant) for code, variants in sentences().items() for variant in variants if variant != "plain"}
    assert said <= yielded()


def test_every_code_has_a_plain_sentence_without_places() -> None:
    assert set(sentences()) == {*policy().effects, "unknown"}
    for variants in sentences().values():
        assert not any(PLACE.search(text) for text in variants["plain"].values())


def test_values_stand_in_the_languages_own_form() -> None:
    finding = Finding(code="totals_mismatch", variant="lines", values={"sum": "12345.5", "net": "-99.00"})
    assert sentence(finding, "de") == "Die Positionen ergeben 12.345,50, als Nettosumme steht -99,00."
    assert sentence(finding, "en") == "The lines add up to 12,345.50, but the net total is -99.00."
    dates = {"issue_date": "2026-03-01", "accepted_on": "2026-02-28"}
    assert "01.03.2026" in sentence(Finding(code="outside_claim_period", variant="future", values=dates), "de")
    assert "1 March 2026" in sentence(Finding(code="outside_claim_period", variant="future", values=dates), "en")


def test_what_is_unknown_or_missing_falls_back_to_the_plain_sentence() -> None:
    plain = "The invoice is addressed to another company."
    assert sentence(Finding(code="buyer_mismatch", variant="addressee", values={"buyer": "X"}), "en") == plain
    assert sentence(Finding(code="buyer_mismatch", variant="never heard of"), "en") == plain
    assert sentence(Finding(code="never_heard_of"), "en").endswith("a member of staff has to look at.")


HOSTILE = [
    ("{partner}", "{partner}"),
    ("{0.__class__}", "{0.__class__}"),
    (r"\1\g<0>", r"\1\g<0>"),
    ("%s%n", "%s%n"),
    ("A\u202egnp.exe", "Agnp.exe"),
    ("A\x00\x1b[31mB\nC", "A [31mB C"),
    ("\u2028line\u2029", "line"),
    ("x" * 100, "x" * 79 + "…"),
]


@pytest.mark.parametrize(("value", "shown"), HOSTILE)
def test_a_hostile_value_is_shown_and_never_interpreted(value: str, shown: str) -> None:
    finding = Finding(code="buyer_mismatch", variant="addressee", values={"buyer": value, "partner": "P"})
    assert sentence(finding, "en") == f"The invoice is addressed to “{shown}”, not to “P”."


@given(st.text(max_size=400))
def test_a_clean_value_is_short_and_prints(value: str) -> None:
    shown = clean(value)
    assert len(shown) <= LONGEST_VALUE
    assert shown.isprintable()


@given(st.dictionaries(st.sampled_from(["issue_date", "net", "sum", "read", "valid_from", "seller"]), st.text()))
def test_no_value_whatever_raises(values: dict[str, str]) -> None:
    for code, variants in sentences().items():
        for variant in variants:
            assert sentence(Finding(code=code, variant=variant, values=values), "de")
