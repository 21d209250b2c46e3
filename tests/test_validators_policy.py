"""The policy file: every code of the contract has an effect, and the version is that of the bytes."""

import hashlib
import json
from pathlib import Path

import pytest

from validators.policy import parse, policy

ROOT = Path(__file__).parents[1]
REJECTING = {
    *("seller_not_authorised", "duplicate_document", "duplicate_invoice", "buyer_mismatch", "partner_not_eligible"),
    *("outside_claim_period", "no_eligible_products", "not_an_invoice"),
}


def test_every_reason_code_of_the_contract_has_its_effect() -> None:
    schema = json.loads((ROOT / "docs/contract/decision.schema.json").read_text(encoding="utf-8"))
    codes = schema["$defs"]["reason_code"]["enum"]
    assert dict(policy().effects) == {code: "reject" if code in REJECTING else "review" for code in codes}


def test_the_version_is_the_digest_of_the_file() -> None:
    data = (ROOT / "validators/policy.toml").read_bytes()
    assert policy().version == hashlib.sha256(data).hexdigest()[:12]


def test_a_changed_byte_is_another_version() -> None:
    assert parse(b'low_confidence = "review"').version != parse(b'low_confidence = "review" ').version


def test_an_effect_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="low_confidence leads to 'pay'"):
        parse(b'low_confidence = "pay"')
