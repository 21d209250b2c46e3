import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.invoice import InvoiceLine
from model.judgement import Match
from programme.catalogue import Catalogue, Product
from programme.matching import match_lines

DEVICES = ("D120", "D712", "D715", "D735", "D765", "D785", "D815", "715", "720", "M25", "M65", "M300", "M700", "M425")
ACCESSORIES = ("D7", "A190", "300")
CATALOGUE = Catalogue(
    products=(
        *(Product(model=model, bonus_eligible=True) for model in DEVICES if model not in {"D735", "D785"}),
        *(Product(model=model, bonus_eligible=False) for model in ACCESSORIES),
        Product(model="D735", bonus_eligible=True, mpn="00004104", ean="4260059580250"),
        Product(model="D785", bonus_eligible=True, mpn="00004349", ean="4260059580397", aliases=("Komfortserie 785",)),
        Product(model="PSU-1", bonus_eligible=False, mpn="00009001"),
        Product(model="m9", bonus_eligible=None, aliases=("Snom m9 DECT telephone (with charger, UK and EU plug)",)),
    )
)


def match(name: str | None = None, **fields: object) -> Match:
    return match_lines([InvoiceLine.model_validate({"item_name": name, **fields})], CATALOGUE)[0]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("D-815", "D815"),
        ("D 815 schwarz", "D815"),
        ("SNOM D815", "D815"),
        ("snomD815", "D815"),
        ("SNO-D815", "D815"),
        ("Snom Technology D 815", "D815"),
        ("VoIP-Telefon Snom D 815 weiß", "D815"),
        ("SNOM D120 VoIP Phone (SIP), Gigabit o. Netzteil", "D120"),
        ("Desk phone Snom D785 (without power supply)", "D785"),
        ("IP-Telefon ohne Netzteil Snom D785", "D785"),
        ("IP-Telefon (Snom D785)", "D785"),
        ("snom D785 VoIP-Telefon, Farbdisplay, 24 Funktionstasten, Gigabit-Switch", "D785"),
        ("Mobilteil snom M65 für DECT-Basis M300/M700", "M65"),
        ("SNOM M65 DECT-Mobilteil inkl. Ladeschale", "M65"),
        ("Combiné sans fil Snom M65", "M65"),
        ("Snom D785 toestel zwart zonder voeding", "D785"),
        ("SNOM M425 DECT Kit: M300 Basisstation und M25 Handset", "M425"),
        ("Return: VoIP-Telefon Snom D 785 weiß", "D785"),
        ("Snom - 720 Global SIP Desk Phone schwarz", "720"),
        ("IP-Telefon snom 715 (PoE) Farbe: schwarz", "715"),
        ("snom 300 IP Telefon", "300"),
        ("Snom M300 Basis", "M300"),
        ("Snom D7 Erweiterungsmodul für D785", "D7"),
        ("Snom A190 DECT-Headset Multi Cell", "A190"),
        ("Snom Komfortserie 785 Telefon", "D785"),
        ("TELSNOM D785 BLK", "D785"),
        ("Smom Techno1ogy D 785", "D785"),
        ("SNOM D785 Tischtelefom schwarz", "D785"),
        ("Snom m9 DECT telephone (with charger, UK and EU plug)", "m9"),
    ],
)
def test_devices_are_named_in_many_ways(name: str, model: str) -> None:
    assert match(name) == Match(line=0, model=model, witnesses=("name",))


@pytest.mark.parametrize(
    "name",
    [
        "SNOM Wall Mount Kit D785",
        "snom Ersatzhörer D7xx mit Kabel",
        "Headset-Anschlusskabel QD auf RJ9, kompatibel zu Snom D785",
        "Snom Akku Li-Ion für M65",
        "Snom Netzteil D785/D765/D735",
        "Telefonhörer Snom D785",
        "Batterie pour Snom M65",
        "Oplader voor Snom M65",
        "Jabra EHS-Adapter f. Snom D765, D785",
        "Universal-Wandhalter z.B. für Snom D785, Yealink T4x",
        "Garantieverlängerung Snom D7xx auf 5 Jahre",
        "Snom Lizenz Upgrade M700 Multicell",
        "Yealink D785 IP Phone",
        "Mitel M65 DECT Handset",
        "Poly VVX 300 Business IP Phone",
        "Logitech M25 Maus",
        "Maus M65",
        "Patchkabel 300 cm",
        "Versandkosten",
        "",
    ],
)
def test_accessories_and_other_makers_are_no_device(name: str) -> None:
    assert match(name) == Match(line=0)


@pytest.mark.parametrize(
    ("name", "candidate"),
    [
        ("Bundle 4x D785 + M700", "M700"),
        ("Snom D785 (10er Pack)", "D785"),
        ("2 x Snom D785 IP-Telefon", "D785"),
        ("Snom M25 Twinpack", "M25"),
        ("Snom D785/D765 IP-Telefon", "D765"),
        ("Snom D785 mit M65 Handset", "M65"),
        ("Snom D785, Netzteil", "D785"),
        ("Snom IP-Telefon D785 Wandhalterung", "D785"),
        ("Snom Gürtelclio M25", "M25"),
        ("Snom D7 85 IP-Telefon", "D785"),
        ("Snom D786 IP-Telefon", "D785"),
        ("Snom 785 IP-Telefon", "D785"),
        ("snom SIP Phone sw PoE", "D120"),
        ("Mobilteil für Snom M700", "D120"),
        ("Telekom Snom D785", "D785"),
        ("Snom D 720", "720"),
        ("Snom D 78", "D785"),
        ("Snom D7v5", "D715"),
        ("SNOM M65 DECT-Mobilteilinkl. Ladeschale", "M65"),
    ],
)
def test_in_doubt_a_line_is_ambiguous(name: str, candidate: str) -> None:
    found = match(name)
    assert found.model is None
    assert candidate in found.candidates


def test_neighbours_are_never_taken_for_each_other() -> None:
    assert [match(f"Snom {model} IP-Telefon").model for model in ("D712", "D715", "715")] == ["D712", "D715", "715"]


@pytest.mark.parametrize(
    ("name", "model"), [("Snom D78S", "D785"), ("Sn0m D7l5 IP-Telefon", "D715"), ("snom M3OO Basis", "M300")]
)
def test_ocr_look_alikes_count_only_inside_model_names(name: str, model: str) -> None:
    assert match(name) == Match(line=0, model=model, witnesses=("misread_name",))


def test_a_look_alike_of_two_models_is_neither() -> None:
    catalogue = Catalogue(products=tuple(Product(model=model, bonus_eligible=True) for model in ("D1B5", "D185")))
    found = match_lines([InvoiceLine(item_name="Snom DlB5 Telefon")], catalogue)[0]
    assert found.model is None
    assert set(found.candidates) == {"D1B5", "D185"}


def test_article_numbers_name_what_the_words_do_not() -> None:
    assert match("IP Phone", manufacturers_item_identifier="00004104") == Match(
        line=0, model="D735", witnesses=("mpn",)
    )
    assert match("IP Phone 00004104").model == "D735"
    assert match("IP Phone", standard_item_identifier="4260059580250").witnesses == ("ean",)
    assert match("VoIP Telephone", sellers_item_identifier="PVSnomD735").model == "D735"
    assert match(None, standard_item_identifier="4260059580250").model == "D735"


def test_article_numbers_choose_among_candidates_and_confirm_names() -> None:
    both = {"manufacturers_item_identifier": "00004349", "standard_item_identifier": "4260059580397"}
    assert match("Snom D785/D765 IP-Telefon", **both).model == "D785"
    assert match("Snom D785", **both).witnesses == ("name", "mpn", "ean")


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("Snom D785 IP-Telefon", ("D785", "D735")),
        ("Netzteil Snom D735", ("D735",)),
        ("Yealink SIP-T54W", ("D735",)),
        ("4x Snom D735", ("D735",)),
    ],
)
def test_article_numbers_that_contradict_the_words_make_a_line_ambiguous(
    name: str, candidates: tuple[str, ...]
) -> None:
    found = match(name, manufacturers_item_identifier="00004104")
    assert (found.model, found.candidates) == (None, candidates)


def test_an_accessory_of_the_catalogue_is_found_by_its_number() -> None:
    assert match("Netzteil für Snom D735", manufacturers_item_identifier="00009001").model == "PSU-1"


def test_a_device_with_the_makers_mac_address_is_never_nothing() -> None:
    assert match("Systemtelefon", serial_numbers=("00:04:13:AA:BB:CC",)).candidates
    assert not match("Systemtelefon XY 200", serial_numbers=("00:15:65:AA:BB:CC",)).candidates


@given(st.lists(st.sampled_from(["Snom D785", "Akku für M65", "Snom IP-Telefon", "Versand"]), max_size=6))
def test_each_line_is_matched_by_itself(names: list[str]) -> None:
    together = match_lines([InvoiceLine(item_name=name) for name in names], CATALOGUE)
    assert [found.line for found in together] == list(range(len(names)))
    assert [found.model_copy(update={"line": 0}) for found in together] == [match(name) for name in names]


@given(st.text(max_size=80))
def test_any_text_is_matched_or_not(name: str) -> None:
    found = match(name)
    assert found.model is None or CATALOGUE.product(found.model) is not None
    assert found.model is None or not found.candidates


@pytest.mark.parametrize(
    ("serials", "first", "hinted"),
    [
        (("00:04:13:92:12:34",), "D785", True),
        (("000413921234", "0004:1392:FFFF"), "D785", True),
        (("00:04:13:92:12:34", "00:04:13:89:12:34"), "D712", False),
        (("00:04:13:F0:12:34",), "D712", False),
        (("S-92-4711",), "D712", False),
    ],
)
def test_mac_addresses_hint_at_one_of_several_candidates_and_settle_nothing(
    serials: tuple[str, ...], first: str, *, hinted: bool
) -> None:
    found = match("Snom D712 / D785", serial_numbers=serials)
    assert (found.model, found.candidates[0], "mac" in found.witnesses) == (None, first, hinted)
