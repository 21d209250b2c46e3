"""Each test that SECURITY.md names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tests_that_the_table_names_are_there() -> None:
    named = re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", (ROOT / "SECURITY.md").read_text())
    assert len(named) > 20
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not name or name in there, f"{file}::{name}"
