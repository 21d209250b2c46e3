"""`cashback reprocess`: what a run is asked to do, and what people and programs are told of it."""

import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from model.money import money
from model.state import State
from portal import printing
from portal.inputs import NotThere
from portal.printing import COLOURS, table
from runtime.app import App
from store import batches, partners, runs
from store.engine import reading
from store.queue import QUEUES, Stage
from store.runs import Run, Selection, Standing
from workers import broker, reprocess
from workers.reprocess import Change, Report

WHO = "command line"
"""Who begins a run when it is done here."""
EVERYTHING = Selection()
COLUMNS = (
    "document_id", "partner_id", "outcome_before", "outcome_after", "reasons_before", "reasons_after",
    "bonus_before", "bonus_after", "bonus_change",
)  # fmt: skip


def selection(
    *,
    states: Sequence[str] | None,
    reason: str | None,
    distributor: str | None,
    partner: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
) -> Selection:
    """Return which documents the options choose. Errors: NotThere for what can be no reason."""
    try:
        return Selection(
            states=tuple(State(state) for state in states or ()),
            reason=reason,
            distributor=distributor,
            partner=partner,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
    except ValidationError as error:
        raise NotThere(f"{reason!r} can be no reason: docs/findings.md has them all.") from error


def preview(app: App, chosen: Selection, stage: Stage) -> Iterator[Report]:
    """Yield what a run would change."""
    with printing.progress("Trying", 0) as advance:
        yield reprocess.preview(app, chosen, stage, advance.to)


def begin(app: App, chosen: Selection, stage: Stage) -> Iterator[Report]:
    """Begin a run, bring it to its end, and yield what came of it."""
    yield _finish(app, reprocess.begin(app, chosen, stage, WHO))


def resume(app: App) -> Iterator[Report]:
    """Go on with each run that was interrupted, the oldest first, and yield what came of it; not with the portal's."""
    with reading(app.engine) as conn:
        of_batches = batches.runs_of(conn)
        open_runs = [run for run in runs.open_runs(conn) if run.id not in of_batches]
    if not open_runs:
        printing.err().print("No run was interrupted.")
    for run in open_runs:
        yield _finish(app, run)


def _finish(app: App, run: Run) -> Report:
    """Bring a run to its end: by the workers that Redis wakes where there is one, else in this process."""
    url = app.settings.redis_url
    with printing.progress("Processing again", 0) as advance:
        try:
            if url is None:
                return reprocess.finish(app, run, advance.to)
            total = reprocess.fill(app, run)
            ring = broker.bell(broker.connect(url))
            for name in QUEUES:
                ring(name, "")
            reprocess.watch(app, run, total, advance.to)
            return reprocess.close(app, run)
        except KeyboardInterrupt:
            printing.err().print("Interrupted: `cashback reprocess --resume` goes on from here.")
            raise


def tell(app: App, report: Report, *, dry_run: bool, form: Literal["table", "json", "csv"]) -> None:
    """Print what came of a run."""
    if form == "json":
        for line in lines(report, dry_run=dry_run):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    elif form == "csv":
        sys.stdout.write(as_csv(report))
    else:
        printing.out().print(told(app, report, dry_run=dry_run))


def told(app: App, report: Report, *, dry_run: bool) -> Group:
    """Return what people are told: per outcome, per reason, per partner, and together."""
    with reading(app.engine) as conn:
        names = {partner.id: partner.name for partner in partners.every(conn)}
    parts: list[RenderableType] = []
    if report.changes:
        for title, heading, group in (
            ("By outcome", "Before and after", _outcomes),
            ("By reason", "Reasons after", lambda change: change.after.codes or "none"),
            ("By partner", "Partner", lambda change: f"{change.partner_id} {names.get(change.partner_id, '')}".strip()),
        ):
            rows = [(name, str(count), money(amount)) for name, (count, amount) in report.by(group).items()]
            parts += [table(title, (heading, ">Documents", ">Change EUR"), rows), Text()]
    would = "would change" if dry_run else "changed"
    parts.append(
        Text(f"{report.count} documents processed again, {len(report.changes)} {would}, {money(report.amount)} EUR")
    )
    for trouble, count in sorted(report.troubles.items()):
        parts.append(Text(f"{count} could not be read again ({trouble}) and stay as they were", COLOURS["failed"]))
    return Group(*parts)


def lines(report: Report, *, dry_run: bool) -> Iterator[dict[str, Any]]:
    """Yield what programs are told: an object for each document that changes, and one that sums them up."""
    for change in report.changes:
        yield {
            "document_id": change.document_id,
            "partner_id": change.partner_id,
            "before": _standing(change.before),
            "after": _standing(change.after),
            "bonus_change": money(change.amount),
        }
    yield {
        "summary": {
            "dry_run": dry_run,
            "documents": report.count,
            "changed": len(report.changes),
            "bonus_change": money(report.amount),
            "by_outcome": _sums(report, _outcomes),
            "by_reason": _sums(report, lambda change: change.after.codes),
            "by_partner": _sums(report, lambda change: change.partner_id),
            "not_processed": report.troubles,
        }
    }


def as_csv(report: Report) -> str:
    """Return the changes as CSV with a heading, one document a line, amounts in EUR."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in report.changes:
        before, after = change.before, change.after
        writer.writerow(
            (
                change.document_id, change.partner_id, before.state, after.state, before.codes, after.codes,
                money(before.amount), money(after.amount), money(change.amount),
            )
        )  # fmt: skip
    return text.getvalue()


def _outcomes(change: Change) -> str:
    return f"{change.before.state} to {change.after.state}"


def _standing(standing: Standing) -> dict[str, Any]:
    codes = standing.codes.split(", ") if standing.codes else []
    return {"outcome": standing.state.value, "reasons": codes, "bonus": money(standing.amount)}


def _sums(report: Report, group: Any) -> dict[str, dict[str, Any]]:
    return {
        name: {"documents": count, "bonus_change": money(amount)} for name, (count, amount) in report.by(group).items()
    }
