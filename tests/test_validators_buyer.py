"""The addressee has to be the uploading partner."""

import datetime as dt

import pytest
from sample_dossiers import BUYER, PARTNER, dossier, found, invoice, only, reading

from model.case import Company, Former
from model.invoice import Party
from validators import buyer
from validators.sentences import sentence

check = buyer.check
NAME, PLACE, NUMBER, VAT = BUYER.name, BUYER.postal_code, BUYER.customer_number, BUYER.vat_identifier
OTHER_VAT = "DE157386049"


OURS = {
    "all": BUYER,
    "name and postal code": Party(name="MUSTERHAUS SUED GMBH", postal_code=PLACE),
    "VAT identifier alone": Party(vat_identifier="DE 738 475 918"),
    "customer number alone": Party(customer_number="41691"),
    "moved, by VAT identifier": Party(name=NAME, postal_code="20359", vat_identifier=VAT),
    "misread name, by customer number": Party(name="Muslerhaus Süd GmbH", postal_code=PLACE, customer_number=NUMBER),
    "second account, by VAT identifier": Party(name=NAME, vat_identifier=VAT, customer_number="7700123"),
}
THEIRS = {
    "name and postal code": Party(name="IT-Service Kramer e.K.", postal_code="35390"),
    "name and VAT identifier, same house": Party(name="Kramer GmbH", postal_code=PLACE, vat_identifier=OTHER_VAT),
    "name and customer number": Party(name="Musterhaus Nord GmbH", customer_number="7700123"),
}
UNCLEAR = {
    "nothing read": Party(),
    "name alone": Party(name=NAME),
    "another name alone": Party(name="Kramer GmbH"),
    "postal code alone": Party(postal_code=PLACE),
    "name misread": Party(name="Musterhaus Sud6 GmbH", postal_code="20359"),
    "another legal form": Party(name="Musterhaus Süd GmbH & Co. KG", postal_code=PLACE),
    "our name, another's VAT identifier": Party(name=NAME, postal_code=PLACE, vat_identifier=OTHER_VAT),
    "our name, another's number": Party(name=NAME, postal_code=PLACE, customer_number="7700123"),
    "another's name, our number": Party(name="Kramer GmbH", postal_code="35390", customer_number=NUMBER),
    "another's VAT identifier misread": Party(name="Muslerhaus Süd GmbH", vat_identifier="DE157386040"),
}


@pytest.mark.parametrize("party", OURS.values(), ids=OURS)
def test_any_strong_witness_is_enough(party: Party) -> None:
    assert found(check, dossier(invoice(buyer=party))) == []


@pytest.mark.parametrize("party", THEIRS.values(), ids=THEIRS)
def test_another_company_is_rejected(party: Party) -> None:
    assert found(check, dossier(invoice(buyer=party))) == [("buyer_mismatch", "addressee", True)]


@pytest.mark.parametrize("party", UNCLEAR.values(), ids=UNCLEAR)
def test_anything_between_is_held(party: Party) -> None:
    assert found(check, dossier(invoice(buyer=party))) == [("low_confidence", "buyer", True)]


@pytest.mark.parametrize("path", ["buyer.name", "buyer.postal_code"])
def test_a_witness_read_with_doubt_rejects_nobody(path: str) -> None:
    read = reading(invoice(buyer=THEIRS["name and postal code"]), doubtful=(path,))
    assert found(check, dossier(read)) == [("low_confidence", "buyer", True)]


def test_a_customer_number_counts_at_its_own_distributor_only() -> None:
    stranger = Party(name="Bürowelt Franken GmbH", vat_identifier="DE509903545")
    foreign = invoice(seller=stranger, buyer=Party(name=NAME, postal_code=PLACE, customer_number="7700123"))
    assert found(check, dossier(foreign)) == []


def test_a_look_alike_has_customer_numbers_of_its_own() -> None:
    imitation = Party(name="Nordtell Distribution GmbH", vat_identifier="DE509903545")
    theirs = invoice(seller=imitation, buyer=Party(name=NAME, postal_code=PLACE, customer_number="7700123"))
    assert found(check, dossier(theirs)) == []


def test_the_sentence_names_both() -> None:
    party = Party(name="IT-Service Kramer e.K.", postal_code="35390", city="Gießen")
    said = sentence(only(check, dossier(invoice(buyer=party))), "de")
    assert (
        said == "Die Rechnung ist an „IT-Service Kramer e.K., 35390 Gießen“ gerichtet, nicht an „Musterhaus Süd GmbH“."
    )


@pytest.mark.parametrize(
    ("issued", "expected"),
    [("2026-08-31", []), ("2026-09-01", []), ("2026-09-02", [("buyer_mismatch", "addressee", True)])],
)
def test_a_renamed_partner_that_moved_is_itself_up_to_the_day_of_the_change(
    issued: str, expected: list[tuple[str, str, bool]]
) -> None:
    was = Former(name="Kramer Telefontechnik e.K.", postal_code="35390", until=dt.date(2026, 9, 1))
    old = Party(name=was.name, postal_code=was.postal_code)
    renamed = PARTNER.model_copy(update={"former": (was,)})
    of = invoice(buyer=old, issue_date=dt.date.fromisoformat(issued))
    assert found(check, dossier(of, partner=renamed)) == expected


@pytest.mark.parametrize(
    ("issued", "of_old", "of_new"),
    [
        ("2026-08-31", [], [("buyer_mismatch", "addressee", True)]),
        ("2026-09-01", [("buyer_mismatch", "addressee", True)], []),
    ],
)
def test_a_partner_is_what_the_registry_says_of_the_issue_date(
    issued: str, of_old: list[tuple[str, str, bool]], of_new: list[tuple[str, str, bool]]
) -> None:
    was = Company(
        name="Kramer Telefontechnik e.K.",
        postal_code="35390",
        vat_identifier=OTHER_VAT,
        customer_numbers={"nordtel": "7700123"},
        valid_to=dt.date(2026, 8, 31),
    )
    partner = PARTNER.model_copy(update={"earlier": (was,)})
    day = dt.date.fromisoformat(issued)
    old = Party(name=was.name, postal_code=was.postal_code, vat_identifier=OTHER_VAT, customer_number="7700123")
    assert found(check, dossier(invoice(buyer=old, issue_date=day), partner=partner)) == of_old
    assert found(check, dossier(invoice(buyer=BUYER, issue_date=day), partner=partner)) == of_new
    number = Party(customer_number="7700123")
    assert bool(found(check, dossier(invoice(buyer=number, issue_date=day), partner=partner))) is bool(of_old)
