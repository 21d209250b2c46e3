from pathlib import Path

import pytest

from runtime.settings import SettingsInvalid, load
from store.bucket import Bucket


def test_everything_has_a_default() -> None:
    settings = load()
    assert (settings.data, settings.rulebook, settings.language, settings.log_level) == (
        Path("var"),
        None,
        "en",
        "warning",
    )
    assert settings.database == f"sqlite:///{Path.cwd()}/var/cashback.sqlite3"
    assert settings.blobs == Path.cwd() / "var" / "blobs"


def test_the_environment_sets_and_the_command_line_overrules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASHBACK_DATA", "/srv/cashback")
    monkeypatch.setenv("CASHBACK_LANGUAGE", "de")
    monkeypatch.setenv("CASHBACK_BLOBS_URL", "file:///srv/blobs")
    settings = load(data=Path("/tmp/here"), rulebook=None)  # noqa: S108 (nothing is written)
    assert (settings.data, settings.language) == (Path("/tmp/here"), "de")  # noqa: S108 (the same)
    assert settings.database == "sqlite:////tmp/here/cashback.sqlite3"
    assert settings.blobs == Path("/srv/blobs")


def test_a_setting_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASHBACK_DATEN", "x")
    monkeypatch.setenv("CASHBACK_PORT", "1")
    with pytest.raises(SettingsInvalid) as caught:
        load()
    assert caught.value.faults == (
        "CASHBACK_DATEN: there is no such setting",
        "CASHBACK_PORT: there is no such setting",
    )


def test_a_value_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASHBACK_LANGUAGE", "fr")
    with pytest.raises(SettingsInvalid, match="CASHBACK_LANGUAGE: Input should be 'de' or 'en'"):
        load()


def test_blobs_are_kept_in_a_folder_or_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASHBACK_BLOBS_URL", "s3://files/of/cashback/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert load().blobs == Bucket("files", "of/cashback", "http://127.0.0.1:9")
    for wrong in ("ftp://somewhere", "s3://", "file://relative"):
        monkeypatch.setenv("CASHBACK_BLOBS_URL", wrong)
        with pytest.raises(SettingsInvalid, match="CASHBACK_BLOBS_URL: blobs are kept in a folder"):
            _ = load().blobs
