"""docs/findings.md is complete and says what the policy and the sentences say."""

import json
import re
from pathlib import Path

import pytest

from validators.policy import policy
from validators.sentences import sentences

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "docs/contract/decision.schema.json").read_text(encoding="utf-8"))
REASONS = SCHEMA["$defs"]["reason_code"]["enum"]
ERRORS = (
    *("empty", "unsupported_type", "encrypted", "damaged", "too_large", "too_many_pages", "too_many_pixels"),
    *("bad_xml", "timeout", "out_of_memory", "crashed"),
)


def sections() -> dict[str, str]:
    text = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `(\w+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def field(code: str, name: str) -> str:
    found = re.search(rf"^- \*\*{name}\*\*: (.+)$", sections()[code], flags=re.MULTILINE)
    assert found, f"{code} lacks {name}"
    return found[1]


def test_every_code_has_its_section_and_no_other() -> None:
    assert set(sections()) == {*REASONS, *ERRORS}


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_says_meaning_effect_sentence_and_what_to_do(code: str) -> None:
    assert field(code, "Meaning")
    assert field(code, "The operator")
    assert field(code, "Effect") == policy().effects[code]
    plain = sentences()[code]["plain"]
    assert field(code, "The partner reads") == f"{plain['de']} / {plain['en']}"
    variants = set(re.findall(r"`(\w+)`", field(code, "Variants")))
    assert variants == set(sentences()[code]) - {"plain"}


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_says_meaning_effect_and_what_to_do(code: str) -> None:
    assert field(code, "Meaning")
    assert field(code, "The operator")
    assert field(code, "Effect") == "failed"
