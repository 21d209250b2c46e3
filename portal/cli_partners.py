"""The commands of the registry of partners. Like those of portal/cli.py each imports what it alone needs."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from portal.options import AsJson, Common, with_common

partners = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@partners.command("import")
@with_common
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Partners as JSON or CSV.")],
    *,
    common: Common,
) -> None:
    """Take partners into the registry. What was judged of those that changed is judged again."""
    from portal import session

    with session.opened(common) as opened:
        count, changed = session.import_partners(opened, file, common.on)
    typer.echo(f"{count} partners, {changed} of them new or changed")


@partners.command()
@with_common
def export(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the import format, as without options.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a row for each partner.")] = False,
    common: Common,
) -> None:
    """Print the registry in the format of `import`."""
    if as_json and as_csv:
        raise typer.BadParameter("Either --json or --csv.")
    from portal import session
    from programme import exchange
    from store.engine import reading
    from store.partners import every

    with session.opened(common) as opened, reading(opened.engine) as conn:
        found = every(conn)
    if as_csv:
        sys.stdout.write(exchange.as_csv(found))
    else:
        rows = ",\n".join(json.dumps(exchange.as_row(one), ensure_ascii=False) for one in found)
        sys.stdout.write(f"[\n{rows}\n]\n" if rows else "[]\n")


@partners.command()
@with_common
def status(
    partner: Annotated[str | None, typer.Argument(metavar="ID", help="The partner; all of them without it.")] = None,
    *,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Tell where partners stand on a day: tier, certificates, revenue, what is owed, warnings, what is missing."""
    from portal import printing, session, standings
    from workers.settling import today

    with session.opened(common) as opened:
        on, language = common.on or today(), opened.settings.language
        told = standings.every(opened, on) if partner is None else (standings.one(opened, partner, on),)
    if as_json:
        _print_lines(standings.as_json(each, language) for each in told)
    else:
        printing.out().print(standings.overview(told) if partner is None else standings.telling(told[0], language))


@partners.command()
@with_common
def public(*, as_json: AsJson = False, common: Common) -> None:
    """Print the public list of a day: Silver and Gold partners that agreed to stand there."""
    from portal import printing, session, standings
    from workers.settling import today

    with session.opened(common) as opened:
        rows = standings.public(opened, common.on or today())
    if as_json:
        _print_lines(rows)
        return
    headings = ("Tier", "Name", "!Postal code", "City", "Country", "Website")
    printing.out().print(
        printing.table("Partners", headings, [[value or "" for value in row.values()] for row in rows])
    )


@partners.command()
@with_common
def token(
    partner: Annotated[str, typer.Argument(metavar="ID", help="The partner.")],
    *,
    revoke: Annotated[str | None, typer.Option(metavar="TOKEN_ID", help="Revoke this one.")] = None,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Make a token that programs upload with for a partner, shown this once; or revoke one."""
    from portal import granting, session

    with session.opened(common) as opened:
        told = granting.make(opened, partner) if revoke is None else granting.revoke(opened, partner, revoke)
    if as_json:
        _print_lines([told])
    else:
        typer.echo(told.get("token", f"token {revoke} revoked"))


@partners.command()
@with_common
def disclose(
    partner: Annotated[str, typer.Argument(metavar="ID", help="The partner.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    *,
    common: Common,
) -> None:
    """Write everything that is kept about a partner into a folder: registry, documents, originals, ledger, audit."""
    from portal import disclosing, session

    with session.opened(common) as opened:
        counts = disclosing.disclose(opened, partner, folder)
    typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()))


def _print_lines(lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
