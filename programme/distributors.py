"""The authorised distributors, and which of them, if any, a seller is.

Strong identifiers decide: VAT identifier, IBAN, and the register number together with the name, for register numbers
repeat from court to court. A name alone proves nothing, and one that only resembles a distributor's even less.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from model.invoice import Party, Value
from programme.identifiers import is_iban, is_vat_identifier, register_number
from programme.spelling import article, words

SellerKind = Literal["authorised", "not_authorised", "look_alike", "not_yet", "no_longer", "unverified", "unknown"]

_LEGAL_FORMS = frozenset(
    {
        "GMBH",
        "AG",
        "SE",
        "KG",
        "KGAA",
        "OHG",
        "UG",
        "GBR",
        "EK",
        "EG",
        "MBH",
        "CO",
        "LTD",
        "LLC",
        "INC",
        "BV",
        "NV",
        "SA",
    }
    | {"SAS", "SARL", "INH", "E", "K", "G", "M", "B", "H"}
)
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
MISREAD = 90.0
"""From this similarity (0..100) of two names without their legal forms on, one may be the other one misread."""
BRAND = 80.0
"""From this similarity (0..100) of two words on, one is taken for an imitation of the other."""
SHORT_BRAND = 4
"""Up to this length a brand word must agree letter by letter: ALSO and ALDO are two companies."""


class Distributor(Value):
    """A distributor as a legal entity, authorised from `valid_from` to `valid_to`, both included; None is open."""

    id: str
    name: str
    other_names: tuple[str, ...] = ()
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str = "DE"
    vat_identifiers: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    register_numbers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    valid_from: dt.date
    valid_to: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        """Whether it is authorised on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Seller(Value):
    """Who the seller is in the eyes of the programme.

    `distributor` is the authorised one ("authorised"), the one whose period does not cover the day ("not_yet",
    "no_longer"), the one whose name or identifiers are used ("unverified") or whose name is resembled ("look_alike");
    else None. `values` holds what was compared, for the sentence: "seller" (name or first identifier as printed), and,
    where they apply, "distributor" (its name), the printed identifiers that decided ("vat_identifier", "iban",
    "register_number"), "issue_date", "valid_from", "valid_to".
    """

    kind: SellerKind
    distributor: Distributor | None = None
    values: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Printed:
    """The identifiers on the page, normalised; one with wrong check digits was misread and counts for nothing."""

    name: str | None
    vat_identifier: str | None
    ibans: tuple[str, ...]
    register_number: str | None

    def identifiers(self) -> Iterator[tuple[str, str]]:
        """Yield (kind, identifier)."""
        if self.vat_identifier:
            yield "vat_identifier", self.vat_identifier
        yield from (("iban", iban) for iban in self.ibans)
        if self.register_number:
            yield "register_number", self.register_number


def identify(
    seller: Party, on: dt.date | None, distributors: Sequence[Distributor], *, vouched: str | None = None
) -> Seller:
    """Tell who the seller of an invoice of that day is; a day that is not known counts as covered.

    A distributor is recognised where a strong identifier on the page is its own and none contradicts it. An entry that
    lists no identifiers of a kind contradicts none of that kind. `vouched` is the distributor that a person says it is.
    """
    printed = _printed(seller)
    entries = _on_day(distributors, on)
    own = next((entry for entry in entries if entry.id == vouched), None)
    if own is not None:
        return _dated(own, on, printed)
    confirmed = [entry for entry in entries if _confirms(entry, printed)]
    named = next((entry for entry in entries if _same_name(entry, printed.name)), None)
    if confirmed:
        entry = confirmed[0]
        doubts = tuple(_contradictions(entry, printed))
        if len(confirmed) > 1 or doubts or named not in (None, entry):
            return _seller("unverified", printed, entry, doubts)
        return _dated(entry, on, printed)
    if named is not None:
        return _seller("unverified", printed, named, tuple(printed.identifiers()))
    return _stranger(printed, entries)


def _stranger(printed: _Printed, entries: Sequence[Distributor]) -> Seller:
    """Judge a seller that is nobody's by name or identifier: an imitation, another company, or nobody knows."""
    told_by = tuple(printed.identifiers())
    resembled = max(entries, key=lambda entry: _resemblance(entry, printed.name), default=None)
    likeness = _resemblance(resembled, printed.name) if resembled else 0.0
    if resembled and likeness:
        might_be = not told_by or not _strong(resembled)
        return _seller("unverified" if might_be else "look_alike", printed, resembled, told_by[:1])
    if printed.name or (printed.vat_identifier and all(entry.vat_identifiers for entry in entries)):
        return _seller("not_authorised", printed, None, told_by[:1])
    return _seller("unknown", printed, None)


def _dated(entry: Distributor, on: dt.date | None, printed: _Printed) -> Seller:
    if on is None or entry.covers(on):
        return _seller("authorised", printed, entry)
    if on < entry.valid_from:
        dates = ("issue_date", on.isoformat()), ("valid_from", entry.valid_from.isoformat())
        return _seller("not_yet", printed, entry, dates)
    dates = ("issue_date", on.isoformat()), ("valid_to", str(entry.valid_to))
    return _seller("no_longer", printed, entry, dates)


def _seller(
    kind: SellerKind, printed: _Printed, entry: Distributor | None, more: Sequence[tuple[str, str]] = ()
) -> Seller:
    told = printed.name or next((text for _, text in printed.identifiers()), "")
    about = {"seller": told, "distributor": entry.name if entry else ""}
    values = {**about, **dict(more)}
    return Seller(kind=kind, distributor=entry, values={key: value for key, value in values.items() if value})


def _printed(seller: Party) -> _Printed:
    vat = article(seller.vat_identifier or "")
    ibans = (article(iban) for iban in (seller.iban, *seller.other_ibans) if iban)
    register = register_number(seller.register_number or "")
    return _Printed(
        name=(seller.name or "").strip() or None,
        vat_identifier=vat if is_vat_identifier(vat) else None,
        ibans=tuple(iban for iban in ibans if is_iban(iban)),
        register_number=register or None,
    )


def _on_day(distributors: Sequence[Distributor], on: dt.date | None) -> tuple[Distributor, ...]:
    """Return one entry per distributor: that of the day, else the last one before it, else the first one after it."""
    best: dict[str, Distributor] = {}
    for entry in distributors:
        held = best.setdefault(entry.id, entry)
        if _closeness(entry, on) > _closeness(held, on):
            best[entry.id] = entry
    return tuple(best.values())


def _closeness(entry: Distributor, on: dt.date | None) -> tuple[int, int]:
    start = entry.valid_from.toordinal()
    if on is None or entry.covers(on):
        return 2, start
    return (1, start) if entry.valid_from < on else (0, -start)


def _strong(entry: Distributor) -> bool:
    return bool(entry.vat_identifiers or entry.ibans or entry.register_numbers)


def _confirms(entry: Distributor, printed: _Printed) -> bool:
    if printed.vat_identifier in entry.vat_identifiers or not set(printed.ibans).isdisjoint(entry.ibans):
        return True
    registered = tuple(map(register_number, entry.register_numbers))
    return printed.register_number in registered and (
        _same_name(entry, printed.name) or _resemblance(entry, printed.name) >= MISREAD
    )


def _contradictions(entry: Distributor, printed: _Printed) -> Iterator[tuple[str, str]]:
    """Yield the printed identifiers that are of a kind that the entry lists, and not among them."""
    own = {
        "vat_identifier": entry.vat_identifiers,
        "iban": entry.ibans,
        "register_number": tuple(map(register_number, entry.register_numbers)),
    }
    yield from ((kind, text) for kind, text in printed.identifiers() if own[kind] and text not in own[kind])


def _names(entry: Distributor) -> tuple[str, ...]:
    return entry.name, *entry.other_names


def _same_name(entry: Distributor, name: str | None) -> bool:
    """Tell whether the name is the entry's but for case, punctuation, blanks and umlauts spelt out."""
    return name is not None and any(not _spellings(name).isdisjoint(_spellings(own)) for own in _names(entry))


def _spellings(name: str) -> set[str]:
    return {article(name), article(name.translate(_TRANSLITERATED))}


def _resemblance(entry: Distributor, name: str | None) -> float:
    """Return how much a name is like the entry's, 0..100; 0 where neither the whole nor the brand word is alike."""
    if not name:
        return 0.0
    return max(_likeness(_distinctive(own), _distinctive(name)) for own in _names(entry))


def _likeness(own: tuple[str, ...], other: tuple[str, ...]) -> float:
    whole = fuzz.ratio(" ".join(own), " ".join(other))
    if whole >= MISREAD or not own:
        return whole
    floor = 100.0 if len(own[0]) <= SHORT_BRAND else BRAND
    return max(whole, 1.0) if any(fuzz.ratio(own[0], word) >= floor for word in other) else 0.0


def _distinctive(name: str) -> tuple[str, ...]:
    return tuple(word for word in words(name) if word not in _LEGAL_FORMS) or words(name)
