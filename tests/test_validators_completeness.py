"""The values that every decision rests on."""

import pytest
from sample_dossiers import dossier, found, invoice, only, reading

from model.invoice import Totals
from validators import completeness

check = completeness.check


def test_a_complete_invoice_passes() -> None:
    assert found(check, dossier()) == []


@pytest.mark.parametrize("field", ["number", "issue_date", "type_code"])
def test_a_missing_value_is_named(field: str) -> None:
    finding = only(check, dossier(invoice(**{field: None})))
    assert (finding.code, finding.variant, finding.about) == ("low_confidence", field, (field,))
    assert finding.values == {"read": "-"}


@pytest.mark.parametrize(("field", "read"), [("number", "RE-4711"), ("issue_date", "2026-09-01"), ("type_code", "380")])
def test_a_value_read_with_doubt_is_shown(field: str, read: str) -> None:
    finding = only(check, dossier(reading(invoice(), doubtful=(field,))))
    assert (finding.variant, finding.values) == (field, {"read": read})


def test_words_need_no_proof_if_they_were_read_without_doubt() -> None:
    assert found(check, dossier(reading(invoice(), unproven=("number", "issue_date", "type_code")))) == []


def test_a_type_of_which_the_sign_is_not_known_is_held() -> None:
    assert only(check, dossier(invoice(type_code="386"))).values == {"read": "386"}


def test_an_invoice_without_lines_and_totals_is_held() -> None:
    bare = invoice().model_copy(update={"lines": (), "totals": Totals()})
    assert [variant for _, variant, _ in found(check, dossier(bare))] == ["no_lines", "no_net_total"]
