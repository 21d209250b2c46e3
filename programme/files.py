"""Reference data as JSON files: read row by row, every fault named by file, row and field, none hiding another."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

RowT = TypeVar("RowT", bound="BaseModel")

_SENTENCES = {
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file: the row counts from 1, `name` is the id or model in it; None where there is none."""

    file: str
    row: int | None
    field: str
    message: str
    name: str | None = None

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row is not None else ""
        name = f" ({self.name})" if self.name else ""
        field = f", {self.field}" if self.field else ""
        return f"{self.file}{row}{name}{field}: {self.message}"


class RulebookInvalid(Exception):
    """Raised when reference data cannot be used; it carries every fault that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Row(Generic[RowT]):
    """A row as far as it could be read: fields that could not are left out of `values`, and named among the faults."""

    file: str
    number: int | None
    name: str | None
    values: RowT

    def fault(self, field: str, message: str) -> Fault:
        """Return a fault of this row."""
        return Fault(self.file, self.number, field, message, self.name)


@dataclass(frozen=True, slots=True)
class Table(Generic[RowT]):
    """A file's rows, its faults and warnings, and its version: the first 12 hex digits of its SHA-256."""

    rows: tuple[Row[RowT], ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    version: str


def parse_json(data: bytes) -> Any:
    """Return what a JSON file holds. Errors: ValueError, RecursionError."""
    return json.loads(
        data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_unique_keys
    )


def read_table(
    path: Path,
    row: type[RowT],
    required: Sequence[str],
    *,
    single: bool = False,
    parse: Callable[[bytes], Any] = parse_json,
) -> Table[RowT]:
    """Read a file as `parse_table` does; nothing is raised."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Table((), (Fault(path.name, None, "", f"cannot be read: {error.strerror}"),), (), "")
    return parse_table(path.name, data, row, required, single=single, parse=parse)


def parse_table(
    name: str,
    data: bytes,
    row: type[RowT],
    required: Sequence[str],
    *,
    single: bool = False,
    parse: Callable[[bytes], Any] = parse_json,
) -> Table[RowT]:
    """Read what a file of this name holds: a list of objects, or one object (`single`); nothing is raised.

    `row` is a model with optional fields only and extra="allow", `required` names the keys that must stand in each row.
    """
    try:
        content = parse(data)
    except (ValueError, RecursionError) as error:
        return Table((), (Fault(name, None, "", f"is no {_form(name)}: {error}"),), (), "")
    if not isinstance(content, dict if single else list):
        fault = Fault(name, None, "", "must hold " + ("one object" if single else "a list of objects"))
        return Table((), (fault,), (), "")
    faults: list[Fault] = []
    numbered = [(None, content)] if single else list(enumerate(content, start=1))
    rows = tuple(_row(name, number, item, model=row, required=required, faults=faults) for number, item in numbered)
    unknown = sorted({key for each in rows for key in _unknown(each.values)})
    warnings = tuple(f"{name}: unknown key {key}, ignored" for key in unknown)
    return Table(rows, tuple(faults), warnings, hashlib.sha256(data).hexdigest()[:12])


def _form(name: str) -> str:
    return "CSV" if name.lower().endswith(".csv") else "JSON"


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)} stands twice in one object")
    return found


def _row(
    file: str, number: int | None, item: Any, *, model: type[RowT], required: Sequence[str], faults: list[Fault]
) -> Row[RowT]:
    """Validate a row; the faulty fields are reported and left out, so that checks across rows still see the others."""
    if not isinstance(item, dict):
        faults.append(Fault(file, number, "", "must be an object"))
        return Row(file, number, None, model())
    name = next((item[key] for key in ("model", "id") if isinstance(item.get(key), str)), None)
    missing = [key for key in required if item.get(key) in (None, "") and not (key in item and key in _NULL_SAYS)]
    faults.extend(Fault(file, number, key, "is required", name) for key in missing)
    try:
        return Row(file, number, name, model.model_validate(item))
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults.extend(Fault(file, number, _path(one["loc"]), _sentence(one), name) for one in details)
    broken = {one["loc"][0] for one in details}
    return Row(file, number, name, model.model_validate({key: item[key] for key in item if key not in broken}))


_NULL_SAYS = frozenset({"bonus_eligible"})
"""Required keys of which null is a value: not known."""


def _path(loc: Sequence[int | str]) -> str:
    """Write a place inside a row: ('rates', 0, 'silver') becomes 'rates[1].silver'; list positions count from 1."""
    parts = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    return parts.removeprefix(".")


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    shown = json.dumps(error["input"], ensure_ascii=False, default=str)
    if error["type"] == "literal_error":
        return f"must be one of {error['ctx']['expected']}, not {shown:.60}"
    return f"{_SENTENCES.get(error['type'], error['msg'])}, not {shown:.60}"


def _unknown(values: BaseModel, prefix: str = "") -> Iterator[str]:
    """Yield the keys that no field has, with the path to them: 'rates.note'."""
    yield from (prefix + key for key in values.model_extra or {})
    for field in type(values).model_fields:
        inner = getattr(values, field)
        for one in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(one, BaseModel):
                yield from _unknown(one, f"{prefix}{field}.")
