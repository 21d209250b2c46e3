"""Each device is claimed once."""

from sample_dossiers import dossier, found, invoice, line, only, same_number

from validators import serials

check = serials.check
SOLD = line("Snom D785", "2", "100.00", serial_numbers=("000413AAAA01", "000413AAAA02"))


def test_new_devices_pass() -> None:
    assert found(check, dossier(invoice(SOLD))) == []


def test_a_claimed_device_is_named_with_its_line() -> None:
    finding = only(check, dossier(invoice(SOLD), claimed_serials=("000413AAAA02",)))
    assert finding.code == "serial_already_claimed"
    assert finding.values == {"serials": "000413AAAA02", "line": "1"}
    assert finding.about == ("lines.0.serial_numbers",)


def test_what_is_given_back_claims_nothing() -> None:
    returned = line("Snom D785", "-2", "100.00", serial_numbers=SOLD.serial_numbers)
    credit = invoice(SOLD, type_code="381")
    for given_back in (invoice(returned), credit):
        assert found(check, dossier(given_back, claimed_serials=SOLD.serial_numbers)) == []


def test_the_same_invoice_again_is_a_duplicate_and_no_second_claim() -> None:
    again = (same_number(same_partner=True),)
    assert found(check, dossier(invoice(SOLD), claimed_serials=SOLD.serial_numbers, look_alikes=again)) == []
