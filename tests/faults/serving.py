"""The portal: it is killed while clients upload to it, and clients go away in the midst of an upload."""

import datetime as dt
import random
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import httpx
import psutil
from sample_uploads import DAY, invoice
from sqlalchemy import select

from faults.scene import QUIET, Scene, day_of, phones_of, until
from portal import granting
from store import blobs, orphans
from store.engine import reading
from store.tables import documents

CLIENTS = 4
UPLOADS = 24
"""Uploads in which the portal is killed once."""
PADDING = 2_000_000
"""Bytes by which an upload is longer, so that it is not kept in memory alone while it comes in."""
DOCUMENTS = "/api/v1/documents"
_RESET = struct.pack("ii", 1, 0)
"""The SO_LINGER of a connection that is reset rather than closed."""


def web(scene: Scene, kills: int) -> None:
    """Kill the portal, which works the queue too, while clients upload with keys, each until it has an answer."""
    with clients(scene) as (client, port):
        portal = scene.serve(port)
        for turn in range(kills):
            numbers = range(turn * UPLOADS + 1, (turn + 1) * UPLOADS + 1)
            with ThreadPoolExecutor(CLIENTS) as pool:
                sent = [pool.submit(upload, client, number) for number in numbers]
                until(lambda sent=sent: sum(one.done() for one in sent) >= UPLOADS // 4)  # type: ignore[misc]
                scene.kill(portal)
                portal = scene.serve(port)
            for number, one in zip(numbers, sent, strict=True):
                scene.answered(one.result(), phones_of(number))
                if upload(client, number) != one.result():
                    scene.wrong.append(f"I1 key {number}: two documents were answered for it")
            scene.quiet()
    _nothing_else_is_there(scene)


def web_and_workers(scene: Scene, kills: int) -> None:
    """Do the same while another process works the queue."""
    scene.work()
    web(scene, kills)


def aborted(scene: Scene, kills: int) -> None:
    """Cut uploads off at every tenth of the body, in order and abruptly; the whole upload then is as any other."""
    data, key = _invoice(1) + b"\n" * PADDING, {"Idempotency-Key": "key"}
    with clients(scene) as (client, port):
        portal = scene.serve(port)
        until(lambda: _ready(client))
        whole = [
            client.build_request("POST", DOCUMENTS, headers=key, content=data),
            client.build_request("POST", DOCUMENTS, headers=key, files={"file": ("invoice.xml", data)}),
        ]
        for _ in range(kills):
            for request, tenth, abruptly in product(whole, range(10), (False, True)):
                _cut_off(request, tenth, abruptly=abruptly)
            scene.kills += 1
            scene.fault()
            until(lambda: not _unfinished(scene, portal))
            _nothing_else_is_there(scene)
        for request in whole:
            document_id = client.send(request).raise_for_status().json()["id"]
            if document_id not in scene.accepted:
                scene.answered(document_id, phones_of(1))
        scene.quiet()
    _nothing_else_is_there(scene)


def _invoice(number: int) -> bytes:
    """Return an invoice of the last months: what is uploaded here is accepted today."""
    later = (dt.datetime.now(dt.UTC).date() - DAY).days
    return invoice(f"R{number}", phones=phones_of(number), day=day_of(number) + later)


def upload(client: httpx.Client, number: int) -> str:
    """Upload an invoice until there is an answer, and return the id of the document. Errors: TimeoutError."""
    headers = {"Idempotency-Key": f"key {number}", "X-Filename": "invoice.xml"}
    end = time.monotonic() + QUIET
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            answer = client.post(DOCUMENTS, content=_invoice(number), headers=headers)
            if answer.status_code == httpx.codes.ACCEPTED:
                return str(answer.json()["id"])
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                answer.raise_for_status()
        time.sleep(0.1)
    raise TimeoutError


def _cut_off(request: httpx.Request, tenth: int, *, abruptly: bool) -> None:
    """Send a request but for so many tenths of its body, and go away."""
    body = request.read()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((request.url.host, request.url.port or 0)) as connection:
        if abruptly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.sendall(f"POST {request.url.path} HTTP/1.1\r\n{head}\r\n".encode())
        connection.sendall(body[: len(body) * tenth // 10])


def _unfinished(scene: Scene, portal: psutil.Process) -> list[str]:
    """Return the temporary files of uploads that stand in a folder, or that the portal still has open."""
    found = [str(path) for path in (scene.app.settings.data / "blobs" / "tmp").glob("*")]
    for handle in Path(f"/proc/{portal.pid}/fd").iterdir():
        with suppress(OSError):
            found += [target for target in [str(handle.readlink())] if target.startswith(str(scene.folder / "tmp"))]
    return found


def _nothing_else_is_there(scene: Scene) -> None:
    """Make sure that there are no documents and no blobs but those that were answered for."""
    with reading(scene.app.engine) as conn:
        ids, known = set(conn.scalars(select(documents.c.id))), orphans.referenced(conn)
    stray = {blob.digest for blob in blobs.listed(scene.app.blobs)} - known
    if ids != set(scene.accepted) or len(ids) != len(scene.accepted):
        scene.wrong.append(f"I1 {len(ids)} documents are there, {len(scene.accepted)} were answered for")
    if stray:
        scene.wrong.append(f"I5 no row refers to {len(stray)} blobs")


@contextmanager
def clients(scene: Scene) -> Iterator[tuple[httpx.Client, int]]:
    """Yield what speaks for a partner with a portal on a port, and that port."""
    token, port = granting.make(scene.app, "P1")["token"], _free_port()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        yield client, port


def _free_port() -> int:
    """Return a port that no connection is given by itself: a client that tries it may not come to speak with itself."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 (no secret)
        with suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return port


def _ready(client: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/readyz").is_success
    return False
