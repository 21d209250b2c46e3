"""Files of a request, written to disk as they come in; what is too large or no document ends the request at once.

Several pictures are the pages of one document, in order: they are joined as they came (`extractors.bundle`), and none
of them is opened here.
"""

import logging
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks
from starlette.requests import ClientDisconnect

from extractors import bundle
from pipeline.intake import HEAD, MAX_BYTES, sniff
from portal.problems import Problem

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it tells the log of every broken request

WRAPPING = 100_000
"""Bytes that a request may have beyond its files."""
UNNAMED = "document"
"""What a file is called whose sender gave it no name."""
_LONGEST_HEADER = 10_000
_PIECE = 2**18


@dataclass(slots=True)
class Received:
    """One file of a request: its name as it was sent, and an open temporary file, in which it begins at `begin`.

    `among` tells that others are sent beside it: then it has to be a picture.
    """

    name: str
    file: BinaryIO
    begin: int = 0
    among: bool = False
    size: int = 0
    head: bytes = b""
    media_type: str | None = None

    def write(self, data: bytes) -> None:
        """Take the next bytes. Errors: Problem `too_large`, `unsupported_type`, `several_files`."""
        self.size += len(data)
        if self.begin + self.size > MAX_BYTES:
            raise Problem("too_large")
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
            if len(self.head) == HEAD:
                self._know()
        self.file.write(data)

    def end(self) -> None:
        """Take the end. Errors: Problem `empty`, `unsupported_type`, `several_files`."""
        if not self.size:
            raise Problem("empty")
        self._know()

    def pieces(self) -> Iterator[bytes]:
        """Yield its bytes."""
        self.file.seek(self.begin)
        left = self.size
        while left:
            piece = self.file.read(min(left, _PIECE))
            left -= len(piece)
            yield piece

    def beside(self, name: str) -> "Received":
        """Return the next file of the same request. Errors: Problem `several_files`."""
        self._joins()
        return Received(name, self.file, begin=self.begin + self.size, among=True)

    def _know(self) -> None:
        self.media_type = sniff(self.head)
        if self.media_type is None:
            raise Problem("unsupported_type")
        if self.among:
            self._joins()

    def _joins(self) -> None:
        if self.media_type not in bundle.SUFFIXES:
            raise Problem("several_files")


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Received]:
    """Yield the document of a request: the parts `file` of a form, or else the body. Errors: Problem.

    Several parts are the pages of one document, joined under the name of the first.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    with closing(tempfile.TemporaryFile()) as file, closing(tempfile.TemporaryFile()) as joined:
        if kind == b"multipart/form-data":
            parts = await _of_form(request, options, file)
            yield parts[0] if len(parts) == 1 else await run_in_threadpool(_join, parts, joined)
        else:
            one = Received(_name(request.headers), file)
            async for chunk in _limited(request):
                await run_in_threadpool(one.write, chunk)
            if not one.size:
                raise Problem("no_file")
            one.end()
            yield one


def _join(parts: list[Received], target: BinaryIO) -> Received:
    bundle.write(target, ((part.media_type or "", part.pieces()) for part in parts))
    size = target.tell()
    if size > MAX_BYTES:
        raise Problem("too_large")
    return Received(parts[0].name, target, size=size)


async def _of_form(request: Request, options: Mapping[bytes, bytes], file: BinaryIO) -> list[Received]:
    if not options.get(b"boundary"):
        raise Problem("bad_request")
    form = _Form(file)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        async for chunk in _limited(request):
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError) as error:
        raise Problem("bad_request") from error
    if not form.ended:
        raise Problem("bad_request")
    if not form.received:
        raise Problem("no_file")
    return form.received


@dataclass(slots=True)
class _Form:
    """What a form says, part by part: its parts `file` are written to disk, the others are passed over."""

    file: BinaryIO
    received: list[Received] = field(default_factory=list)
    ended: bool = False
    _current: Received | None = None
    _header: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_part,
            "on_header_value": self._value_part,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition, self._current = b"", None

    def _header_part(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bound()

    def _value_part(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound()

    def _bound(self) -> None:
        if len(self._header) + len(self._value) > _LONGEST_HEADER:
            raise Problem("bad_request")

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if options.get(b"name") != b"file" or b"filename" not in options:
            return
        name = _of_part(options[b"filename"]) or UNNAMED
        if len(self.received) == bundle.MAX_PARTS:
            raise Problem("several_files")
        self._current = self.received[-1].beside(name) if self.received else Received(name, self.file)
        self.received.append(self._current)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.write(data[start:end])

    def _part_end(self) -> None:
        if self._current is not None:
            self._current.end()

    def _end(self) -> None:
        self.ended = True


def _name(headers: Mapping[str, str]) -> str:
    """Return the name of a file that is the body: Content-Disposition (RFC 6266), or X-Filename, percent-encoded."""
    told = Message()
    told["Content-Disposition"] = headers.get("content-disposition", "attachment")
    return told.get_filename() or unquote(_decoded(headers.get("x-filename", "").encode("latin-1"))) or UNNAMED


def _of_part(name: bytes) -> str:
    """Return the name in a form, in which browsers write quotes and line ends so (HTML, multipart/form-data)."""
    return _decoded(name).replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _decoded(name: bytes) -> str:
    """Return a file name, which is UTF-8 nearly always."""
    with suppress(UnicodeDecodeError):
        return name.decode()
    return name.decode("latin-1")


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes in, and stop at more than it may hold."""
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > MAX_BYTES + WRAPPING:
                raise Problem("too_large")
            yield chunk
    except ClientDisconnect as error:
        raise Problem("bad_request") from error
