"""Settings: environment variables with the prefix CASHBACK_, and what a command line says in their place."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from store.blobs import Place, at

PREFIX = "CASHBACK_"


class SettingsInvalid(Exception):
    """Raised when a setting is not known or its value is none for it; `faults` holds a sentence for each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """What can be set. CASHBACK_DATA sets `data`, and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data: Path = Path("var")
    """The folder of the embedded database and the stored files."""
    database_url: str | None = None
    """A SQLAlchemy URL; None: a SQLite file in the data folder."""
    blobs_url: str | None = None
    """Where blobs are kept: a folder, as a path or a file:// URL, or s3://bucket/prefix; None: a folder in `data`."""
    redis_url: str | None = None
    """Where workers are woken through; None: this process works the queue itself."""
    metrics_port: int | None = None
    """Where `cashback work` shows its metrics to Prometheus; None: nowhere."""
    rulebook: Path | None = None
    """The folder of the rulebook; None: the one that is shipped."""
    uploads_per_day: int = 2000
    """How many documents a partner may upload on a day."""
    sample_percent: Decimal = Field(Decimal(1), ge=0, le=100)
    """How many of a hundred approvals a person looks at afterwards."""
    language: Literal["de", "en"] = "en"
    """Of the sentences that people read."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_format: Literal["console", "json"] = "console"

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'cashback.sqlite3'}"

    @property
    def blobs(self) -> Place:
        """The place of the blobs. Errors: SettingsInvalid for a URL that is neither a folder's nor a bucket's."""
        try:
            return at(self.blobs_url or str(self.data.absolute() / "blobs"))
        except ValueError as error:
            raise SettingsInvalid((f"{PREFIX}BLOBS_URL: {error}",)) from error


def load(**given: Any) -> Settings:
    """Return the settings of the environment, with those that are given (and not None) in their place.

    Errors: SettingsInvalid, naming every variable that is not known and every value that cannot be.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsInvalid(tuple(f"{name}: there is no such setting" for name in unknown))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = (f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SettingsInvalid(tuple(faults)) from error
