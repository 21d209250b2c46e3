"""What a command line names: files, the files of a folder, or a manifest of files and partners."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

EXTENSIONS = frozenset({".pdf", ".xml", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".heic"})
"""What is taken of a folder, case-blind. A file that is named itself is always tried."""


class NotThere(Exception):
    """A path or a manifest that cannot be used, with a sentence that says why."""


def files_of(path: Path) -> tuple[tuple[Path, ...], int]:
    """Return the files that a path stands for, and how many entries of a folder were passed over.

    Of a folder: its own files with one of the EXTENSIONS, hidden ones left out, in name order. Errors: NotThere.
    """
    if not path.is_dir():
        if not path.exists():
            raise NotThere(f"There is no file or folder {path}.")
        return (path,), 0
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise NotThere(f"The folder {path} cannot be opened: {error.strerror}.") from error
    taken = tuple(entry for entry in entries if _wanted(entry))
    return taken, len(entries) - len(taken)


def gather(paths: Iterable[Path]) -> tuple[tuple[Path, ...], int]:
    """Return the files of all paths in order, and how many entries of folders were passed over. Errors: NotThere."""
    found = [files_of(path) for path in paths]
    return tuple(file for files, _ in found for file in files), sum(passed for _, passed in found)


def read_manifest(manifest: Path) -> tuple[tuple[str, str], ...]:
    """Return file and partner of each line of a manifest, {"file": PATH, "partner": ID}; the files lie relative to it.

    Errors: NotThere, naming the line.
    """
    try:
        lines = manifest.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NotThere(f"The manifest {manifest} cannot be read: {error}.") from error
    return tuple(_rows(manifest, lines))


def _wanted(entry: Path) -> bool:
    return entry.suffix.lower() in EXTENSIONS and not entry.name.startswith(".") and entry.is_file()


def _rows(manifest: Path, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            file, partner = _row(line, f"{manifest}, line {number}")
            if not (manifest.parent / file).is_file():
                raise NotThere(f"{manifest}, line {number}: there is no file {file}.")
            yield file, partner


def _row(line: str, place: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise NotThere(f"{place}: not JSON.") from error
    values = (row.get("file"), row.get("partner")) if isinstance(row, dict) else (None, None)
    match values:
        case (str(file), str(partner)):
            return file, partner
    raise NotThere(f'{place}: expected {{"file": PATH, "partner": ID}}.')
