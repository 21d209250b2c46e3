"""The command line. Everything but typer is imported by the command that needs it, so that `--help` answers at once."""

import datetime as dt
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from portal.cli_ledger import ledger
from portal.cli_operation import operation
from portal.cli_partners import partners
from portal.cli_people import people
from portal.cli_webhooks import webhooks
from portal.options import AsJson, Common, with_common

DAY = ["%Y-%m-%d"]
DONE, FAILED = 0, 1
"""Exit statuses: all done; a document failed, or is not whole. `portal.session` has those of what cannot work."""

# Help is plain text: drawing boxes around it takes longer than the half second that it may take in all.
app = typer.Typer(
    help="Reads distributor invoices, decides on them and books the partner bonus.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
rulebook = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(operation)
app.add_typer(ledger, name="ledger", help="What was accrued.")
app.add_typer(rulebook, name="rulebook", help="Reference data as files.")
app.add_typer(partners, name="partners", help="The registry of partners.")
app.add_typer(people, name="people", help="Who signs in to the portal.")
app.add_typer(webhooks, name="webhooks", help="Other systems that are told of each entry.")

Picture = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write the page images there, with the places of the values drawn.")
]


class Stage(StrEnum):
    """The stages that documents can be processed again from."""

    READ = "read"
    EXTRACT = "extract"
    JUDGE = "judge"


class Judged(StrEnum):
    """The states of documents that can be processed again."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REVIEW = "review"
    FAILED = "failed"


@app.command()
@with_common
def extract(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, or folders of files.")],
    *,
    as_json: AsJson = False,
    no_look: Annotated[
        bool, typer.Option("--no-look", help="Leave out the second look, at the rendered page, on text layers.")
    ] = False,
    picture: Picture = None,
    common: Common,
) -> None:
    """Read invoices. Decides nothing, stores nothing."""
    from portal import environment, extracting, inputs, jsonout, printing, tables

    environment.check()
    language = environment.settings_of(common).language
    files, passed_over = inputs.gather(paths)
    _tell_passed_over(passed_over)
    done, failed = [], False
    with printing.progress("Reading", len(files)) as advance:
        for each in extracting.extract_all(files, picture, look=not no_look):
            advance()
            failed |= each.error is not None
            if as_json:
                _print_json(jsonout.extracted(each, language))
            else:
                done.append(each)
    if not as_json:
        printing.out().print(tables.extracted_table(done), "", tables.read_count(done), sep="\n")
    raise typer.Exit(FAILED if failed else DONE)


@app.command()
@with_common
def process(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Files, or folders of files.")] = None,
    *,
    partner: Annotated[str | None, typer.Option(metavar="ID", help="The partner who uploads them.")] = None,
    manifest: Annotated[
        Path | None, typer.Option(metavar="FILE", help='In place of paths: {"file": PATH, "partner": ID} a line.')
    ] = None,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Store, read, judge and accrue invoices, in order."""
    if bool(paths) == bool(manifest) or bool(paths) != bool(partner):
        raise typer.BadParameter("Either PATH... with --partner ID, or --manifest FILE.")
    from portal import deciding, environment, jsonout, printing, session, summary
    from workers import embedded
    from workers.settling import today

    environment.check()
    uploads, passed_over = deciding.uploads_of(paths or (), partner, manifest)
    _tell_passed_over(passed_over)
    with session.opened(common) as opened, printing.progress("Deciding", len(uploads)) as advance:
        deciding.check_partners(opened, uploads)

        def report(result: embedded.Result) -> None:
            advance()
            if as_json:
                _print_json(jsonout.decided(deciding.decided(opened, result), opened.settings.language))

        results = embedded.process(opened, uploads, common.on or today(), report)
        if not as_json:
            done = [deciding.decided(opened, result) for result in results]
            printing.out().print(summary.summary(opened, done, common))
    raise typer.Exit(FAILED if any(result.error for result in results) else DONE)


@app.command()
@with_common
def explain(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The id of a document, or a file.")],
    *,
    as_json: AsJson = False,
    picture: Picture = None,
    common: Common,
) -> None:
    """Tell why a document was decided so: values, places, proofs, findings, versions, history."""
    from portal import environment, explaining, printing, session, telling

    environment.check()
    with session.opened(common) as opened:
        told = explaining.find(opened, document)
        if picture is not None:
            explaining.draw(told, picture)
        if as_json:
            _print_json(explaining.as_json(told, opened.settings.language))
        else:
            printing.out().print(telling.telling(told, opened.settings.language))
    raise typer.Exit(FAILED if told.extracted.error else DONE)


@app.command()
@with_common
def reprocess(
    *,
    from_: Annotated[Stage, typer.Option("--from", help="The stage to begin with.")] = Stage.JUDGE,
    state: Annotated[list[Judged] | None, typer.Option(help="Only documents in this state (repeatable).")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only those with this reason or error.")] = None,
    distributor: Annotated[str | None, typer.Option(metavar="ID", help="Only invoices of this distributor.")] = None,
    partner: Annotated[str | None, typer.Option(metavar="ID", help="Only this partner's uploads.")] = None,
    since: Annotated[
        dt.datetime | None, typer.Option(metavar="DATE", formats=DAY, help="Accepted on or after.")
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option(metavar="DATE", formats=DAY, help="Accepted on or before.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing: tell what would change.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with runs that were interrupted.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the changes as CSV.")] = False,
    common: Common,
) -> None:
    """Process documents again, after rules, readings or readers changed. Interrupted, it can be resumed."""
    from portal import environment, reprocessing, session

    if as_json and as_csv:
        raise typer.BadParameter("Either --json or --csv.")
    chosen = reprocessing.selection(
        states=state, reason=reason, distributor=distributor, partner=partner, since=since, until=until
    )
    if resume and (dry_run or chosen != reprocessing.EVERYTHING):
        raise typer.BadParameter("--resume goes on with what was chosen before: it takes no selection.")
    environment.check()
    with session.opened(common) as opened:
        if resume:
            reports = reprocessing.resume(opened)
        elif dry_run:
            reports = reprocessing.preview(opened, chosen, from_.value)
        else:
            reports = reprocessing.begin(opened, chosen, from_.value)
        failed = False
        for report in reports:
            failed |= bool(report.troubles)
            reprocessing.tell(opened, report, dry_run=dry_run, form="json" if as_json else "csv" if as_csv else "table")
    raise typer.Exit(FAILED if failed else DONE)


@app.command()
@with_common
def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    common: Common,
) -> None:
    """Serve the portal: upload API. Works the queue itself unless Redis wakes workers. Ends at SIGTERM or Ctrl-C."""
    from portal import environment, serving, session

    environment.check()
    with session.opened(common) as opened:
        serving.serve(opened, host, port)


@app.command()
@with_common
def work(*, common: Common) -> None:
    """Work the queue, woken through Redis. Ends at SIGTERM or Ctrl-C, giving back what it works on."""
    from portal import environment, serving, session

    environment.check()
    with session.opened(common) as opened:
        serving.work(opened)


@app.command()
@with_common
def grant(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="A role of PostgreSQL that exists.")],
    *,
    common: Common,
) -> None:
    """Let a role of PostgreSQL do what the program does, and no more: what is booked it can add to and never change."""
    from portal import session
    from store import schema

    with session.opened(common) as opened:
        schema.grant(opened.engine, role)
    typer.echo(f"{role} may work with this database")


@app.command("check")
@with_common
def check_store(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Do not read the stored files, only look for them.")] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="First remove files of over an hour that nothing refers to.")
    ] = False,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Check that what is stored is whole: files, histories, ledger, queue, audit."""
    from portal import checking, printing, session
    from store import orphans

    with session.opened(common) as opened:
        if sweep:
            swept = orphans.sweep(opened.engine, opened.blobs)
            typer.echo(f"{len(swept.blobs)} files and {len(swept.temporary)} unfinished ones removed", err=True)
        checked = checking.check(opened, quick=quick)
    if as_json:
        for each in checked:
            _print_json(checking.as_json(each))
    else:
        printing.out().print(*checking.tables(checked), sep="\n")
    raise typer.Exit(FAILED if any(each.violations for each in checked) else DONE)


@rulebook.command()
@with_common
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the rulebook.")],
    *,
    common: Common,
) -> None:
    """Check reference data; each fault is named by file, row and field."""
    from portal import environment, printing
    from programme.files import RulebookInvalid
    from programme.rulebook import load

    environment.settings_of(common)
    try:
        loaded = load(folder)
    except RulebookInvalid as error:
        typer.echo(str(error))
        raise typer.Exit(FAILED) from error
    printing.warn(loaded.warnings)
    found = loaded.rulebook
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    typer.echo(f"{len(found.catalogue.products)} products, {len(found.distributors)} distributors: {versions}")


@rulebook.command()
@with_common
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; it must not be there yet.")],
    *,
    common: Common,
) -> None:
    """Write out the rulebook that holds, as a folder."""
    from portal import session
    from store.engine import reading
    from workers import drafting

    with session.opened(common) as opened, reading(opened.engine) as conn:
        texts = drafting.held(opened, conn)
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.json").write_bytes(text.encode())


@rulebook.command()
@with_common
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of the rulebook that held until now.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the new one.")],
    *,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the changes of documents as CSV.")] = False,
    common: Common,
) -> None:
    """Tell what a new rulebook says otherwise, and what that would change: documents, euros, partners."""
    from portal import comparing, session

    if as_json and as_csv:
        raise typer.BadParameter("Either --json or --csv.")
    with session.opened(common) as opened:
        comparing.diff(opened, old, new, "json" if as_json else "csv" if as_csv else "table")


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _tell_passed_over(count: int) -> None:
    if count:
        typer.echo(
            f"{count} passed over: sub-folders, hidden files, files that are no documents by their name", err=True
        )


def main() -> None:
    """Run the command line, and end with the exit status that docs/contract/commands.md names."""
    try:
        app()
    except Exception as error:
        from portal.session import ending

        known = ending(error)
        if known is None:
            raise
        status, sentences = known
        typer.echo(f"cashback: {sentences}", err=True)
        sys.exit(status)
