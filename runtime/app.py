"""The app: what every process opens once and hands on."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Engine

from programme.rulebook import FILES, Rulebook, load, version_line
from runtime.settings import Settings
from store import rulebooks
from store.blobs import Place
from store.engine import open_engine, reading
from store.schema import upgrade

SHIPPED = Path(str(files("programme"))) / "data"
"""The rulebook that comes with the program."""


@dataclass(frozen=True, slots=True)
class App:
    """An opened data folder and the rulebook of its settings; `warnings` are those about the rulebook's files.

    Once one went live in the database that one holds: `store.rulebooks.live` tells.
    """

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
    warnings = (*loaded.warnings, *_unheeded(engine, loaded.rulebook, folder))
    return App(settings, engine, blobs, loaded.rulebook, folder, warnings)


def texts(folder: Path) -> dict[str, str]:
    """Return the files of a rulebook as they are, by their names in FILES. Errors: OSError, UnicodeDecodeError."""
    return {name: (folder / f"{name}.json").read_bytes().decode() for name in FILES}


def _unheeded(engine: Engine, of_folder: Rulebook, folder: Path) -> tuple[str, ...]:
    """Return a warning where the rulebook of a folder is none that ever went live, and another one holds."""
    with reading(engine) as conn:
        if not rulebooks.number(conn) or rulebooks.has(conn, version_line(of_folder.versions)):
            return ()
    return (f"{folder}: not used, for a rulebook went live in the database; `cashback rulebook export` writes it out",)
