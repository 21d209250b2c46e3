"""Pages for people: templates, the texts of both languages, and what every answer says to the browser."""

import datetime as dt
import hashlib
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_percent
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.access import Caller
from validators.sentences import Language
from workers.settling import BERLIN

LANGUAGES: tuple[Language, ...] = ("de", "en")
LANGUAGE, SCHEME, KEYS = "language", "scheme", "keys"
"""Cookies in which a browser keeps what its user chose; KEYS: whether single keys do anything, "on" or "off"."""
SCHEMES = ("light", "dark")
LONGEST = 80
"""Characters that are shown of a name that somebody else gave."""
_HERE = Path(__file__).parent
_LOCALES: dict[Language, str] = {"de": "de_DE", "en": "en_GB"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
Texts = Mapping[str, Any]


def page(request: Request, name: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page made of a template, in the language of whoever asks."""
    language = language_of(request)
    caller: Caller = getattr(request.state, "caller", Caller())
    made = _environment(language).get_template(name)
    shown = {
        "t": texts(language),
        "language": language,
        "other": next(one for one in LANGUAGES if one != language),
        "scheme": request.cookies.get(SCHEME) if request.cookies.get(SCHEME) in SCHEMES else None,
        "keys": caller.session is not None and request.cookies.get(KEYS) != "off",
        "session": caller.session,
        "path": request.url.path,
        "certificate_ends": partial(request.app.state.certificate_ends, caller),
    }
    return HTMLResponse(made.render(shown | values), status, {"Cache-Control": "no-store"})


def language_of(request: Request) -> Language:
    """Return the language that was chosen, or else that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in LANGUAGES:
        return "de" if chosen == "de" else "en"
    return "de" if request.headers.get("accept-language", "de").strip().lower().startswith("de") else "en"


@cache
def texts(language: Language) -> Texts:
    """Return all texts of a language."""
    return tomllib.loads((_HERE / "texts" / f"{language}.toml").read_text("utf-8"))


def shown(name: str) -> str:
    """Return a name that somebody else gave, fit to stand on a page: cut, and what is not printed made visible."""
    marked = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c)[0] == "C" else c for c in name)
    return marked if len(marked) <= LONGEST else marked[: LONGEST - 1] + "…"


def words(text: str) -> str:
    """Return what somebody wrote, fit to stand on a page: line ends stay, what else is not printed is made visible."""
    return "\n".join(
        "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c)[0] == "C" else c for c in line)
        for line in text.split("\n")
    )


class Headers:
    """Says to the browser, with every answer, what it may do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, telling if scope["type"] == "http" else send)


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file of the pages and its version. Errors: FileNotFoundError."""
    data = (_HERE / "static" / name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


STATIC = {path.name for path in (_HERE / "static").iterdir()}
"""The names of the files of the pages."""


@cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = lambda name: f"/static/{name}?v={static(name)[1]}"
    made.filters |= {
        "euros": _euros(language),
        "signed": _signed(language),
        "day": _day(language),
        "month": _month(language),
        "moment": _moment(language),
        "shown": shown,
        "words": words,
        "fill": _fill,
        "percent": _percent(language),
    }
    return made


def _euros(language: Language) -> Callable[[Decimal | int], str]:
    def euros(amount: Decimal | int) -> str:
        return format_currency(Decimal(amount), "EUR", locale=_LOCALES[language]).replace(" ", "\N{NO-BREAK SPACE}")

    return euros


def _signed(language: Language) -> Callable[[Decimal | str], str]:
    euros = _euros(language)
    return lambda amount: ("+" if Decimal(amount) > 0 else "") + euros(Decimal(amount))


def _day(language: Language) -> Callable[[dt.date], str]:
    form = "dd.MM.yyyy" if language == "de" else "d MMM yyyy"

    def day(of: dt.date) -> str:
        moment = of.astimezone(BERLIN) if isinstance(of, dt.datetime) else of
        return format_date(moment, form, locale=_LOCALES[language])

    return day


def _percent(language: Language) -> Callable[[float], str]:
    def percent(share: float) -> str:
        return format_percent(share, "#,##0.0 %" if language == "de" else "#,##0.0%", locale=_LOCALES[language])

    return percent


def _month(language: Language) -> Callable[[dt.date], str]:
    def month(of: dt.date) -> str:
        return format_date(of, "LLLL yyyy", locale=_LOCALES[language])

    return month


def _moment(language: Language) -> Callable[[dt.datetime], str]:
    day = _day(language)
    return lambda of: f"{day(of)}, {of.astimezone(BERLIN):%H:%M:%S}"


def _fill(template: str, **values: object) -> str:
    return template.format(**values)
