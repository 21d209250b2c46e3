"""The seller has to be a distributor authorised on the issue date."""

import datetime as dt

from sample_dossiers import SELLER, dossier, found, invoice, only, reading

from model.invoice import Party
from validators import distributor
from validators.sentences import sentence

check = distributor.check
STRANGER = Party(name="Bürowelt Franken GmbH", vat_identifier="DE509903545")


def test_an_authorised_distributor_passes() -> None:
    assert found(check, dossier()) == []


def test_another_company_is_rejected() -> None:
    finding = only(check, dossier(invoice(seller=STRANGER)))
    assert (finding.code, finding.variant, finding.certain) == ("seller_not_authorised", "company", True)
    assert sentence(finding, "en") == "The seller “Bürowelt Franken GmbH” is not an authorised distributor."


def test_a_stranger_read_with_doubt_or_by_name_alone_is_held() -> None:
    for field in ("seller.vat_identifier", "seller.name"):
        doubtful = reading(invoice(seller=STRANGER), doubtful=(field,))
        assert found(check, dossier(doubtful)) == [("seller_not_authorised", "company", False)]
    nameless = invoice(seller=Party(name="Wir sind für Sie da"))
    assert found(check, dossier(nameless)) == [("seller_not_authorised", "company", False)]


def test_a_look_alike_is_rejected_and_told_apart() -> None:
    imitation = Party(name="Nordtell Distribution GmbH", vat_identifier="DE509903545")
    finding = only(check, dossier(invoice(seller=imitation)))
    assert (finding.code, finding.variant, finding.certain) == ("seller_not_authorised", "look_alike", True)
    assert "not the authorised distributor “Nordtel Distribution GmbH”" in sentence(finding, "en")


def test_a_distributor_before_and_after_its_time_is_rejected() -> None:
    early = only(check, dossier(invoice(issue_date=dt.date(2025, 12, 31))))
    assert (early.variant, early.certain) == ("not_yet", True)
    assert "erst seit 01.01.2026" in sentence(early, "de")
    late = only(check, dossier(invoice(issue_date=dt.date(2027, 1, 1))))
    assert (late.variant, late.certain) == ("no_longer", True)
    assert "nur bis 31.12.2026" in sentence(late, "de")
    first, last = invoice(issue_date=dt.date(2026, 1, 1)), invoice(issue_date=dt.date(2026, 12, 31))
    assert found(check, dossier(first)) == found(check, dossier(last)) == []


def test_a_date_read_with_doubt_rejects_nobody() -> None:
    read = reading(invoice(issue_date=dt.date(2025, 12, 31)), doubtful=("issue_date",))
    assert found(check, dossier(read)) == [("seller_not_authorised", "not_yet", False)]


def test_a_name_that_no_identifier_confirms_is_held() -> None:
    finding = only(check, dossier(invoice(seller=Party(name=SELLER.name))))
    assert (finding.code, finding.variant) == ("seller_unverified", "no_identifier")


def test_a_contradicting_identifier_is_shown_and_the_right_one_is_not() -> None:
    forged = SELLER.model_copy(update={"iban": "DE29100500000187936644"})
    finding = only(check, dossier(invoice(seller=forged)))
    assert (finding.code, finding.variant) == ("seller_unverified", "contradicted")
    assert finding.values["printed"] == "DE29100500000187936644"
    assert "DE18414500753370013058" not in finding.model_dump_json()


def test_a_seller_that_was_not_read_is_held() -> None:
    assert found(check, dossier(invoice(seller=Party()))) == [("low_confidence", "seller", True)]
