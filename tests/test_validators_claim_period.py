"""The claim period, both ends included: accepted on 15.09.2026, window of 180 days, programme since 01.04.2026."""

import datetime as dt

import pytest
from sample_dossiers import RULEBOOK, dossier, found, invoice, only, reading

from programme.rulebook import Programme
from validators import claim_period
from validators.sentences import sentence

check = claim_period.check


@pytest.mark.parametrize(
    ("issued", "variants"),
    [
        (dt.date(2026, 9, 16), ["future"]),
        (dt.date(2026, 9, 15), []),
        (dt.date(2026, 4, 1), []),
        (dt.date(2026, 3, 31), ["before_start"]),
    ],
)
def test_the_programmes_start_and_the_day_of_acceptance(issued: dt.date, variants: list[str]) -> None:
    expected = [("outside_claim_period", variant, True) for variant in variants]
    assert found(check, dossier(invoice(issue_date=issued))) == expected


@pytest.mark.parametrize(("days", "variants"), [(180, []), (181, ["window"])])
def test_the_window_counts_back_from_the_day_of_acceptance(days: int, variants: list[str]) -> None:
    issued, accepted = dt.date(2026, 5, 1), dt.date(2026, 5, 1) + dt.timedelta(days=days)
    expected = [("outside_claim_period", variant, True) for variant in variants]
    assert found(check, dossier(invoice(issue_date=issued), accepted_on=accepted)) == expected


def test_without_window_and_start_only_the_future_is_out() -> None:
    open_rules = RULEBOOK.model_copy(update={"programme": Programme()})
    assert found(check, dossier(invoice(issue_date=dt.date(2001, 1, 1)), rulebook=open_rules)) == []
    assert found(check, dossier(invoice(issue_date=dt.date(2026, 9, 16)), rulebook=open_rules))


def test_the_sentence_names_the_days() -> None:
    late = only(check, dossier(invoice(issue_date=dt.date(2026, 5, 1)), accepted_on=dt.date(2026, 12, 1)))
    said = "Die Rechnung vom 01.05.2026 wurde am 01.12.2026 eingereicht, später als 180 Tage nach ihrem Datum."
    assert sentence(late, "de") == said


def test_a_date_read_with_doubt_rejects_nobody() -> None:
    read = reading(invoice(issue_date=dt.date(2026, 9, 16)), doubtful=("issue_date",))
    assert found(check, dossier(read)) == [("outside_claim_period", "future", False)]
