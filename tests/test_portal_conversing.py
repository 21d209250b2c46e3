"""Joined pages, and what partners and operators say to each other: over HTTP, with the command itself."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator

import httpx
import pytest
from sample_pages import INVOICE, encoded, gray
from sample_portal import DOCUMENTS, Served, serving
from sample_uploads import invoice

from extractors import bundle
from pipeline.intake import MAX_BYTES


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


def until(true: Callable[[], bool], within: float = 60) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    return (answer.status_code, answer.json()["code"]) == (status, code)


def photographed() -> tuple[bytes, bytes]:
    """Return the two pages of one invoice as somebody photographs them."""
    top = [text for text in INVOICE if text[1] < 230]
    rest = [(x, y - 180, text) for x, y, text in INVOICE if y > 230]
    return encoded(gray(top, 150), "JPEG"), encoded(gray(rest, 150), "JPEG")


def parts(*pages: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"IMG_{number}.jpg", page)) for number, page in enumerate(pages, 1)]


def test_photographed_pages_are_one_document(served: Served) -> None:
    one, two = photographed()
    with served.client() as client:
        sent = client.post(DOCUMENTS, files=parts(one, two), headers={"Idempotency-Key": "pages"})
        assert sent.status_code == 202
        assert sent.json()["file_name"] == "IMG_1.jpg"
        again = client.post(DOCUMENTS, files=parts(one, two), headers={"Idempotency-Key": "pages"})
        assert again.json()["id"] == sent.json()["id"]
        turned = client.post(DOCUMENTS, files=parts(two, one), headers={"Idempotency-Key": "pages"})
        assert refused(turned, 422, "key_reused")
        address = sent.headers["location"]
        until(lambda: client.get(address).json()["state"] not in {"received", "read", "extracted"})
        assert client.get(address).json()["error"] is None
        copy = client.post(DOCUMENTS, files=parts(one, two)).headers["location"]
        until(lambda: client.get(copy).json()["state"] == "rejected")
        assert client.get(copy).json()["reasons"][0]["code"] == "duplicate_document"
    client, _ = served.browser("anna")
    with client:
        page = client.get(f"/invoices/{sent.json()['id']}").text
        assert all(text in page for text in ("RG-2026-77", "snom D735", "snom D785"))
        of = f"/documents/{sent.json()['id']}"
        pictures = [client.get(f"{of}/pages/{number}.webp") for number in (1, 2, 3)]
        assert [picture.status_code for picture in pictures] == [200, 200, 404]
        assert len({picture.content for picture in pictures}) == 3
        original = client.get(f"{of}/original")
        assert original.headers["content-disposition"].endswith('.zip"')
        with zipfile.ZipFile(io.BytesIO(original.content)) as opened:
            assert [opened.read(name) for name in opened.namelist()[1:]] == [one, two]


def test_only_pictures_are_joined(served: Served) -> None:
    one, _ = photographed()
    before = served.count()
    with served.client() as client:
        for pages in ((one, invoice("N")), (invoice("N"), one), (b"%PDF-1.7" * 300, one)):
            assert refused(client.post(DOCUMENTS, files=parts(*pages)), 422, "several_files")
        assert refused(client.post(DOCUMENTS, files=parts(one, b"nothing known" * 200)), 415, "unsupported_type")
        assert refused(client.post(DOCUMENTS, files=parts(one, b"")), 422, "empty")
        assert refused(client.post(DOCUMENTS, files=parts(*[one[:99]] * (bundle.MAX_PARTS + 1))), 422, "several_files")
        half = one + bytes(MAX_BYTES // 2 - len(one))
        assert refused(client.post(DOCUMENTS, files=parts(half, half)), 413, "too_large")
    assert served.count() == before
