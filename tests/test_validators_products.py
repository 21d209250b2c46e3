"""A line has to hold a device that earns, and it has to be clear which."""

import datetime as dt

from sample_dossiers import CABLE, PARTNER, PHONES, RULEBOOK, dossier, found, invoice, line, only, reading

from model.case import Booked
from validators import products

check = products.check


def test_a_device_that_earns_passes() -> None:
    assert found(check, dossier()) == []


def test_cables_alone_are_rejected() -> None:
    assert found(check, dossier(invoice(CABLE))) == [("no_eligible_products", "", True)]


def test_what_the_catalogue_excludes_is_rejected() -> None:
    assert found(check, dossier(invoice(line("Snom A190", "2", "50.00")))) == [("no_eligible_products", "", True)]


def test_free_devices_earn_only_where_the_programme_says_so() -> None:
    free = invoice(line("Snom D785", "2", "0.00"), CABLE)
    assert found(check, dossier(free)) == [("no_eligible_products", "", True)]
    programme = RULEBOOK.programme.model_copy(update={"free_lines_earn": True})
    assert found(check, dossier(free, rulebook=RULEBOOK.model_copy(update={"programme": programme}))) == []


def test_a_rate_that_has_ended_earns_nothing() -> None:
    ended = invoice(line("Snom M65", "2", "80.00"))
    assert found(check, dossier(ended)) == [("no_eligible_products", "", True)]
    assert found(check, dossier(ended.model_copy(update={"issue_date": dt.date(2026, 6, 30)}))) == []
    assert found(check, dossier(reading(ended, doubtful=("issue_date",)))) == [
        ("low_confidence", "no_device_found", True)
    ]


def test_nothing_is_rejected_as_long_as_a_device_may_be_hidden() -> None:
    for path in ("lines.0.item_name", "lines.0.net_amount", "totals.net"):
        finding = only(check, dossier(reading(invoice(CABLE), doubtful=(path,))))
        assert (finding.code, finding.variant, finding.about) == ("low_confidence", "no_device_found", (path,))


def test_an_unknown_rate_is_held_and_named() -> None:
    finding = only(check, dossier(invoice(line("Snom D862", "1", "200.00"), CABLE)))
    assert (finding.code, finding.values) == ("rate_unknown", {"line": "1", "model": "D862"})


def test_two_models_in_one_line_are_held_and_named() -> None:
    finding = only(check, dossier(invoice(line("Snom D785 / D713", "1", "100.00"))))
    assert (finding.code, finding.about) == ("model_ambiguous", ("lines.0.item_name",))
    assert finding.values["candidates"] in {"D785, D713", "D713, D785"}


def test_what_costs_nothing_need_not_be_told_apart() -> None:
    gifts = (line("Snom D785 / D713", "1", "0.00"), line("Snom D862", "1", "0.00"))
    assert found(check, dossier(invoice(PHONES, *gifts))) == []


def test_an_article_number_that_contradicts_the_name_is_held() -> None:
    contradiction = line("Snom D713", "1", "100.00", manufacturers_item_identifier="00004349")
    assert only(check, dossier(invoice(contradiction))).code == "model_ambiguous"


def test_a_registered_partners_devices_are_devices() -> None:
    registered = PARTNER.model_copy(update={"tiers": PARTNER.tiers[:1]})
    assert found(check, dossier(invoice(PHONES), partner=registered)) == []


def test_what_is_booked_counts_when_it_goes_back_even_if_its_rate_has_ended() -> None:
    credit = invoice(line("Snom M65", "2", "80.00"), type_code="381", preceding_invoice_number="RE-4000")
    booked = (Booked(model="M65", quantity=2, bonus_each="7.00"),)
    assert found(check, dossier(credit, preceding=booked)) == []


def test_a_correction_may_leave_no_device_of_the_invoice_it_replaces() -> None:
    emptied = invoice(CABLE, type_code="384", preceding_invoice_number="RE-4000")
    booked = (Booked(model="D785", quantity=2, bonus_each="14.00"),)
    assert found(check, dossier(emptied, preceding=booked)) == []
    assert found(check, dossier(emptied, preceding=())) == [("no_eligible_products", "", True)]
