"""Telling other systems of each entry: signed requests to their webhooks, again and again until they are taken.

Signed as the Standard Webhooks specification asks (https://www.standardwebhooks.com): who receives one checks the
signature over id, moment and body, refuses what is older than five minutes, and takes each id once. A notice may come
twice, and each webhook is told in the order of the ledger.
"""

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import httpx
import structlog

from runtime.app import App
from store import journal, webhooks
from store.engine import reading
from store.webhooks import Notice, Webhook
from workers.beside import repeated

log = structlog.get_logger()

EVERY = 2.0
"""Seconds between two looks for what is due."""
PATIENCE = 10.0
"""Seconds that a receiver has to take a notice."""
_SAID = 200
"""Signs of an answer that are kept."""


class UrlRefused(ValueError):
    """Raised for an address that nothing is sent to."""


def telling(app: App) -> AbstractContextManager[None]:
    """Tell webhooks in a thread of this process until the block is left."""
    return repeated(lambda _: tell_all(app), every=EVERY, trouble="webhooks could not be told")


def tell_all(app: App) -> int:
    """Send what is due, to each webhook in the order of the ledger, and return how many notices were taken."""
    with reading(app.engine) as conn:
        known = webhooks.every(conn)
    taken = 0
    for webhook in known:
        while _send_next(app, webhook):
            taken += 1
    return taken


def checked(url: str) -> str:
    """Return an address that notices may be sent to. Errors: UrlRefused.

    https, or http to a private network or this machine; never one of link-local addresses, where machines in a cloud
    keep their secrets.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise UrlRefused(f"{url} is no address of a webhook: https://host/path")
    try:
        found = {one[4][0] for one in socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)}
    except (OSError, ValueError) as error:
        raise UrlRefused(f"{parts.hostname} is not known: {error}") from error
    for one in map(ipaddress.ip_address, found):
        if one.is_link_local or one.is_multicast or one.is_unspecified:
            raise UrlRefused(f"{parts.hostname} has the address {one}, which nothing is sent to")
        if parts.scheme == "http" and not one.is_private:
            raise UrlRefused(f"{url}: what leaves the private network takes https")
    return url


def signature(secret: str, identifier: str, moment: int, body: bytes) -> str:
    """Return the signature of a notice: "v1," and the HMAC-SHA256 over id, moment and body, in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{moment}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def _send_next(app: App, webhook: Webhook) -> bool:
    """Send the next notice to a webhook if one is due; whether it was taken, so that the next one may follow."""
    with app.engine.begin() as conn:
        notice = webhooks.claim(conn, webhook.id, _now())
    if notice is None:
        return False
    why = _send(app, webhook, notice)
    with app.engine.begin() as conn:
        if why is None:
            webhooks.delivered(conn, notice, _now())
        elif not webhooks.failed(conn, notice, why, _now()):
            log.error("a notice was given up", webhook=webhook.id, entry=notice.entry, why=why)
    return why is None


def _send(app: App, webhook: Webhook, notice: Notice) -> str | None:
    """Send a notice; return why it was not taken, None if it was."""
    with reading(app.engine) as conn:
        (booked,) = journal.booked(conn, notice.entry - 1, notice.entry)
    body = json.dumps(journal.as_json(booked), ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(_now().timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": booked.entry.key,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(webhook.secret, booked.entry.key, moment, body),
    }
    try:
        answer = httpx.post(
            checked(webhook.url),
            content=body,
            headers=headers,
            timeout=PATIENCE,
            follow_redirects=False,
            trust_env=False,
        )
    except (httpx.HTTPError, UrlRefused) as error:
        return f"{type(error).__name__}: {error}"[:_SAID]
    return None if answer.is_success else f"it answered {answer.status_code}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
