"""Which names are one company's, which are clearly not, and which may be a misreading."""

import pytest

from validators.companies import clearly_different, same_company

SAME = [
    ("Testsystemhaus Süd GmbH", "TESTSYSTEMHAUS SUED GMBH"),
    ("Testsystemhaus Süd GmbH", "Testsystemhaus Sud GmbH"),
    ("Müller & Söhne GmbH & Co. KG", "Mueller und Soehne GmbH & Co KG"),
    ("IT-Service Kramer e.K.", "IT Service Kramer e. K."),
    ("Rhein-Main Technik GmbH", "Rheinmain Technik Gesellschaft mit beschränkter Haftung"),
    ("Nord Telefon G.m.b.H.", "Nord Telefon GmbH"),
    ("Nord Telefon", "Nord Telefon GmbH"),
    ("TK Aktiengesellschaft", "TK AG"),
]
DIFFERENT = [
    ("Testsystemhaus Süd GmbH", "Testsystemhaus Nord GmbH"),
    ("Testsystemhaus Nordwest GmbH", "Testsystemhaus Nord GmbH"),
    ("Testsystemhaus Ost GmbH", "Testsystemhaus West GmbH"),
    ("IT-Service Kramer e.K.", "Testsystemhaus Elbe GmbH"),
]
UNCLEAR = [
    ("Tcstsystcmhaus Süd GmbH", "Testsystemhaus Süd GmbH"),
    ("Test systemhaus 5üd GmbH", "Testsystemhaus Süd GmbH"),
    ("Testsystemhaus Süd GmbH Einkauf", "Testsystemhaus Süd GmbH"),
    ("Süd GmbH", "Testsystemhaus Süd GmbH"),
    ("Nord Telefon GmbH & Co. KG", "Nord Telefon GmbH"),
    ("GmbH", "Testsystemhaus Süd GmbH"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_and_legal_form_make_no_other_company(one: str, other: str) -> None:
    assert same_company(one, other)
    assert not clearly_different(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_word_makes_another_company(one: str, other: str) -> None:
    assert not same_company(one, other)
    assert clearly_different(one, other)
    assert clearly_different(other, one)


@pytest.mark.parametrize(("one", "other"), UNCLEAR)
def test_a_misreading_is_neither(one: str, other: str) -> None:
    assert not same_company(one, other)
    assert not clearly_different(one, other)
