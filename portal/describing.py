"""The form of the answers to programs, as /openapi.json describes it."""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from model.state import State
from portal.problems import TITLES

Euros = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", description="EUR", examples=["28.00"])]
Box = Annotated[list[float], Field(min_length=4, max_length=4, description="x0, top, x1, bottom as shares of the page")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Place(_Form):
    """Where on the document a reason shows."""

    page: Annotated[int, Field(ge=1)]
    box: Box | None = None
    text: str | None = None


class Reason(_Form):
    """Why a document was not approved; the codes are those of docs/contract/reasons.md, and `in_review`."""

    code: Annotated[str, Field(examples=["seller_not_authorised"])]
    message: str
    severity: Literal["reject", "review"]
    evidence: list[Place]


class Unit(_Form):
    """Devices that earn a bonus."""

    model: Annotated[str, Field(examples=["D785"])]
    quantity: int
    bonus_each: Euros
    line_identifiers: list[str]


class Error(_Form):
    """What is wrong with a document that could not be processed."""

    code: Annotated[str, Field(examples=["encrypted"])]
    message: str


class Links(_Form):
    """Addresses on this server."""

    self: Annotated[str, Field(examples=["/api/v1/documents/4k2m0q9xw7t1c8v5b3nz"])]


class Summary(_Form):
    """A document and the state it is in."""

    id: Annotated[str, Field(examples=["4k2m0q9xw7t1c8v5b3nz"])]
    file_name: str
    state: State
    accepted_at: dt.datetime
    accepted_on: Annotated[dt.date, Field(description="the day in Europe/Berlin")]
    error: Error | None
    replaces: Annotated[str | None, Field(description="The document that this one was sent, or split off, to replace.")]
    links: Links


class Full(Summary):
    """A document, and what was decided on it once its state is an outcome."""

    reasons: list[Reason]
    bonus_units: list[Unit]
    bonus_total: Euros


class Listing(_Form):
    """A page of a partner's documents, the last ones first; `next` is the address of the page after it."""

    documents: list[Summary]
    next: str | None


class Problem(BaseModel):
    """What went wrong (RFC 9457); `code` is stable."""

    type: Annotated[str, Field(examples=["urn:cashback:too_large"])]
    title: str
    status: int
    code: Annotated[str, Field(json_schema_extra={"enum": sorted(TITLES)})]


def complete(made: FastAPI) -> None:
    """Have the description hold the form of a problem, which the answers of all routes refer to."""
    described = made.openapi

    def openapi() -> dict[str, Any]:
        told = described()
        schemas = told.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        return told

    made.openapi = openapi  # type: ignore[method-assign]


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of the problems it may answer with, besides those that every route may."""
    told: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, "bad_request", "internal", "unavailable"):
        status, title = TITLES[code]
        sentence = f"{told[status]['description']} `{code}`: {title}" if status in told else f"`{code}`: {title}"
        told[status] = {
            "description": sentence,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return told


UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "format": "binary"},
                        "description": "One file, or several pictures (JPEG, PNG, TIFF, WebP, HEIC): the pages of one "
                        "document, in order.",
                    }
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}
"""The two ways to send a document."""
