"""The options that all commands have in common."""

import datetime as dt
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@dataclass(frozen=True, slots=True)
class Common:
    """The options common to all commands; None where one was not given."""

    data: Path | None = None
    rulebook: Path | None = None
    partners: Path | None = None
    on: dt.date | None = None


def _common(
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The database and the stored files.", show_default="./var")
    ] = None,
    rulebook: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Catalogue, distributors, programme.", show_default="the shipped ones"),
    ] = None,
    partners: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Partners to import before anything else.")
    ] = None,
    on: Annotated[
        dt.datetime | None,
        typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="The day of acceptance, in place of today."),
    ] = None,
) -> Common:
    return Common(data, rulebook, partners, on.date() if on else None)


def with_common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options, handed to it as its parameter `common`."""
    shared = inspect.signature(_common).parameters
    own = {name: each for name, each in inspect.signature(command).parameters.items() if name != "common"}

    @functools.wraps(command)
    def run(**values: Any) -> None:
        common = _common(**{name: values.pop(name) for name in shared})
        command(**values, common=common)

    run.__signature__ = inspect.Signature([*own.values(), *shared.values()])  # type: ignore[attr-defined]  # inspect reads it
    run.__annotations__ = {name: each.annotation for name, each in {**own, **shared}.items()}
    return run
