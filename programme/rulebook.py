"""The rulebook: catalogue, distributors and programme as files, checked as a whole before anything relies on them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model.case import Tier
from model.invoice import Amount, Value
from programme.catalogue import Catalogue, Product
from programme.consistency import catalogue_faults, distributor_faults, programme_faults
from programme.distributors import Distributor
from programme.files import Fault, RulebookInvalid, Table, parse_table, read_table
from programme.rows import DistributorRow, ProductRow, ProgrammeRow

__all__ = [
    "Fault",
    "Loaded",
    "Programme",
    "RevenueCommitment",
    "Rulebook",
    "RulebookInvalid",
    "load",
    "parse",
    "version_line",
]

FILES = ("catalogue", "distributors", "programme")
"""The names of the files, without their ending."""
_OF_PRODUCTS = ("model", "bonus_eligible")
_OF_DISTRIBUTORS = ("id", "name", "valid_from")
ELIGIBLE: tuple[Tier, ...] = ("silver", "gold")
"""The tiers that earn where the programme does not say: those the programme has bounds for."""


class RevenueCommitment(Value):
    """The net revenue in EUR that a tier asks for in a calendar year, while the rule holds; both days are included."""

    tier: Tier
    amount: Amount
    valid_from: dt.date
    valid_to: dt.date | None = None


class Programme(Value):
    """The rules that are not about a single device or distributor.

    `claim_window_days`: how many days before the day of acceptance an invoice may have been issued; None: no limit.
    `certificate_grace_days`: for how many days after the last certificate ended nothing is held.
    """

    claim_window_days: int | None = None
    programme_start: dt.date | None = None
    eligible_tiers: tuple[Tier, ...] = ELIGIBLE
    certification_required: bool = True
    free_lines_earn: bool = False
    certificate_grace_days: int = 0
    revenue_commitments: tuple[RevenueCommitment, ...] = ()


class Rulebook(Value):
    """Everything that judging goes by, and the version of each file: the first 12 hex digits of its SHA-256."""

    catalogue: Catalogue = Catalogue()
    distributors: tuple[Distributor, ...] = ()
    programme: Programme = Programme()
    versions: dict[str, str] = {}
    """By "catalogue", "distributors", "programme"."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rulebook and the warnings about it, one per file and unknown key."""

    rulebook: Rulebook
    warnings: tuple[str, ...]


def load(folder: Path) -> Loaded:
    """Read catalogue.json, distributors.json and programme.json of a folder; raise RulebookInvalid with every fault."""
    return _loaded(
        read_table(folder / "catalogue.json", ProductRow, _OF_PRODUCTS),
        read_table(folder / "distributors.json", DistributorRow, _OF_DISTRIBUTORS),
        read_table(folder / "programme.json", ProgrammeRow, (), single=True),
    )


def parse(texts: Mapping[str, str]) -> Loaded:
    """Read the texts of the files, by the names in FILES; raise RulebookInvalid with every fault."""
    data = {name: texts[name].encode() for name in FILES}
    return _loaded(
        parse_table("catalogue.json", data["catalogue"], ProductRow, _OF_PRODUCTS),
        parse_table("distributors.json", data["distributors"], DistributorRow, _OF_DISTRIBUTORS),
        parse_table("programme.json", data["programme"], ProgrammeRow, (), single=True),
    )


def version_line(versions: Mapping[str, str]) -> str:
    """Return the versions of a rulebook's files in one line, as judgements keep them."""
    return " ".join(f"{name} {made}" for name, made in sorted(versions.items()))


def _loaded(products: Table[ProductRow], distributors: Table[DistributorRow], programme: Table[ProgrammeRow]) -> Loaded:
    faults = (
        *products.faults,
        *catalogue_faults(products.rows),
        *distributors.faults,
        *distributor_faults(distributors.rows),
        *programme.faults,
        *programme_faults(programme.rows),
    )
    if faults:
        raise RulebookInvalid(faults)
    rulebook = Rulebook(
        catalogue=Catalogue(products=tuple(_product(row.values) for row in products.rows)),
        distributors=tuple(Distributor.model_validate(row.values.stated()) for row in distributors.rows),
        programme=Programme.model_validate(programme.rows[0].values.stated()),
        versions={
            "catalogue": products.version,
            "distributors": distributors.version,
            "programme": programme.version,
        },
    )
    return Loaded(rulebook, (*products.warnings, *distributors.warnings, *programme.warnings))


def _product(row: ProductRow) -> Product:
    """Make the product; a bonus without dates becomes a rate that is open at both ends."""
    stated = row.stated()
    bonus = stated.pop("bonus", {})
    return Product.model_validate({**stated, "rates": (bonus,)} if bonus else stated)
