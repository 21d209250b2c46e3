"""What several tests share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

CONTRACT = Path(__file__).parent.parent / "docs" / "contract"

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def breaches() -> Callable[[str, Any], list[str]]:
    """Say where a value departs from a schema of docs/contract ("invoice", "decision"): "lines.0.quantity: ..."."""

    def say(schema: str, value: Any) -> list[str]:
        rules = json.loads((CONTRACT / f"{schema}.schema.json").read_text())
        found = Draft202012Validator(rules, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(value)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]

    return say
