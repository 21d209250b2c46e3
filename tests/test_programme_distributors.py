import datetime as dt

import pytest

from model.invoice import Party
from programme.distributors import Distributor, identify

DAY = dt.date(2026, 6, 30)
VAT, IBAN = "DE646470050", "DE86265400709906413307"
OTHER_VAT, OTHER_IBAN = "DE880841201", "DE92200505502871960020"
NORD = Distributor(
    id="nord",
    name="Nordnetz Distribution GmbH",
    other_names=("Nordnetz & Söhne AG",),
    vat_identifiers=(VAT,),
    ibans=(IBAN,),
    register_numbers=("HRB 104711",),
    valid_from=dt.date(2026, 1, 1),
    valid_to=dt.date(2026, 12, 31),
)
ELBE = Distributor(id="elbe", name="Elbe Telecom AG", vat_identifiers=("DE497921583",), valid_from=dt.date(2026, 1, 1))


def kind(seller: Party, on: dt.date | None = DAY) -> str:
    return identify(seller, on, (NORD, ELBE)).kind


@pytest.mark.parametrize(
    "seller",
    [
        Party(name="NORDNETZ DISTRIBUTION G.m.b.H.", vat_identifier="DE 646 470 050"),
        Party(name="Nordnetz Distribution GmbH", iban="DE86 2654 0070 9906 4133 07"),
        Party(name="Nordnetz & Soehne AG", register_number="Amtsgericht Kiel, HRB 104711"),
        Party(name=None, vat_identifier=VAT, iban=IBAN),
        Party(name="Nrodnetz Distibution", vat_identifier=VAT),
        Party(name="Nordnetz Distribution GmbH", vat_identifier=VAT, iban="DE86265400709906413308"),
    ],
)
def test_a_strong_identifier_makes_it_the_distributor(seller: Party) -> None:
    found = identify(seller, DAY, (NORD, ELBE))
    assert (found.kind, found.distributor) == ("authorised", NORD)


def test_no_identifier_of_a_kind_that_the_entry_lists_none_of_contradicts() -> None:
    assert kind(Party(name="Elbe Telecom AG", vat_identifier="DE497921583", iban=OTHER_IBAN)) == "authorised"


@pytest.mark.parametrize(
    ("seller", "shown"),
    [
        (Party(name="Nordnetz Distribution GmbH"), {}),
        (Party(name="Nordnetz Distribution GmbH", vat_identifier=OTHER_VAT), {"vat_identifier": OTHER_VAT}),
        (Party(name="Nordnetz Distribution GmbH", vat_identifier=OTHER_VAT, iban=IBAN), {"vat_identifier": OTHER_VAT}),
        (Party(name="Nordnetz Distribution GmbH", vat_identifier=VAT, iban=OTHER_IBAN), {"iban": OTHER_IBAN}),
        (
            Party(name="Nordnetz Distribution GmbH", vat_identifier=VAT, iban=IBAN, other_ibans=(OTHER_IBAN,)),
            {"iban": OTHER_IBAN},
        ),
        (Party(name="Elbe Telecom AG", vat_identifier=VAT), {}),
        (Party(name="Elbe Telekom", vat_identifier=None), {}),
    ],
)
def test_a_name_without_or_against_its_identifiers_is_unverified(seller: Party, shown: dict[str, str]) -> None:
    found = identify(seller, DAY, (NORD, ELBE))
    assert found.kind == "unverified"
    assert found.values.items() >= shown.items()
    assert ("iban" in found.values) == ("iban" in shown)


@pytest.mark.parametrize("name", ["Nordnetz-Shop.de Inh. K. Meyer e.K.", "Nordnets Distribution GmbH", "Nordnetz AG"])
def test_a_name_that_only_resembles_is_a_look_alike(name: str) -> None:
    found = identify(Party(name=name, vat_identifier=OTHER_VAT, iban=OTHER_IBAN), DAY, (NORD, ELBE))
    assert (found.kind, found.distributor) == ("look_alike", NORD)
    assert found.values == {"seller": name, "distributor": NORD.name, "vat_identifier": OTHER_VAT}


def test_where_no_identifiers_are_on_file_a_look_alike_cannot_be_told() -> None:
    entry = Distributor(id="x", name="Nordnetz", valid_from=dt.date(2026, 1, 1))
    assert (
        identify(Party(name="Nordnetz Deutschland GmbH", vat_identifier=OTHER_VAT), DAY, (entry,)).kind == "unverified"
    )


@pytest.mark.parametrize(
    "seller",
    [
        Party(name="Telefon-Discount24 GmbH"),
        Party(name="Süd AG", vat_identifier=OTHER_VAT),
        Party(vat_identifier=OTHER_VAT),
    ],
)
def test_another_company_is_not_authorised(seller: Party) -> None:
    assert kind(seller) == "not_authorised"


@pytest.mark.parametrize(
    "seller", [Party(), Party(name=" "), Party(vat_identifier="DE123456789"), Party(iban=OTHER_IBAN)]
)
def test_nobody_is_unknown(seller: Party) -> None:
    assert kind(seller) == "unknown"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-12-31", "not_yet"),
        ("2026-01-01", "authorised"),
        ("2026-12-31", "authorised"),
        ("2027-01-01", "no_longer"),
    ],
)
def test_both_ends_of_the_period_are_included(day: str, expected: str) -> None:
    assert kind(Party(vat_identifier=VAT), dt.date.fromisoformat(day)) == expected


def test_the_entry_of_the_day_counts() -> None:
    later = NORD.model_copy(update={"ibans": (OTHER_IBAN,), "valid_from": dt.date(2027, 3, 1), "valid_to": None})
    seller = Party(name=NORD.name, vat_identifier=VAT, iban=OTHER_IBAN)
    kinds = [identify(seller, dt.date(2027, month, 1), (NORD, later)).kind for month in (2, 3)]
    assert kinds == ["unverified", "authorised"]
    assert identify(Party(vat_identifier=VAT), dt.date(2027, 2, 1), (NORD, later)).kind == "no_longer"


def test_without_a_day_a_distributor_is_recognised_all_the_same() -> None:
    assert kind(Party(vat_identifier=VAT), None) == "authorised"
