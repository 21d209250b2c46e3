"""Errors of the web interface as problem details (RFC 9457), each with a stable code."""

from typing import Any

from fastapi.responses import JSONResponse

from pipeline.intake import MAX_BYTES

TITLES = {
    "not_found": (404, "There is nothing here."),
    "method_not_allowed": (405, "This address does not take that method."),
    "unauthorised": (401, "A valid token is needed: Authorization: Bearer TOKEN."),
    "forbidden": (403, "This is not for you."),
    "too_large": (413, f"The file is larger than {MAX_BYTES // 10**6} MB."),
    "unsupported_type": (415, "The file is no PDF, e-invoice (XML), JPEG, PNG, TIFF, WebP or HEIC."),
    "empty": (422, "The file is empty."),
    "no_file": (422, "There is no file in the request: send it as the part `file` of a form, or as the body."),
    "several_files": (
        422,
        "Only pictures are the pages of one document together; please send other files one by one.",
    ),
    "bad_key": (422, "An Idempotency-Key has 1 to 200 printable characters of ASCII."),
    "key_reused": (422, "Another file was sent with this Idempotency-Key before."),
    "bad_limit": (422, "A page has 1 to 100 documents."),
    "not_replaceable": (409, "This document is on its way, approved, or was replaced before."),
    "quota": (429, "No more files can be sent today."),
    "bad_request": (400, "The request cannot be understood."),
    "unavailable": (503, "The service is not available at the moment; please try again."),
    "internal": (500, "Something went wrong here. It has been logged."),
}
"""Status and sentence by code."""


class Problem(Exception):
    """Raised for a request that cannot be answered; `code` is a key of TITLES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def answer(code: str) -> JSONResponse:
    """Return the answer for a code."""
    status, title = TITLES[code]
    body: dict[str, Any] = {"type": f"urn:cashback:{code}", "title": title, "status": status, "code": code}
    headers = (
        {"WWW-Authenticate": "Bearer"} if code == "unauthorised" else {"Retry-After": "5"} if status == 503 else {}
    )
    return JSONResponse(body, status, headers, media_type="application/problem+json")
