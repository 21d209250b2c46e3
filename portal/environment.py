"""What is around the program: its settings, and the programs that the machine must have."""

import shutil
import subprocess

from portal.options import Common
from runtime import logs
from runtime.settings import Settings, load

LANGUAGES = {"deu": "tesseract-ocr-deu", "eng": "tesseract-ocr-eng"}
"""The languages that Tesseract must know, and the Debian package that brings each."""
PROGRAMS = {
    "tesseract": " ".join(("tesseract-ocr", *LANGUAGES.values())),
    "pdftoppm": "poppler-utils",
    "pdfinfo": "poppler-utils",
}
"""The programs that the readers start, and what brings them."""


class Lacking(Exception):
    """Raised when a program or a language is not there, with the command that installs it."""


def settings_of(common: Common) -> Settings:
    """Return the settings, with what the command line says in place of the environment, and set up the log.

    Unless a level is asked for, nothing is logged: whatever becomes of a document is printed. Errors: SettingsInvalid.
    """
    settings = load(data=common.data, rulebook=common.rulebook)
    logs.configure(settings.log_level if "log_level" in settings.model_fields_set else "critical", settings.log_format)
    return settings


def check() -> None:
    """Make sure that the programs are there, for a document must not be decided on otherwise where one is missing.

    Errors: Lacking.
    """
    missing = {program: package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    if "tesseract" not in missing:
        missing |= {f"tesseract's {name}": LANGUAGES[name] for name in LANGUAGES.keys() - languages()}
    if missing:
        packages = " ".join(dict.fromkeys(missing.values()))
        raise Lacking(f"{', '.join(missing)} not found on the PATH; this brings it: apt-get install -y {packages}")


def languages() -> set[str]:
    """Return the languages that Tesseract knows."""
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S607 (looked for on the PATH, as the reader does)
    return set(done.stdout.split())
