"""What people see after `cashback process`: what became of each document, what was earned, what to try next."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from model.money import ZERO, money
from portal import tables
from portal.decided import Decided
from portal.options import Common
from programme.ledger import PROGRAMME
from runtime.app import App
from store import accounts, partners
from store.engine import reading


def summary(app: App, done: Sequence[Decided], common: Common) -> Group:
    """Return the tables of what was decided, the ledger's balance, and commands to go on with."""
    with reading(app.engine) as conn:
        balances = accounts.balances(conn)
        names = {partner.id: partner.name for partner in partners.every(conn)}
    parts: list[RenderableType] = [tables.decided_table(done), tables.outcomes(done)]
    if any(each.units for each in done):
        parts.append(tables.model_table(done))
    parts += [tables.partner_table(done, names, balances), ledger(balances)]
    parts.append(Text("\n".join(("Try next:", *(f"  {command}" for command in following(done, common))))))
    return Group(*(part for each in parts for part in (each, Text())))


def ledger(balances: Mapping[str, Decimal]) -> Text:
    """Say what the programme owes, and whether the ledger balances."""
    owed = sum((amount for account, amount in balances.items() if account != PROGRAMME), ZERO)
    together = sum(balances.values(), ZERO)
    return Text.assemble(
        ("Ledger: ", "bold"),
        f"{money(owed)} EUR owed to partners, {money(balances.get(PROGRAMME, ZERO))} EUR on {PROGRAMME}, ",
        (f"together {money(together)}", "red bold" if together else "green"),
    )


def following(done: Sequence[Decided], common: Common) -> Iterator[str]:
    """Yield commands that lead on: why something was not approved, where its values stood, what is in the ledger."""
    command = _this_command()
    data = f" --data {shlex.quote(str(common.data))}" if common.data else ""
    telling = [each.document_id for each in done if each.outcome in {"review", "rejected"} and each.document_id]
    if telling:
        yield f"{command} explain {telling[0]}{data} --picture var/pictures"
    yield f"{command} ledger balance{data}"


def _this_command() -> str:
    """Return the command as it can be typed here: a path below this folder stays one."""
    path = Path(sys.argv[0])
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
