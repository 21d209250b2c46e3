"""The commands for people who sign in to the portal. Like those of portal/cli.py each imports what it alone needs."""

import getpass
import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from portal.options import AsJson, Common, with_common

people = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Role(StrEnum):
    """What somebody may do in the portal."""

    PARTNER = "partner"
    OPERATOR = "operator"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in as: an address of e-mail, for one.")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for a password; else one is made and printed, this once.")]


@people.command()
@with_common
def add(
    name: Name,
    *,
    role: Annotated[Role, typer.Option(help="What they may do; an admin may do all that an operator may.")],
    partner: Annotated[str | None, typer.Option(metavar="ID", help="Whom they sign in for, as a partner.")] = None,
    ask: Ask = False,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Let somebody sign in to the portal."""
    from portal import people as made
    from portal import session

    with session.opened(common) as opened:
        person, password = made.add(opened, name, role.value, partner, password=_asked(ask), who=session.WHO)
    _tell({"name": person.name, "role": person.role, "partner": person.partner_id}, password, ask, as_json)


@people.command()
@with_common
def password(name: Name, *, ask: Ask = False, as_json: AsJson = False, common: Common) -> None:
    """Give somebody another password; their sessions end."""
    from portal import people as made
    from portal import session

    with session.opened(common) as opened:
        chosen = made.set_password(opened, name, _asked(ask), session.WHO)
    _tell({"name": name}, chosen, ask, as_json)


@people.command()
@with_common
def end(name: Name, *, common: Common) -> None:
    """Let somebody sign in no more; their sessions end."""
    from portal import people as made
    from portal import session

    with session.opened(common) as opened:
        made.end(opened, name, session.WHO)
    typer.echo(f"{name} signs in no more")


@people.command("list")
@with_common
def list_(*, as_json: AsJson = False, common: Common) -> None:
    """List who may sign in, or could."""
    from portal import printing, session
    from store import people as stored
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        rows = [(one.name, one.role, one.partner_id, one.ended_at) for one in stored.every(conn)]
    if as_json:
        for name, role, partner, ended in rows:
            line = {"name": name, "role": role, "partner": partner, "ended_at": ended.isoformat() if ended else None}
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    cells = [
        (name, role, partner or "", f"ended {ended.date()}" if ended else "") for name, role, partner, ended in rows
    ]
    printing.out().print(printing.table("People", ("Name", "Role", "Partner", ""), cells))


def _asked(ask: bool) -> str | None:  # noqa: FBT001 (an option)
    return getpass.getpass("Password: ") if ask else None


def _tell(about: dict[str, str | None], password: str, ask: bool, as_json: bool) -> None:  # noqa: FBT001 (options)
    if as_json:
        sys.stdout.write(json.dumps(about | ({} if ask else {"password": password}), ensure_ascii=False) + "\n")
    else:
        typer.echo(f"{about['name']}: done" if ask else f"{about['name']}: {password}")
