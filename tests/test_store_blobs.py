import hashlib
import pickle
import socket
from pathlib import Path

import pytest

from store import blobs
from store.blobs import Place
from store.bucket import Bucket

INVOICE = b"%PDF-1.7 an invoice"
DIGEST = hashlib.sha256(INVOICE).hexdigest()


def _files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_bytes_are_stored_once_under_their_digest(place: Place) -> None:
    assert not blobs.exists(place, DIGEST)
    assert blobs.put(place, INVOICE) == DIGEST
    assert blobs.put(place, INVOICE) == DIGEST
    assert blobs.exists(place, DIGEST)
    assert blobs.read(place, DIGEST) == INVOICE
    with blobs.open(place, DIGEST) as file:
        assert file.read(4) == INVOICE[:4]
    (listed,) = blobs.listed(place)
    assert (listed.digest, listed.size) == (DIGEST, len(INVOICE))
    assert abs((listed.modified - blobs.clock(place)).total_seconds()) < 10


def test_a_file_is_stored_from_its_beginning(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("source") / "large"
    path.write_bytes(INVOICE * 100_000)
    with path.open("rb") as file:
        file.seek(7)
        digest = blobs.put(place, file)
        assert blobs.put(place, file) == digest
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert blobs.read(place, digest) == path.read_bytes()


def test_blobs_are_listed_in_the_order_of_their_digests(place: Place) -> None:
    put = [blobs.put(place, bytes([number])) for number in range(20)]
    assert [blob.digest for blob in blobs.listed(place)] == sorted(put)


def test_a_deleted_blob_is_gone_and_can_be_deleted_again(place: Place) -> None:
    blobs.put(place, INVOICE)
    assert blobs.delete(place, DIGEST)
    assert not blobs.delete(place, DIGEST)
    assert not blobs.exists(place, DIGEST)
    with pytest.raises(FileNotFoundError):
        blobs.read(place, DIGEST)


@pytest.mark.parametrize("name", ["../../etc/passwd", "ab", DIGEST.upper(), DIGEST + "\n"])
def test_what_is_no_digest_never_becomes_a_path(place: Place, name: str) -> None:
    for ask in (blobs.read, blobs.exists, blobs.delete):
        with pytest.raises(ValueError, match="no SHA-256"):
            ask(place, name)


def test_a_place_can_be_sent_to_another_process(place: Place) -> None:
    assert pickle.loads(pickle.dumps(place)) == place  # noqa: S301 (made here)


def test_in_a_folder_a_blob_lies_under_its_digest_and_one_that_lost_bytes_is_written_again(tmp_path: Path) -> None:
    blobs.put(tmp_path, INVOICE)
    assert _files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]
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


def test_what_only_looks_like_a_blob_or_a_folder_of_blobs_is_passed_over(tmp_path: Path) -> None:
    assert list(blobs.listed(tmp_path / "missing")) == []
    other = blobs.put(tmp_path, b"other")
    free = next(name for name in ("aa", "bb") if name != other[:2])
    (tmp_path / free).write_bytes(b"no folder")
    (tmp_path / other[:2] / "zz").write_bytes(b"no folder")
    (tmp_path / other[:2] / free).write_bytes(b"no folder")
    (tmp_path / other[:2] / other[2:4] / (other[:-1] + "x")).write_bytes(b"no digest")
    lookalike = other[:4] + "0" * 60
    (tmp_path / other[:2] / other[2:4] / lookalike).mkdir()
    assert [blob.digest for blob in blobs.listed(tmp_path)] == [other]


def test_a_bucket_whose_server_is_gone_or_that_is_not_there_fails_as_a_disk_would(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Bucket("nowhere", "", bucket.endpoint)
    for ask in (blobs.clock, lambda of: blobs.put(of, INVOICE), lambda of: list(blobs.listed(of)), _read, _exists):
        with pytest.raises(OSError, match=r"^s3://nowhere: there is no such bucket$") as failed:
            ask(nowhere)
        assert not isinstance(failed.value, FileNotFoundError), "the document is not at fault"
    with pytest.raises(OSError, match="s3://b: Invalid endpoint: no URL"):
        blobs.put(Bucket("b", "", "no URL"), INVOICE)
    monkeypatch.setattr("store.bucket.TRIES", 1)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = Bucket(bucket.bucket, "", f"http://127.0.0.1:{closed.getsockname()[1]}")
    with pytest.raises(ConnectionError):
        blobs.read(gone, DIGEST)


def _read(place: Place) -> bytes:
    return blobs.read(place, DIGEST)


def _exists(place: Place) -> bool:
    return blobs.exists(place, DIGEST)
