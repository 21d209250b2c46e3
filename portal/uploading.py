"""Taking one upload, from a program or from a browser."""

import re
from collections.abc import Callable

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from portal.owning import owned
from portal.problems import Problem
from portal.receiving import Received, received
from runtime.app import App
from store import documents
from store.documents import Document
from store.engine import reading
from store.queue import Queue
from workers import steps
from workers.settling import today

Ring = Callable[[Queue, str], object]
"""What wakes workers."""
_KEY = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")


async def take(app: App, ring: Ring, request: Request, partner_id: str, *, replaces: str | None = None) -> Document:
    """Receive the file of a request and accept it for a partner, in the place of the document that it `replaces`.

    Errors: Problem `bad_key`, `key_reused`, `quota`, `not_found`, `not_replaceable`, and those of `portal.receiving`.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem("bad_key")
    await run_in_threadpool(_check_quota, app, partner_id)
    if replaces is not None:
        await run_in_threadpool(_check_owner, app, replaces, partner_id)
    async with received(request) as sent:
        try:
            document = await run_in_threadpool(_accept, app, sent, partner_id, replaces, key)
        except steps.KeyReused as error:
            raise Problem("key_reused") from error
        except steps.NotReplaceable as error:
            raise Problem("not_replaceable") from error
    await run_in_threadpool(ring, "light", document.id)
    return document


def left(app: App, partner_id: str) -> int:
    """Return how many more documents a partner may upload today."""
    most = app.settings.uploads_per_day
    with reading(app.engine) as conn:
        return most - documents.accepted_on(conn, partner_id, today(), most)


def _accept(app: App, sent: Received, partner_id: str, replaces: str | None, key: str | None) -> Document:
    if replaces is None:
        return steps.accept(app, sent.file, sent.name, partner_id, today(), key=key)
    return steps.replace(app, replaces, sent.file, sent.name, today(), who=f"partner {partner_id}", key=key)


def _check_owner(app: App, document_id: str, partner_id: str) -> None:
    with reading(app.engine) as conn:
        owned(conn, document_id, partner_id)


def _check_quota(app: App, partner_id: str) -> None:
    if left(app, partner_id) <= 0:
        raise Problem("quota")
