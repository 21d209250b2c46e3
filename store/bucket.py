"""Blobs in an S3-compatible bucket: the only door to boto3, which is slow to load and so loaded by the first request.

Region and credentials are those of boto3's own environment (AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE, ...).
`prefix/ab/cd/abcd...` holds the bytes whose digest begins with abcd, `prefix/tmp/abcd.../...` marks those that are
being taken away. Every function raises what an operating system would: PermissionError, TimeoutError, ConnectionError,
or another OSError with the server's own words. FileNotFoundError says that these bytes are not in the bucket, which is
there.
"""

import base64
import datetime as dt
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

CONNECTING = 5
"""Seconds in which the server must take a connection."""
ANSWERING = 30
"""Seconds in which it must go on with its answer."""
TRIES = 4
"""How often a request is made before its failure is told."""
FRESH = dt.timedelta(minutes=10)
"""Bytes that were put no longer ago are left as they are when they are put again; older ones are sent anew."""
MARKED = dt.timedelta(minutes=5)
"""So long a mark counts, which is longer than the request that it announces can be under way."""
_PATIENCE = 60.0
"""Seconds after its mark in which that request must be made."""
_PAUSE = 0.1
"""Seconds between two looks at a mark."""
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})
_FORBIDDEN = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in a bucket. `prefix` has no slash at its ends and may be empty.

    `endpoint` is the server's URL; None: the one of boto3's configuration, or else Amazon's.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None


class _Seen(NamedTuple):
    """An object as the server describes it; `now` is the server's clock."""

    size: int
    modified: dt.datetime
    now: dt.datetime


def put(place: Bucket, digest: str, file: BinaryIO, size: int) -> None:
    """Have the server keep the bytes of a file, so many, and check them against their digest.

    Bytes of the right size that were put a moment ago (FRESH) are left as they are. When it returns, the bytes are
    there and no `delete_older` that judged them by an earlier age is still to come: it announces itself by a mark
    before it looks at the age, so whoever sees neither mark nor gap after sending is safe from it.
    """
    seen = _seen(place, digest)
    if seen is None or seen.size != size or seen.now - seen.modified > FRESH:
        _send(place, digest, file)
    while True:
        while _is_marked(place, digest):
            time.sleep(_PAUSE)
        if exists(place, digest):
            return
        _send(place, digest, file)


def get(place: Bucket, digest: str) -> bytes:
    """Return the bytes. Errors: FileNotFoundError."""
    with _asking(place) as client:
        return client.get_object(Bucket=place.bucket, Key=_key(place, digest))["Body"].read()


def exists(place: Bucket, digest: str) -> bool:
    """Whether these bytes are here."""
    if _seen(place, digest) is not None:
        return True
    clock(place)  # An answer to HEAD does not tell whether it is the bucket that is not there.
    return False


def delete(place: Bucket, digest: str) -> bool:
    """Remove the bytes, and say whether they were here."""
    found = exists(place, digest)
    _remove(place, _key(place, digest))
    return found


def delete_older(place: Bucket, digest: str, before: dt.datetime) -> bool:
    """Remove the bytes if nobody has put them since that moment, and say whether it did.

    The mark stays where the removal failed, for the server may yet carry it out.
    """
    begun, mark = time.monotonic(), f"{_marks(place, digest)}{secrets.token_hex(8)}"
    with _asking(place) as client:
        client.put_object(Bucket=place.bucket, Key=mark, Body=b"")
    seen = _seen(place, digest)
    old = seen is not None and seen.modified < before and time.monotonic() - begun < _PATIENCE
    if old:
        _remove(place, _key(place, digest))
    _remove(place, mark)
    return old


def listed(place: Bucket) -> Iterator[tuple[str, dt.datetime, int]]:
    """Yield digest, moment of the last put and size in bytes of all that is here."""
    for key, modified, size in _objects(place, _under(place, "")):
        digest = key.rpartition("/")[2]
        if len(digest) == 64 and key == _key(place, digest):
            yield digest, modified.astimezone(dt.UTC), size


def stale(place: Bucket, before: dt.datetime) -> tuple[str, ...]:
    """Remove marks older than that moment, which those who made them never removed, and name them."""
    keys = [key for key, modified, _ in _objects(place, _under(place, "tmp/")) if modified < before]
    for key in keys:
        _remove(place, key)
    return tuple(keys)


def clock(place: Bucket) -> dt.datetime:
    """Return the server's time, by which the moments in `listed` are given."""
    with _asking(place) as client:
        return _date(client.head_bucket(Bucket=place.bucket))


def _under(place: Bucket, rest: str) -> str:
    return f"{place.prefix}/{rest}" if place.prefix else rest


def _key(place: Bucket, digest: str) -> str:
    return _under(place, f"{digest[:2]}/{digest[2:4]}/{digest}")


def _marks(place: Bucket, digest: str) -> str:
    return _under(place, f"tmp/{digest}/")


def _send(place: Bucket, digest: str, file: BinaryIO) -> None:
    file.seek(0)
    checksum = base64.b64encode(bytes.fromhex(digest)).decode()
    with _asking(place) as client:
        client.put_object(
            Bucket=place.bucket, Key=_key(place, digest), Body=file, ChecksumSHA256=checksum, ChecksumAlgorithm="SHA256"
        )


def _remove(place: Bucket, key: str) -> None:
    with _asking(place) as client:
        client.delete_object(Bucket=place.bucket, Key=key)


def _seen(place: Bucket, digest: str) -> _Seen | None:
    try:
        with _asking(place) as client:
            answer = client.head_object(Bucket=place.bucket, Key=_key(place, digest))
    except FileNotFoundError:
        return None
    return _Seen(answer["ContentLength"], answer["LastModified"], _date(answer))


def _is_marked(place: Bucket, digest: str) -> bool:
    """Whether these bytes are being taken away. A mark that nobody removed counts for a while only."""
    with _asking(place) as client:
        answer = client.list_objects_v2(Bucket=place.bucket, Prefix=_marks(place, digest))
    now = _date(answer)
    return any(now - mark["LastModified"] < MARKED for mark in answer.get("Contents", ()))


def _objects(place: Bucket, prefix: str) -> Iterator[tuple[str, dt.datetime, int]]:
    with _asking(place) as client:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                yield found["Key"], found["LastModified"], found["Size"]


def _date(answer: Any) -> dt.datetime:
    """Return the server's time as it stands in an answer."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


@cache
def _client(endpoint: str | None) -> "S3Client":
    """Return the client for a server, made once in each process; threads may share it."""
    from boto3.session import Session  # noqa: PLC0415 (slow: only who uses a bucket loads it)
    from botocore.config import Config  # noqa: PLC0415 (the same)

    config = Config(
        connect_timeout=CONNECTING,
        read_timeout=ANSWERING,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        # Our own SHA-256 goes with each upload; other checksums are not known to every server.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return Session().client("s3", endpoint_url=endpoint, config=config)


@contextmanager
def _asking(place: Bucket) -> Iterator["S3Client"]:
    """Yield the client, and turn its exceptions into OSErrors."""
    from botocore import exceptions  # noqa: PLC0415 (slow: only who uses a bucket loads it)

    try:
        client = _client(place.endpoint)
    except (exceptions.BotoCoreError, ValueError) as error:
        raise OSError(f"s3://{place.bucket}: {error}") from error
    try:
        yield client
    except exceptions.ClientError as error:
        if _is_of_bucket(error):
            raise OSError(f"s3://{place.bucket}: there is no such bucket") from error
        raise _kind(error)(f"s3://{place.bucket}: {error}") from error
    except (exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError) as error:
        raise TimeoutError(f"s3://{place.bucket}: {error}") from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError) as error:
        raise ConnectionError(f"s3://{place.bucket}: {error}") from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise PermissionError(f"s3://{place.bucket}: {error}") from error
    except exceptions.BotoCoreError as error:
        raise OSError(f"s3://{place.bucket}: {error}") from error


def _is_of_bucket(error: "ClientError") -> bool:
    """Whether a request failed because there is no such bucket."""
    code = error.response["Error"]["Code"]
    return code == "NoSuchBucket" or (error.operation_name == "HeadBucket" and code in _GONE)


def _kind(error: "ClientError") -> type[OSError]:
    if error.response["Error"]["Code"] in _GONE:
        return FileNotFoundError
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return PermissionError if status in _FORBIDDEN else OSError
