"""A folder that is watched: what lies in FOLDER/PARTNER is taken as an upload of that partner.

A file that was taken is moved to FOLDER/PARTNER/accepted, under its document's id, one that was refused to
FOLDER/PARTNER/refused, with a file beside it that says why. A file counts as written once neither size nor time changed
between two looks; names that begin with a dot, or end as those of programs that still write, are passed over. The key
of an upload is the file's name, time and size: a file that was accepted, but not yet moved when the process died, is
the same document again.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import structlog

from pipeline.intake import HEAD, MAX_BYTES, sniff
from portal import uploading
from portal.problems import TITLES
from portal.uploading import Ring
from runtime.app import App
from store import partners
from store.engine import reading
from workers import steps
from workers.settling import today

log = structlog.get_logger()

EVERY = 2.0
"""Seconds between two looks."""
ACCEPTED, REFUSED = "accepted", "refused"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".filepart")
_Stamp = tuple[int, int]


@dataclass(slots=True)
class Folder:
    """A watched folder, and what the last look saw of each file: its time in nanoseconds and its size."""

    path: Path
    app: App
    ring: Ring
    tell: Callable[[str], object]
    seen: dict[Path, _Stamp] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Take what lies there and has not changed since the last look. Errors: OSError, SQLAlchemyError."""
        there = dict(self._waiting())
        for path, stamp in there.items():
            if self.seen.get(path) == stamp:
                self._take(path, stamp)
        self.seen = there

    def _waiting(self) -> list[tuple[Path, _Stamp]]:
        """Return the files of partners that the registry knows, and warn once of each other folder."""
        found = []
        for folder in sorted(path for path in self.path.iterdir() if path.is_dir() and not path.name.startswith(".")):
            with reading(self.app.engine) as conn:
                known = partners.partner(conn, folder.name) is not None
            if not known:
                if folder.name not in self.unknown:
                    self.tell(f"{folder.name}: there is no such partner; its files are left where they are")
                self.unknown.add(folder.name)
                continue
            self.unknown.discard(folder.name)
            for path in sorted(folder.iterdir()):
                hidden = path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED)
                if not hidden and path.is_file() and not path.is_symlink():
                    told = path.stat()
                    found.append((path, (told.st_mtime_ns, told.st_size)))
        return found

    def _take(self, path: Path, stamp: _Stamp) -> None:
        partner = path.parent.name
        if uploading.left(self.app, partner) <= 0:
            return  # Tomorrow it may be taken.
        with path.open("rb") as file:
            code = _fault(file.read(HEAD), stamp[1])
            if code is None:
                key = f"folder:{stamp[0]}:{stamp[1]}:{path.name}"[:200]
                try:
                    document = steps.accept(self.app, file, path.name, partner, today(), key=key)
                except steps.KeyReused:
                    code = "key_reused"
        if code is not None:
            self._refuse(path, code)
            return
        self.ring("light", document.id)
        _move(path, ACCEPTED, f"{document.id}{path.suffix}")
        self.tell(f"{partner}/{path.name}: accepted as {document.id}")

    def _refuse(self, path: Path, code: str) -> None:
        moved = _move(path, REFUSED, path.name)
        moved.with_name(f"{moved.name}.txt").write_text(f"{code}: {TITLES[code][1]}\n", encoding="utf-8")
        self.tell(f"{path.parent.name}/{path.name}: refused, {code}")


def watch(folder: Folder, end: Event) -> None:
    """Look again and again until told to end; what goes wrong is logged and tried again."""
    while not end.wait(EVERY):
        try:
            folder.look()
        except Exception:
            log.exception("the folder could not be looked at")


def _fault(head: bytes, size: int) -> str | None:
    if not size:
        return "empty"
    if size > MAX_BYTES:
        return "too_large"
    return None if sniff(head) else "unsupported_type"


def _move(path: Path, to: str, name: str) -> Path:
    """Move a file into a folder beside it, in place of none that lies there, and return where it is now."""
    folder = path.parent / to
    folder.mkdir(exist_ok=True)
    target, count = folder / name, 1
    while True:
        try:
            os.link(path, target)
        except FileExistsError:
            target, count = folder / f"{Path(name).stem}-{count}{Path(name).suffix}", count + 1
            continue
        path.unlink()
        return target
