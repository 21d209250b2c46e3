"""The tables that people see after reading and after deciding."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePath

from rich.table import Table
from rich.text import Text

from model.invoice import Invoice
from model.money import ZERO, money
from model.reading import Reading
from portal.decided import Decided, total
from portal.extracting import Extracted
from portal.printing import COLOURS, table
from programme.ledger import PROGRAMME, payable


def labels(files: Sequence[str]) -> tuple[str, ...]:
    """Return the names of files where these tell them apart, else their paths below the folder they have in common."""
    names = tuple(PurePath(file).name for file in files)
    if len(set(names)) == len(set(files)):
        return names
    absolute = [os.path.abspath(file) for file in files]  # noqa: PTH100 (Path.resolve would follow links)
    common = os.path.commonpath(absolute)
    return tuple(os.path.relpath(path, common) for path in absolute)


def extracted_table(done: Sequence[Extracted]) -> Table:
    """Return a row for each file that was read, or tried."""
    headings = ("!File", "Read from", "!Number", "Date", "Seller", ">Gross", ">Lines", ">Proven", "Noticed")
    return table("Read", headings, map(_extracted_row, labels([str(each.path) for each in done]), done))


def read_count(done: Sequence[Extracted]) -> Text:
    """Say how many files were read, and on which rungs they proved themselves: "7 of 8 files read; ... 3 on rapid"."""
    read = [each.reading for each in done if each.reading is not None]
    rungs = Counter(reading.rung for reading in read if reading.proves_itself)
    proven = ", ".join(f"{count} on {rung}" for rung, count in rungs.most_common()) or "none"
    text = f"{len(read)} of {len(done)} files read; of these prove themselves: {proven}"
    return Text(text, "" if len(read) == len(done) else COLOURS["failed"])


def _extracted_row(label: str, of: Extracted) -> tuple[str | Text, ...]:
    if of.reading is None:
        code, message = of.error or ("", "")
        return label, Text(code, COLOURS["failed"]), "", "", "", "", "", "", Text(message)
    reading = of.reading
    invoice = reading.invoice or Invoice()
    gross = f"{money(invoice.totals.gross)} {invoice.currency_code or ''}" if invoice.totals.gross is not None else ""
    noticed = ", ".join(dict.fromkeys(finding.code for finding in reading.findings))
    return (
        label,
        reading.source,
        invoice.number or "",
        invoice.issue_date.isoformat() if invoice.issue_date else "",
        invoice.seller.name or "",
        gross,
        str(len(invoice.lines)),
        proven_share(reading),
        Text(noticed, COLOURS["review"]),
    )


def proven_share(reading: Reading) -> str:
    """Say how many of the values are proven: "31/34"."""
    proven = sum(bool(found.proof) for found in reading.evidence.values())
    return f"{proven}/{len(reading.evidence)}" if reading.evidence else ""


def decided_table(done: Sequence[Decided]) -> Table:
    """Return a row for each document that was decided on."""
    headings = ("!File", "Partner", "Read from", "Seller", "!Number", "Outcome", "Reasons", ">Bonus EUR")
    return table("Decided", headings, map(_decided_row, labels([each.file for each in done]), done))


def _decided_row(label: str, of: Decided) -> tuple[str | Text, ...]:
    invoice = (of.reading.invoice if of.reading else None) or Invoice()
    codes = [reason.finding.code for reason in of.judgement.reasons] if of.judgement else []
    return (
        label,
        of.partner_id or "",
        of.reading.source if of.reading else "",
        invoice.seller.name or "",
        invoice.number or "",
        outcome(of.outcome),
        Text(": ".join(of.error) if of.error else ", ".join(dict.fromkeys(codes))),
        money(total(of.units)) if of.units else "",
    )


def outcome(name: str) -> Text:
    """Return an outcome in its colour."""
    return Text(name, COLOURS.get(name, ""))


def outcomes(done: Iterable[Decided]) -> Text:
    """Say how many documents came to what: "12 documents: 5 approved, 4 rejected, 3 review"."""
    counts = Counter(each.outcome for each in done)
    parts = Text(", ").join(Text(f"{count} {name}", COLOURS.get(name, "")) for name, count in counts.most_common())
    return Text.assemble(f"{counts.total()} documents: ", parts)


def model_table(done: Iterable[Decided]) -> Table:
    """Return what was earned per model."""
    units = [unit for each in done for unit in each.units]
    counts: Counter[str] = Counter()
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for unit in units:
        counts[unit.model] += unit.quantity
        amounts[unit.model] += total((unit,))
    rows = [(model, str(counts[model]), money(amount)) for model, amount in sorted(amounts.items())]
    rows.append(("together", str(counts.total()), money(total(units))))
    return table("Bonus per model", ("Model", ">Devices", ">EUR"), rows)


def partner_table(done: Sequence[Decided], names: Mapping[str, str], balances: Mapping[str, Decimal]) -> Table:
    """Return what each partner of these documents earned by them, and what its account holds by now."""
    earned: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in done:
        if each.partner_id:
            earned[each.partner_id] += total(each.units)
    rows = [
        (partner, names.get(partner, ""), money(amount), money(balances.get(payable(partner), ZERO)))
        for partner, amount in sorted(earned.items())
    ]
    return table("Bonus per partner", ("Partner", "Name", ">Now EUR", ">Balance EUR"), rows)


def ledger_table(balances: Mapping[str, Decimal]) -> Table:
    """Return every account of the ledger with its balance, and their sum, which must be zero."""
    accounts = sorted(balances.items(), key=lambda each: (each[0] == PROGRAMME, each[0]))
    rows = [(account, money(balance)) for account, balance in accounts]
    rows.append(("together", money(sum(balances.values(), ZERO))))
    return table("Ledger", ("Account", ">Balance EUR"), rows)
