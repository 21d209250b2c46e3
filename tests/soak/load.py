"""What is sent: good invoices, each another one, as XML, text and scans; and hostile files among them."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from hostile.case import Case
from sample_pages import INVOICE, encoded, gray, pdf, scanned
from sample_uploads import invoice

from workers.settling import today

KINDS = {"xml": 30, "text": 50, "scan": 15, "photo": 5}
"""How many of a hundred good files are of each kind."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One file that is uploaded; `kind` is "hostile" or one of KINDS."""

    kind: str
    name: str
    data: bytes


def files(hostile: Sequence[Case], share: float, seed: int) -> Iterator[Sent]:
    """Yield files without end, of which `share` are hostile, each of these in its turn."""
    chance = random.Random(seed)  # noqa: S311 (no secrets)
    bad, numbers = 0, count(1)
    for number in numbers:
        if hostile and chance.random() < share:
            case = hostile[bad % len(hostile)]
            bad += 1
            yield Sent("hostile", case.name, case.make())
            continue
        (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
        yield Sent(kind, f"{kind}-{number}", _good(kind, number))


def _good(kind: str, number: int) -> bytes:
    if kind == "xml":
        lately = (today() - dt.date(2026, 1, 1)).days - number % 100  # so that it may still be claimed
        return invoice(f"S{number}", phones=1 + number % 9, day=lately, note=f"Vorgang {number}")
    # Another day each time, as what is the same but for its number looks like one invoice handed in again and again.
    day = dt.date(2026, 8, 14) - dt.timedelta(days=number % 700)
    text = [*INVOICE[:1], (60, 120, f"Rechnung Nr. S-{number} vom {day:%d.%m.%Y}"), *INVOICE[2:]]
    if kind == "text":
        return pdf(text)
    page = gray(text, 200)
    return scanned(page) if kind == "scan" else encoded(page, "JPEG", quality=85)
