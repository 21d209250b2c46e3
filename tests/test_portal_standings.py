"""What people and programs are told of a partner."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from portal.standings import sentence
from programme.standing import Notice

ROOT = Path(__file__).parent.parent
SENTENCES = tomllib.loads((ROOT / "portal" / "standing.toml").read_text())
PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")


def told() -> set[str]:
    """Every code that stands in the source: of notices, and of what ends."""
    nodes = list(ast.walk(ast.parse((ROOT / "programme" / "standing.py").read_text())))
    calls = [node.args[0] for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Notice"]
    texts = {str(node.value) for node in calls if isinstance(node, ast.Constant)}
    return texts | {str(node.value) for node in nodes if isinstance(node, ast.Constant) if _is_end(node.value)}


def _is_end(value: object) -> bool:
    return isinstance(value, str) and value.endswith("_ends")


def test_every_notice_has_a_sentence_and_every_sentence_a_notice() -> None:
    assert told() == SENTENCES.keys()
    for said in SENTENCES.values():
        assert set(said) == {"de", "en"}
        assert set(PLACE.findall(said["de"])) == set(PLACE.findall(said["en"]))


@pytest.mark.parametrize(
    ("notice", "german", "english"),
    [
        (
            Notice("certificate_ended", {"day": "2026-12-31"}),
            "Das letzte Zertifikat endete am 31.12.2026",
            "The last certificate ended on 31 December 2026",
        ),
        (
            Notice("revenue_below", {"revenue": "1234.50", "commitment": "10000.00"}),
            "Der Jahresumsatz beträgt 1.234,50 EUR; zugesagt sind 10.000,00 EUR.",
            "The revenue of the year is 1,234.50 EUR; committed are 10,000.00 EUR.",
        ),
    ],
)
def test_it_is_said_in_two_languages(notice: Notice, german: str, english: str) -> None:
    assert sentence(notice, "de").startswith(german)
    assert sentence(notice, "en").startswith(english)
