"""Commands for those who run it: its state, backups, a watched folder."""

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from portal.options import AsJson, Common, with_common

operation = typer.Typer(rich_markup_mode=None)
BAD = 1
"""Exit status where something is broken."""


@operation.command()
@with_common
def doctor(*, as_json: AsJson = False, common: Common) -> None:
    """Look at this machine: programs, languages, space, permissions, clocks, rulebook, database, queue, sandbox."""
    from portal import doctoring, environment, printing

    found = []
    for each in doctoring.examine(environment.settings_of(common)):
        found.append(each)
        if as_json:
            typer.echo(json.dumps({"name": each.name, "grade": each.grade, "what": each.what, "cure": each.cure}))
    if not as_json:
        signs = {"good": "ok", "warning": "look", "bad": "BROKEN"}
        rows = [(signs[each.grade], each.name, each.what, each.cure) for each in found]
        printing.out().print(printing.table("", ("", "!Looked at", "Found", "What mends it"), rows))
    raise typer.Exit(BAD if any(each.grade == "bad" for each in found) else 0)


@operation.command()
@with_common
def backup(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of all backups.")],
    *,
    common: Common,
) -> None:
    """Copy database and files while everything runs; backups in one folder share files, so only new ones are copied."""
    from portal import printing, session
    from store import backup

    with session.opened(common) as opened, printing.progress("Copying", 0) as advance:
        made = backup.save(opened.engine, opened.blobs, to, dt.datetime.now(dt.UTC), advance)
    typer.echo(
        f"{made.folder}: {made.rows} rows, {made.blobs} files of which {made.copied} were new; ledger {made.ledger}"
    )


@operation.command()
@with_common
def restore(
    folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of one backup.")],
    *,
    common: Common,
) -> None:
    """Bring a backup back to an empty database and a place of files, and check all of it."""
    from portal import checking, environment, printing
    from runtime.app import open_app
    from store import backup, chain
    from store.engine import open_engine, reading

    settings = environment.settings_of(common)
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        with printing.progress("Bringing back", 0) as advance:
            made = backup.bring_back(folder, engine, settings.blobs, advance)
    finally:
        engine.dispose()
    opened = open_app(settings)
    try:
        checked = checking.check(opened, quick=True)
        with reading(opened.engine) as conn:
            head = chain.head(conn)
    finally:
        opened.close()
    whole = not any(each.violations for each in checked) and f"{head.position}:{head.hash}" == made.ledger
    typer.echo(f"{made.rows} rows and {made.blobs} files are back; ledger {head.position}:{head.hash}")
    if not whole:
        printing.out().print(*checking.tables(checked), sep="\n")
    raise typer.Exit(0 if whole else BAD)


@operation.command()
@with_common
def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="It has a folder for each partner, named by its id.")],
    *,
    once: Annotated[bool, typer.Option("--once", help="Take what lies there now, and end.")] = False,
    common: Common,
) -> None:
    """Take files that are put into DIR/PARTNER as uploads of that partner, until SIGTERM or Ctrl-C."""
    from portal import serving, session, watching
    from portal.inputs import NotThere

    if not folder.is_dir():
        raise NotThere(f"{folder} is no folder")
    with session.opened(common) as opened:
        watched = watching.Folder(folder, opened, serving.ring(opened), typer.echo)
        if once:
            watched.look()
            watched.look()
        else:
            watching.watch(watched, serving.told_to_end())


@operation.command()
@with_common
def retention(
    *,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who deletes.")],
    years: Annotated[int, typer.Option(min=1, help="How long vouchers are kept after the end of their year.")] = 8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be deleted.")] = False,
    common: Common,
) -> None:
    """Delete files, readings and judgements of documents that were kept for long enough; a record of it stays."""
    from portal import session
    from store import retention
    from store.engine import reading
    from workers.settling import today

    with session.opened(common) as opened:
        with reading(opened.engine) as conn:
            found = retention.due(conn, common.on or today(), years)
        said = f"{len(found.ids)} documents accepted until {found.until}"
        if found.waiting:
            typer.echo(f"{found.waiting} of that time still wait for a person and are left", err=True)
        if dry_run:
            typer.echo(f"{said} would be deleted")
            return
        at, why = dt.datetime.now(dt.UTC), f"kept for {years} years"
        files = retention.erase(opened.engine, opened.blobs, found.ids, who=by, why=why, at=at)
    typer.echo(f"{said} deleted, {files} files with them")
