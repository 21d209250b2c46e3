"""The same file or the same invoice, uploaded earlier."""

import pytest
from sample_dossiers import dossier, found, invoice, only, reading, same_bytes, same_content, same_number

from validators import duplicates
from validators.sentences import sentence

check = duplicates.check


def test_a_first_upload_passes() -> None:
    assert found(check, dossier()) == []


def test_the_partners_own_copy_is_rejected_with_the_earlier_upload() -> None:
    finding = only(check, dossier(look_alikes=(same_bytes(same_partner=True),)))
    assert (finding.code, finding.variant, finding.certain) == ("duplicate_document", "own", True)
    assert "(document d1)" in sentence(finding, "en")


def test_the_partners_own_rescan_is_rejected_with_number_and_upload() -> None:
    finding = only(check, dossier(look_alikes=(same_number(same_partner=True),)))
    assert (finding.code, finding.variant, finding.certain) == ("duplicate_invoice", "own", True)
    said = sentence(finding, "en")
    assert said == "You have submitted invoice RE-4711 of this seller before (document d1)."


def test_a_copy_is_not_said_to_be_a_rescan_too() -> None:
    both = (same_bytes(same_partner=True), same_number(same_partner=True))
    assert found(check, dossier(look_alikes=both)) == [("duplicate_document", "own", True)]
    other = (same_bytes(same_partner=True), same_number(same_partner=True, document_id="d2"))
    assert [code for code, _, _ in found(check, dossier(look_alikes=other))] == [
        "duplicate_document",
        "duplicate_invoice",
    ]


def test_a_number_read_with_doubt_rejects_nobody() -> None:
    read = reading(invoice(), doubtful=("number",))
    look_alikes = (same_number(same_partner=True),)
    assert found(check, dossier(read, look_alikes=look_alikes)) == [("duplicate_invoice", "own", False)]


def test_another_partners_upload_holds_and_nothing_of_it_is_said() -> None:
    theirs = (
        same_bytes(same_partner=False, document_id="secret-1"),
        same_number(same_partner=False, document_id="secret-2"),
    )
    findings = list(check(dossier(look_alikes=theirs)))
    assert [(f.code, f.variant, f.certain) for f in findings] == [
        ("duplicate_document", "elsewhere", False),
        ("duplicate_invoice", "elsewhere", False),
    ]
    for finding in findings:
        assert "secret" not in finding.model_dump_json()
        for said in (sentence(finding, "de"), sentence(finding, "en")):
            assert not any(word in said for word in ("bereits", "before", "ander", "other"))


def test_the_partners_own_invoice_under_another_number_is_held() -> None:
    finding = only(check, dossier(look_alikes=(same_content(same_partner=True),)))
    assert (finding.code, finding.variant, finding.certain) == ("duplicate_invoice", "content", False)
    assert sentence(finding, "en").startswith("Your document d1 has the same seller, date, lines and total")


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_another_partners_lines_alike_tell_of_one_invoice_where_they_are_many(lines: int) -> None:
    read = reading(invoice(lines=invoice().lines[:1] * lines))
    findings = list(check(dossier(read, look_alikes=(same_content(same_partner=False, document_id="secret"),))))
    assert [f.variant for f in findings] == ["elsewhere"] * (lines == 3)
    assert all("secret" not in f.model_dump_json() for f in findings)
