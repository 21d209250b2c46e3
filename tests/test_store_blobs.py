import hashlib
from pathlib import Path

import pytest

from store import blobs

INVOICE = b"%PDF-1.7 an invoice"
DIGEST = hashlib.sha256(INVOICE).hexdigest()


def _files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_bytes_are_stored_once_under_their_digest(tmp_path: Path) -> None:
    assert blobs.put(tmp_path, INVOICE) == DIGEST
    assert blobs.put(tmp_path, INVOICE) == DIGEST
    assert _files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]
    assert blobs.read(tmp_path, DIGEST) == INVOICE


def test_a_blob_that_lost_bytes_is_written_again(tmp_path: Path) -> None:
    blobs.put(tmp_path, INVOICE)
    (tmp_path / DIGEST[:2] / DIGEST[2:4] / DIGEST).write_bytes(INVOICE[:5])
    blobs.put(tmp_path, INVOICE)
    assert blobs.read(tmp_path, DIGEST) == INVOICE


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs.put(tmp_path, INVOICE)
    blobs.delete(tmp_path, DIGEST)

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.blobs.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        blobs.put(tmp_path, INVOICE)
    assert _files(tmp_path) == []


def test_a_deleted_blob_is_gone_and_can_be_deleted_again(tmp_path: Path) -> None:
    blobs.put(tmp_path, INVOICE)
    blobs.delete(tmp_path, DIGEST)
    blobs.delete(tmp_path, DIGEST)
    assert not blobs.exists(tmp_path, DIGEST)
    with pytest.raises(FileNotFoundError):
        blobs.read(tmp_path, DIGEST)


@pytest.mark.parametrize("name", ["../../etc/passwd", "ab", DIGEST.upper(), DIGEST + "\n"])
def test_what_is_no_digest_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        blobs.read(tmp_path, name)
