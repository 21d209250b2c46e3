"""The commands `cashback webhooks ...`. Everything but typer is imported by the command that needs it."""

import datetime as dt
import json
import sys
from typing import Annotated, Any

import typer

from portal.options import AsJson, Common, with_common

webhooks = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@webhooks.command()
@with_common
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the other system listens.")],
    *,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Have another system told of each entry of the ledger from now on. The secret is shown this once."""
    from portal import session
    from portal.inputs import NotThere
    from store import webhooks as stored
    from workers.notices import UrlRefused, checked

    try:
        checked(url)
    except UrlRefused as error:
        raise NotThere(f"{error}.") from error
    with session.opened(common) as opened, opened.engine.begin() as conn:
        made = stored.add(conn, url, session.WHO, dt.datetime.now(dt.UTC))
    if as_json:
        _print_json({"id": made.id, "url": made.url, "secret": made.secret})
    else:
        typer.echo(f"webhook {made.id}, secret {made.secret}")


@webhooks.command("list")
@with_common
def list_(*, as_json: AsJson = False, common: Common) -> None:
    """Print the systems that are told."""
    from portal import printing, session
    from store import webhooks as stored
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        found = stored.every(conn)
    if as_json:
        for one in found:
            _print_json({"id": one.id, "url": one.url, "made_at": one.made_at.isoformat()})
        return
    rows = [(one.id, one.url, one.made_at.date().isoformat()) for one in found]
    printing.out().print(printing.table("Webhooks", ("!Webhook", "Address", "Since"), rows))


@webhooks.command()
@with_common
def remove(
    webhook: Annotated[str, typer.Argument(metavar="ID", help="The webhook.")],
    *,
    common: Common,
) -> None:
    """Tell a system nothing any more."""
    from portal import session
    from portal.inputs import NotThere
    from store import webhooks as stored

    with session.opened(common) as opened, opened.engine.begin() as conn:
        if not stored.end(conn, webhook, session.WHO, dt.datetime.now(dt.UTC)):
            raise NotThere(f"There is no webhook {webhook}.")
    typer.echo(f"webhook {webhook} removed")


@webhooks.command()
@with_common
def dead(*, as_json: AsJson = False, common: Common) -> None:
    """Print the notices that were given up, and why."""
    from portal import printing, session
    from store import webhooks as stored
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        found = stored.dead(conn)
    if as_json:
        for one in found:
            _print_json({"webhook": one.webhook_id, "entry": one.entry, "attempts": one.attempts, "why": one.trouble})
        return
    rows = [(one.webhook_id, str(one.entry), str(one.attempts), one.trouble or "") for one in found]
    heads = ("!Webhook", ">Entry", ">Attempts", "Why")
    printing.out().print(printing.table("Notices that were given up", heads, rows))


@webhooks.command()
@with_common
def retry(*, common: Common) -> None:
    """Have what was given up tried again."""
    from portal import session
    from store import webhooks as stored

    with session.opened(common) as opened, opened.engine.begin() as conn:
        count = stored.retry(conn, dt.datetime.now(dt.UTC))
    typer.echo(f"{count} notices are tried again")


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
