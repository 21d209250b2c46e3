"""What forms and files change of a rulebook that is drafted."""

from collections.abc import Mapping
from typing import Any

from portal.problems import Problem
from portal.rules import TABLES
from programme import editing
from programme.files import Fault

_LISTED = ("aliases", "other_names", "vat_identifiers", "ibans", "register_numbers", "domains")
_PRODUCT = ("model", "kind", "mpn", "ean")
_DISTRIBUTOR = ("id", "name", "street", "postal_code", "city", "country", "valid_from", "valid_to")
_DAYS = ("claim_window_days", "certificate_grace_days")


class Wrong(Exception):
    """Raised where a form or a file cannot be taken in; `faults` says why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def changed(texts: Mapping[str, str], part: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the file that a form changes. Errors: Wrong, Problem."""
    products, distributors = editing.read(texts["catalogue"]), editing.read(texts["distributors"])
    needed = {"rate": ("model", "valid_from"), "product": ("model",), "distributor": ("id", "name", "valid_from")}
    missing = [name for name in needed.get(part, ()) if name not in fields]
    if missing:
        raise Wrong(*(Fault(part, None, name, "is required") for name in missing))
    try:
        if part == "rate":
            bonus = {tier: fields[tier].replace(",", ".") for tier in ("silver", "gold") if tier in fields}
            rated = editing.with_rate(products, fields["model"], fields["valid_from"], fields.get("valid_to"), bonus)
            return {"catalogue": editing.written(rated)}
        if part == "product":
            return {"catalogue": editing.written(editing.with_product(products, _product(fields)))}
        if part == "distributor":
            entry = {name: fields[name] for name in _DISTRIBUTOR if name in fields} | _lists(fields)
            return {"distributors": editing.written(editing.with_distributor(distributors, entry))}
    except LookupError as error:
        raise Wrong(Fault("catalogue.json", None, "model", f"there is no model {error.args[0]}")) from error
    except ValueError as error:
        raise Wrong(Fault(part, None, "valid_from", str(error))) from error
    if part != "programme":
        raise Problem("not_found")
    return {"programme": editing.written(editing.read(texts["programme"]) | _programme(fields))}


def imported(texts: Mapping[str, str], table: str, name: str, data: bytes) -> dict[str, str]:
    """Return the file that an uploaded table changes. Errors: Wrong, Problem."""
    if table not in TABLES:
        raise Problem("bad_request")
    file, is_csv = "catalogue" if table == "rates" else table, name.lower().endswith(".csv")
    if table == "rates" and not is_csv:
        raise Wrong(Fault(name, None, "", "rates are taken in as CSV; as JSON they stand in the catalogue"))
    if table == "programme" and is_csv:
        raise Wrong(Fault(name, None, "", "the programme is taken in as JSON"))
    try:
        if not is_csv:
            editing.read(data.decode())
            return {file: data.decode()}
        rows = editing.from_csv(table, data)
        if table == "rates":
            rows = editing.with_rates(editing.read(texts["catalogue"]), rows)
        elif table == "catalogue":
            kept = {row["model"]: row for row in editing.read(texts["catalogue"])}
            rates = {name: {key: kept[name][key] for key in ("bonus", "rates") if key in kept[name]} for name in kept}
            rows = [row | rates.get(str(row.get("model")), {}) for row in rows]
        return {file: editing.written(rows)}
    except LookupError as error:
        raise Wrong(Fault(name, None, "model", f"there is no model {error.args[0]}")) from error
    except (ValueError, RecursionError) as error:
        raise Wrong(Fault(name, None, "", f"is no {'CSV' if is_csv else 'JSON'}: {error}")) from error


def _product(fields: Mapping[str, str]) -> dict[str, Any]:
    eligible = {"yes": True, "no": False}.get(fields.get("bonus_eligible", ""))
    return {name: fields[name] for name in _PRODUCT if name in fields} | {"bonus_eligible": eligible} | _lists(fields)


def _lists(fields: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        name: [one.strip() for one in fields[name].replace("\n", ",").split(",") if one.strip()]
        for name in _LISTED
        if name in fields
    }


def _programme(fields: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "programme_start": fields.get("programme_start"),
        "certification_required": "certification_required" in fields,
        "free_lines_earn": "free_lines_earn" in fields,
        "eligible_tiers": [tier for tier in ("silver", "gold") if f"earns_{tier}" in fields],
    }
    for name in _DAYS:
        text = fields.get(name)
        values[name] = int(text) if text and text.lstrip("-").isdigit() else text
    return values
