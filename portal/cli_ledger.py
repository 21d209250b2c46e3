"""The commands `cashback ledger ...`. Everything but typer is imported by the command that needs it."""

import datetime as dt
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from portal.options import AsJson, Common, with_common

FAILED = 1
DAY = ["%Y-%m-%d"]
Day = dt.datetime | None

ledger = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does it.", show_default="the name of this account")
]
ListId = Annotated[str, typer.Argument(metavar="LIST", help="The id of a list of payments.")]


class Format(StrEnum):
    """The forms of a statement."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


@ledger.command()
@with_common
def balance(*, as_json: AsJson = False, common: Common) -> None:
    """Print what every account holds, in EUR."""
    from model.money import money
    from portal import printing, session, tables
    from store import accounts
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        balances = accounts.balances(conn)
    if not as_json:
        printing.out().print(tables.ledger_table(balances))
        return
    for account, amount in balances.items():
        _print_json({"account": account, "balance": money(amount)})


@ledger.command()
@with_common
def statement(
    partner: Annotated[str, typer.Argument(metavar="ID", help="The partner.")],
    *,
    first: Annotated[Day, typer.Option("--from", metavar="DATE", formats=DAY, help="The first day.")] = None,
    last: Annotated[Day, typer.Option("--to", metavar="DATE", formats=DAY, help="The last day.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="Of the file.", show_default="by its name")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Tell what a partner earned, was paid and is owed: over the quarter under way, or from one day to another."""
    from portal import printing, session, stating

    with session.opened(common) as opened:
        of = stating.find(opened, partner, first, last)
        language = opened.settings.language
    chosen = stating.form(form, output, as_json=as_json)
    if chosen is None:
        printing.out().print(*stating.told(of, language), sep="\n")
    else:
        stating.write(of, chosen, language, output)


@ledger.command()
@with_common
def export(
    *,
    since: Annotated[int, typer.Option(min=0, metavar="POSITION", help="Only the entries after this one.")] = 0,
    as_json: AsJson = False,  # noqa: ARG001 (there is no other form, but programs may say so)
    common: Common,
) -> None:
    """Print the entries in the order they were booked, one JSON object a line: docs/contract/entry.schema.json."""
    from portal import session
    from store import journal
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        for one in journal.booked(conn, since):
            _print_json(journal.as_json(one))


@ledger.command()
@with_common
def settle(*, as_json: AsJson = False, common: Common) -> None:
    """Hold what partners are owed that no certificate covers on the day, and release what one covers again."""
    from portal import session
    from workers import settling

    with session.opened(common) as opened:
        on = common.on or settling.today()
        moved = settling.settle(opened, on)
    if as_json:
        _print_json({"on": on.isoformat(), "partners": moved})
    else:
        typer.echo(f"{moved} partners held or released as of {on}")


@ledger.command()
@with_common
def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="POSITION:HASH", help="A head noted earlier: it must still stand there."),
    ] = None,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Check that no entry was changed, lost, added or swapped; prints the head, to be noted elsewhere."""
    from portal import ledgers, session
    from store import chain
    from store.engine import reading

    noted, faults = ledgers.noted(head), 0
    with session.opened(common) as opened, reading(opened.engine) as conn:
        for one in chain.verify(conn, noted, processes=os.cpu_count() or 1):
            faults += 1
            if as_json:
                _print_json(ledgers.fault(one))
            else:
                typer.echo(f"entry {one.position}: {one.what}")
        last = chain.head(conn)
    if as_json:
        _print_json({"entries": last.position, "faults": faults, "head": f"{last.position}:{last.hash}"})
    else:
        typer.echo(f"{last.position} entries, {faults} faults; head {last.position}:{last.hash}")
    raise typer.Exit(FAILED if faults else 0)


@ledger.command("import-payments")
@with_common
def import_payments(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Payments as CSV or JSON.")],
    *,
    by: By = None,
    as_json: AsJson = False,
    common: Common,
) -> None:
    """Prepare payments that another system made. Nothing is booked: another person does, with approve-payments."""
    from model.money import money
    from portal import paying, printing, session

    who = by or paying.myself()
    with session.opened(common) as opened:
        done = paying.prepare(opened, file, who)
    printing.warn(done.warnings)
    if done.skipped:
        typer.echo(f"{done.skipped} were booked before and are left out", err=True)
    if done.listed is None:
        typer.echo("nothing to book", err=True)
    elif as_json:
        _print_json(paying.as_json(done.listed))
    else:
        listed = done.listed
        typer.echo(f"list {listed.id}: {len(listed.payments)} payments, {money(listed.total)} EUR, prepared by {who}")
        typer.echo(f"another person books it: cashback ledger approve-payments {listed.id}", err=True)


@ledger.command("approve-payments")
@with_common
def approve_payments(identifier: ListId, *, by: By = None, common: Common) -> None:
    """Book a list of payments that another person prepared."""
    from portal import paying, session

    with session.opened(common) as opened:
        count = paying.book(opened, identifier, by or paying.myself())
    typer.echo(f"{count} payments booked")


@ledger.command("refuse-payments")
@with_common
def refuse_payments(
    identifier: ListId,
    *,
    why: Annotated[str, typer.Option(help="The reason.")],
    by: By = None,
    common: Common,
) -> None:
    """Refuse a list of payments: nothing of it is booked."""
    from portal import paying, session

    with session.opened(common) as opened:
        paying.refuse(opened, identifier, by or paying.myself(), why)
    typer.echo(f"list {identifier} refused")


@ledger.command()
@with_common
def payments(*, as_json: AsJson = False, common: Common) -> None:
    """Print the lists of payments and what became of them."""
    from model.money import money
    from portal import paying, printing, session
    from store import payments as lists
    from store.engine import reading

    with session.opened(common) as opened, reading(opened.engine) as conn:
        found = lists.every(conn)
    if as_json:
        for one in found:
            _print_json(paying.as_json(one))
        return
    rows = [
        (one.id, one.outcome or "prepared", one.prepared_by, one.decided_by or "", len(one.payments), money(one.total))
        for one in found
    ]
    heads = ("!List", "State", "Prepared by", "Decided by", ">Payments", ">EUR")
    printing.out().print(printing.table("Lists of payments", heads, [tuple(map(str, row)) for row in rows]))


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
