"""Hostile names and texts go through acceptance, reading, judging and both databases, and come back as they were."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile.markup import STRINGS
from sample_uploads import DAY, invoice, opened

from model.state import State
from runtime.app import App
from workers.embedded import Upload, process

NAMES = (
    "../../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/cron.d/x",
    "a/b/c.xml",
    "CON",
    "nul.xml",
    "a\x00b.xml",
    "a\r\nSet-Cookie: x=1.xml",
    "x" * 4096,
    "",
    ".",
    "..",
    "\u202elmx.eciovni",
    "\ud800.xml",
    "a\u0301" * 200 + ".xml",
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>.xml",
    "'; DROP TABLE documents; --",
    "%2e%2e%2f",
    "~root",
    "-rf",
    "$(id)",
    "file:///etc/passwd",
    "\t\n",
    "{0}%s",
)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


def _files(folder: Path) -> set[str]:
    return {os.path.relpath(Path(at) / name, folder) for at, _, names in os.walk(folder) for name in names}


def test_no_name_and_no_text_breaks_anything_or_leaves_its_folder(app: App, tmp_path: Path) -> None:
    before = _files(tmp_path)
    texts = [text for name, text in STRINGS.items() if name != "blanks"]
    uploads = [Upload(name, "P1", invoice(f"N{n}", phones=n + 1)) for n, name in enumerate(NAMES)]
    uploads += [Upload(f"{n}.xml", "P1", invoice(f"T{n} {text}", note=text)) for n, text in enumerate(texts)]
    results = process(app, uploads, DAY, lambda _: None)
    assert [result.file for result in results] == [upload.file for upload in uploads]
    states = [result.document.state if result.document else None for result in results]
    assert set(states) <= {State.APPROVED, State.REVIEW, State.REJECTED}, [result.error for result in results]
    assert states[: len(NAMES)] == [State.APPROVED] * len(NAMES), "a name decides nothing"
    written = {name for name in _files(tmp_path) - before if not name.startswith("var/")}
    assert written == set()
    assert all(re.fullmatch(r"[0-9a-f]{64}", Path(name).name) for name in _files(tmp_path / "var" / "blobs"))
