"""The app: what every process opens once and hands on."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Engine

from programme.rulebook import Rulebook, load
from runtime.settings import Settings
from store.blobs import Place
from store.engine import open_engine
from store.schema import upgrade

SHIPPED = Path(str(files("programme"))) / "data"
"""The rulebook that comes with the program."""


@dataclass(frozen=True, slots=True)
class App:
    """An opened data folder and the rulebook that holds; `warnings` are those about the rulebook's files."""

    settings: Settings
    engine: Engine
    blobs: Place
    rulebook: Rulebook
    rulebook_folder: Path
    warnings: tuple[str, ...]

    def close(self) -> None:
        """Close the connections to the database."""
        self.engine.dispose()


def open_app(settings: Settings) -> App:
    """Load the rulebook, make the folders (but no bucket), and open the database in the schema of this release.

    Errors: RulebookInvalid, SettingsInvalid, OSError, sqlalchemy.exc.SQLAlchemyError.
    """
    folder = settings.rulebook or SHIPPED
    loaded = load(folder)
    blobs = settings.blobs
    settings.data.mkdir(parents=True, exist_ok=True)
    if isinstance(blobs, Path):
        blobs.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return App(settings, engine, blobs, loaded.rulebook, folder, loaded.warnings)
