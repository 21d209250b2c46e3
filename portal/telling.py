"""What `cashback explain` prints for people."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model.finding import Finding
from model.invoice import Invoice
from model.judgement import Judgement, Match, Reason
from model.money import money
from model.reading import Evidence, Reading
from portal.decided import Decided, total
from portal.explaining import Told
from portal.printing import COLOURS, table
from portal.tables import outcome, proven_share
from validators.sentences import Language, clean, sentence

PROVEN, DOUBTFUL = "green", "yellow"


def telling(told: Told, language: Language) -> Group:
    """Return everything that is known of a document, part by part."""
    return Group(*(part for each in _parts(told, language) for part in (each, Text())))


def _parts(told: Told, language: Language) -> Iterator[RenderableType]:
    extracted, decided = told.extracted, told.decided
    yield _head(told)
    if extracted.error:
        yield Text(f"{extracted.error[0]}: {extracted.error[1]}", COLOURS["failed"])
    if decided is None:
        yield Text("Not stored: the file was only read.")
    elif decided.judgement:
        yield _decision(decided, decided.judgement, language)
        yield from _earned(decided.judgement)
    if extracted.reading:
        yield from _read(extracted.reading, decided.judgement if decided else None, language)
    if decided and decided.judgement:
        versions = ", ".join(f"{name} {version}" for name, version in decided.judgement.versions.items())
        yield Text.assemble(("Versions: ", "bold"), versions)
    if told.history:
        yield _history(told)


def _head(told: Told) -> Table:
    document, reading = told.document, told.extracted.reading
    rows = [("SHA-256", told.extracted.digest or "")]
    if document:
        rows += [
            ("Document", document.id),
            ("File", document.file_name),
            ("Partner", document.partner_id),
            ("Accepted", f"{document.accepted_on}, as number {document.acceptance}"),
        ]
        if document.predecessor:
            rows.append(("Replaces", document.predecessor))
    if told.successors:
        rows.append(("Replaced by", ", ".join(told.successors)))
    if told.twins:
        rows.append(("Same bytes", ", ".join(told.twins)))
    if reading:
        pages = "1 page" if reading.page_count == 1 else f"{reading.page_count} pages"
        rows.append(("Read from", f"{reading.source}, {pages}, on the rung {reading.rung}"))
        rows.append(("Proven", proven_share(reading)))
    made = table(clean(told.name), ("", ""), rows)
    made.show_header = False
    return made


def _decision(decided: Decided, judgement: Judgement, language: Language) -> Group:
    shown = [_reason(reason, decided.reading, language) for reason in judgement.reasons]
    return Group(Text.assemble(("Outcome: ", "bold"), outcome(decided.outcome)), *shown)


def _reason(reason: Reason, reading: Reading | None, language: Language) -> Text:
    finding = reason.finding
    evidence = reading.evidence if reading else {}
    places = [f"\n      {path}: {_place(evidence[path])}" for path in finding.about if path in evidence]
    colour = COLOURS["rejected" if reason.severity == "reject" else "review"]
    return Text.assemble("  ", (finding.code, colour), f": {sentence(finding, language)}", *places)


def _earned(judgement: Judgement) -> Iterator[Table]:
    if judgement.units:
        rows = [
            (unit.model, str(unit.quantity), money(unit.bonus_each), money(total((unit,)))) for unit in judgement.units
        ]
        yield table("Bonus", ("Model", ">Devices", ">Each EUR", ">EUR"), rows)


def _read(reading: Reading, judgement: Judgement | None, language: Language) -> Iterator[RenderableType]:
    heads = [
        (path, _coloured(value_at(reading.invoice, path), found), ", ".join(found.proof), _place(found), found.rung)
        for path, found in reading.evidence.items()
        if not path.startswith("lines.")
    ]
    yield Text.assemble("Values: ", ("proven", PROVEN), ", ", ("not proven", DOUBTFUL))
    yield table("Head and totals", ("Field", "Value", "Proof", "Place (% left/top)", "Rung"), heads)
    matches = {match.line: match for match in judgement.matches} if judgement else {}
    lines = reading.invoice.lines if reading.invoice else ()
    if lines:
        headings = ("Line", "Item", ">Quantity", ">Price", ">Amount", "Model", "Proof", "Place (%)")
        yield table("Lines", headings, (_line(reading, index, matches.get(index)) for index in range(len(lines))))
    for finding in reading.findings:
        told = f": {sentence(finding, language)}{compared(finding)}"
        yield Text.assemble("Noticed in reading: ", (finding.code, DOUBTFUL), told)
    for hint in reading.hints:
        yield Text.assemble(("Hint: ", "bold"), clean(hint))


def compared(finding: Finding) -> str:
    """Say what the file says and what its page shows, for people who may know."""
    if "said" not in finding.values:
        return ""
    where = f" at {finding.about[0]}" if finding.about else ""
    said, shown = clean(finding.values["said"]), clean(finding.values["shown"])
    if said == shown:
        return f" What stands{where}, “{said}”, is printed otherwise than the figures around it."
    return f" The file says{where} “{said}”, the page “{shown}”."


def _line(reading: Reading, index: int, match: Match | None) -> tuple[str | Text, ...]:
    cells = {
        name: (value_at(reading.invoice, f"lines.{index}.{name}"), reading.evidence.get(f"lines.{index}.{name}"))
        for name in ("item_name", "quantity", "net_price", "net_amount")
    }
    proofs = dict.fromkeys(proof for _, found in cells.values() if found for proof in found.proof)
    place = next((_place(found, text=False) for _, found in cells.values() if found), "")
    identifier = value_at(reading.invoice, f"lines.{index}.identifier") or str(index + 1)
    values = (_coloured(value, found) for value, found in cells.values())
    return identifier, *values, _model(match), ", ".join(proofs), place


def _model(match: Match | None) -> str:
    """Say which device a line sells, and what spoke for it."""
    if match is None or not (match.model or match.candidates):
        return ""
    witnesses = f" ({', '.join(match.witnesses)})" if match.witnesses else ""
    return (match.model or " or ".join(match.candidates)) + witnesses


def _coloured(value: str, found: Evidence | None) -> Text:
    return Text(clean(value), PROVEN if found and found.proof else DOUBTFUL)


def _history(told: Told) -> Table:
    rows = [
        (f"{step.at:%Y-%m-%d %H:%M:%S} UTC", outcome(step.to_state.value), step.who, step.why) for step in told.history
    ]
    return table("History", ("At", "To", "By", "Why"), rows)


def _place(found: Evidence, *, text: bool = True) -> str:
    """Say where a value stood, in percent from the left and the top, and what was read there: p. 1, 12/34, "RE-1"."""
    read = f', "{clean(found.text)}"' if text and found.text else ""
    if found.box is None:
        return f"XML{read}"
    return f"p. {found.page}, {found.box[0] * 100:.0f}/{found.box[1] * 100:.0f}{read}"


def value_at(invoice: Invoice | None, path: str) -> str:
    """Return the value at a field path ("lines.0.net_amount") as text, empty where there is none."""
    value: object = invoice
    for part in path.split("."):
        if isinstance(value, tuple):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = getattr(value, part, None)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
