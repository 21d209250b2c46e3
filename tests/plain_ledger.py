"""What documents are worth and partners are owed, worked out anew from the beginning, as plainly as can be written.

It knows only what a person could tell from the contract: no part of the program is used. One model, D785, is sold on
one line; the maker's distributor is ACME. A document is an invoice (380), a credit note (381) or a correction with
positive figures (384).
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

Line = tuple[int, Decimal]
"""Units, negative where they are taken back, and EUR for each."""


@dataclass
class Paper:
    """A document that was uploaded; `place` tells what counts as earlier. `ruled` is the outcome that a person ruled,
    and the judgement (outcome, codes) it was ruled upon."""

    partner: str
    kind: str
    number: str
    about: str
    phones: int
    day: dt.date
    place: tuple[int, int]
    id: str
    superseded: bool = False
    ruled: tuple[str, tuple[str, frozenset[str]]] | None = None


@dataclass
class Person:
    """A partner: tiers by the day they began, periods of certificates; what it was paid; whether it is held."""

    tiers: list[tuple[dt.date, str]]
    certificates: list[tuple[dt.date, dt.date]]
    paid: Decimal = Decimal(0)

    def tier(self, day: dt.date) -> str:
        """The tier on a day, "" before the first."""
        begun = [tier for tier in self.tiers if tier[0] <= day]
        return max(begun)[1] if begun else ""

    def certified(self, day: dt.date) -> bool:
        """Whether a certificate covers the day."""
        return any(begin <= day <= end for begin, end in self.certificates)


@dataclass
class World:
    """All that decides: the papers, the partners, the rates by tier, until when the distributor is authorised."""

    papers: list[Paper] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    rates: dict[str, Decimal] = field(default_factory=dict)
    authorised_until: dt.date = dt.date.max


@dataclass
class Told:
    """What comes out for a paper: the judgement, the state it is in, and its lines that are booked, by their index."""

    judged: tuple[str, frozenset[str]]
    state: str
    booked: dict[int, Line]

    @property
    def worth(self) -> Decimal:
        """What is booked, in EUR."""
        return sum((units * each for units, each in self.booked.values()), Decimal(0))


def work_out(world: World) -> dict[str, Told]:
    """Tell what comes out for every paper that was not superseded, by its id."""
    told: dict[str, Told] = {}
    done: list[Paper] = []
    for paper in sorted(world.papers, key=lambda one: one.place):
        if paper.superseded:
            continue
        judged = _judge(world, paper, done, told)
        state = judged[0]
        if paper.ruled is not None:
            state = paper.ruled[0] if paper.ruled[1] == judged else "review"
        booked = _lines(world, paper, done, told) if state == "approved" else {}
        for other in done:
            if other.number == paper.number:
                booked = {line: of for line, of in booked.items() if line not in told[other.id].booked}
        told[paper.id] = Told(judged, state, booked)
        done.append(paper)
    return told


def owed(world: World, told: dict[str, Told], partner: str) -> Decimal:
    """Tell what a partner is owed: what its papers are worth, less what it was paid."""
    worth = (told[paper.id].worth for paper in world.papers if paper.partner == partner and paper.id in told)
    return sum(worth, Decimal(0)) - world.people[partner].paid


def _judge(world: World, paper: Paper, earlier: list[Paper], told: dict[str, Told]) -> tuple[str, frozenset[str]]:
    person = world.people[paper.partner]
    rejects: set[str] = set()
    holds: set[str] = set()
    takes_back = bool(_about(paper, earlier, told))
    if paper.day > world.authorised_until:
        (holds if takes_back else rejects).add("seller_not_authorised")
    if person.tier(paper.day) not in {"silver", "gold"} or not person.certified(paper.day):
        (holds if takes_back else rejects).add("partner_not_eligible")
    for other in earlier:
        if other.number == paper.number and told[other.id].state in {"approved", "review"}:
            (rejects if other.partner == paper.partner else holds).add("duplicate_invoice")
    if paper.kind == "384" and _about(paper, earlier, told) is None:
        holds.add("low_confidence")
    outcome = "rejected" if rejects else "review" if holds else "approved"
    return outcome, frozenset(rejects | holds)


def _lines(world: World, paper: Paper, earlier: list[Paper], told: dict[str, Told]) -> dict[int, Line]:
    """What an approved paper is worth. Line 0 is the one that is printed; what a correction replaces follows it."""
    about = _about(paper, earlier, told) or {}
    rate = world.rates.get(world.people[paper.partner].tier(paper.day), Decimal(0))
    units = paper.phones
    lines: dict[int, Line] = {}
    if paper.kind == "381":
        units = -units
        if about:
            rate = max(about.items(), key=lambda of: of[1])[0]
    if units and rate:
        lines[0] = (units, rate)
    if paper.kind == "384":
        for index, (each, booked) in enumerate(sorted(about.items()), 1):
            if booked:
                lines[index] = (-booked, each)
    return lines


def _about(paper: Paper, earlier: list[Paper], told: dict[str, Told]) -> dict[Decimal, int] | None:
    """What is booked for the invoice that a paper is about, and for papers about the same one: units by rate.

    None where nothing is booked for that invoice.
    """
    if not paper.about:
        return None
    own: dict[Decimal, int] = {}
    since: dict[Decimal, int] = {}
    for other in earlier:
        if other.partner == paper.partner and paper.about in {other.number, other.about}:
            into = own if other.number == paper.about else since
            for units, each in told[other.id].booked.values():
                into[each] = into.get(each, 0) + units
    if not any(own.values()):
        return None
    both = {each: own.get(each, 0) + since.get(each, 0) for each in own.keys() | since.keys()}
    return {each: units for each, units in both.items() if units or own.get(each)}
