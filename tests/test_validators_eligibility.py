"""Tier and certificate on the issue date."""

import datetime as dt

import pytest
from sample_dossiers import PARTNER, RULEBOOK, dossier, found, invoice, only, reading

from model.case import Booked, Certificate
from validators import eligibility
from validators.sentences import sentence

check = eligibility.check


@pytest.mark.parametrize(
    ("issued", "variants"),
    [
        (dt.date(2024, 12, 31), ["no_tier"]),
        (dt.date(2025, 12, 31), ["tier"]),
        (dt.date(2026, 1, 1), []),
        (dt.date(2027, 5, 31), []),
        (dt.date(2027, 6, 1), ["certificate_ended"]),
    ],
)
def test_the_issue_date_decides(issued: dt.date, variants: list[str]) -> None:
    expected = [("partner_not_eligible", variant, True) for variant in variants]
    assert found(check, dossier(invoice(issue_date=issued))) == expected


@pytest.mark.parametrize(("issued", "variants"), [(dt.date(2026, 8, 31), []), (dt.date(2026, 9, 1), ["left"])])
def test_who_left_the_programme_earns_nothing_from_that_day_on(issued: dt.date, variants: list[str]) -> None:
    partner = PARTNER.model_copy(update={"left_on": dt.date(2026, 9, 1)})
    expected = [("partner_not_eligible", variant, True) for variant in variants]
    assert found(check, dossier(invoice(issue_date=issued), partner=partner)) == expected


def test_the_certificate_of_an_employee_who_left_ended_the_day_before() -> None:
    certificate = PARTNER.certifications[0].model_copy(update={"left_on": dt.date(2026, 9, 1)})
    partner = PARTNER.model_copy(update={"certifications": (certificate,)})
    assert found(check, dossier(invoice(issue_date=dt.date(2026, 8, 31)), partner=partner)) == []
    (finding,) = check(dossier(invoice(issue_date=dt.date(2026, 9, 1)), partner=partner))
    assert (finding.variant, finding.values["valid_to"]) == ("certificate_ended", "2026-08-31")


def test_the_day_of_the_upload_does_not_decide() -> None:
    late = dossier(invoice(issue_date=dt.date(2027, 5, 31)), accepted_on=dt.date(2027, 8, 1))
    assert found(check, late) == []


def test_a_certificate_that_begins_later_does_not_cover() -> None:
    later = Certificate(valid_from=dt.date(2026, 9, 2), valid_to=dt.date(2028, 9, 1))
    partner = PARTNER.model_copy(update={"certifications": (later,)})
    assert found(check, dossier(partner=partner)) == [("partner_not_eligible", "no_certificate", True)]


def test_without_the_rule_no_certificate_is_needed() -> None:
    programme = RULEBOOK.programme.model_copy(update={"certification_required": False})
    free = RULEBOOK.model_copy(update={"programme": programme})
    assert found(check, dossier(rulebook=free, partner=PARTNER.model_copy(update={"certifications": ()}))) == []


def test_the_sentence_names_the_tier_and_the_last_certificate() -> None:
    registered = only(check, dossier(invoice(issue_date=dt.date(2025, 12, 31))))
    assert (
        "on the invoice date, 31 december 2025, your partner tier was registered" in sentence(registered, "en").lower()
    )
    ended = only(check, dossier(invoice(issue_date=dt.date(2027, 6, 1))))
    assert "endete am 31.05.2027" in sentence(ended, "de")


def test_a_date_read_with_doubt_rejects_nobody() -> None:
    read = reading(invoice(issue_date=dt.date(2025, 12, 31)), doubtful=("issue_date",))
    assert found(check, dossier(read)) == [("partner_not_eligible", "tier", False)]


def test_without_an_issue_date_there_is_nothing_to_say() -> None:
    assert found(check, dossier(invoice(issue_date=None))) == []


def test_a_credit_note_for_a_booked_invoice_is_held_not_rejected() -> None:
    booked = (Booked(model="D785", quantity=2, bonus_each="14.00"),)
    credit = invoice(issue_date=dt.date(2027, 6, 1), type_code="381", preceding_invoice_number="RE-4000")
    assert found(check, dossier(credit, preceding=booked)) == [("partner_not_eligible", "certificate_ended", False)]
    assert found(check, dossier(credit)) == [("partner_not_eligible", "certificate_ended", True)]
