"""The addressee: an invoice has to be addressed to the uploading partner.

Three witnesses speak: the VAT identifier, the customer number at that distributor, and the name with the postal code.
- One of them for the partner and none against it: it is the partner.
- The name clearly another's, and a second witness clearly another's too, and none for the partner: `buyer_mismatch`.
- Anything between, and what was read with doubt: `low_confidence`. A name that a few misread letters could have made
  of the partner's is never another's.
Weak are a postal code alone (companies move, and have one for their post box) and a customer number beside the
partner's own VAT identifier (a company may have several accounts). What counts of a partner that was renamed or has
moved is what it was on the issue date. Where the registry was told of no day, it is the partner under its former name
and postal code too, on invoices up to the day on which the registry learnt of the change.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

from model.case import Partner
from model.finding import Finding
from model.invoice import Party
from model.reading import Reading
from programme.identifiers import is_vat_identifier
from programme.spelling import article
from programme.tiers import company_on
from validators.companies import clearly_different, same_company
from validators.dossier import UNREAD, Dossier

Word = Literal["ours", "theirs", "silent"]
MISREAD = 1
"""So many digits of a number may be misread before it is another number."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What each witness says: the partner's, clearly another's, or nothing that can be relied on."""

    identifier: Word
    number: Word
    name: Word
    postal_code: Word

    @property
    def is_ours(self) -> bool:
        """Whether any strong witness speaks for the partner."""
        return "ours" in (self.identifier, self.number) or (self.name == "ours" and self.postal_code == "ours")

    @property
    def is_doubtful(self) -> bool:
        """Whether any strong witness speaks against the partner."""
        return "theirs" in (self.identifier, self.name) or (self.number == "theirs" and self.identifier != "ours")

    @property
    def is_theirs(self) -> bool:
        """Whether the name and a second witness are another company's, and nothing is the partner's."""
        return (
            not self.is_ours and self.name == "theirs" and "theirs" in (self.identifier, self.number, self.postal_code)
        )


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report another addressee, or one that is missing, unclear or contradicts itself, unless a person knows it."""
    if dossier.invoice is None:
        return
    buyer, partner = dossier.invoice.buyer, dossier.case.partner
    if dossier.reading.said("buyer") == partner.id:
        return
    partner = _on(partner, dossier.invoice.issue_date)
    words = hear(dossier.reading, buyer, partner, _number(dossier, partner))
    if words.is_ours and not words.is_doubtful:
        return
    about = tuple(f"buyer.{field}" for field in ("name", "postal_code", "vat_identifier", "customer_number"))
    values = {"buyer": _address(buyer), "partner": partner.name}
    if words.is_theirs:
        yield Finding(code="buyer_mismatch", variant="addressee", values=values, about=about)
    else:
        yield Finding(code="low_confidence", variant="buyer", values=values, about=about)


def _on(partner: Partner, day: dt.date | None) -> Partner:
    """Return the partner as it was on a day, with those of its undated former names and postal codes that held."""
    if day is None:
        return partner.model_copy(update={"former": ()})
    held = tuple(former for former in partner.former if day <= former.until)
    return company_on(partner, day).model_copy(update={"former": held})


def _number(dossier: Dossier, partner: Partner) -> str | None:
    """Return the partner's customer number at the seller; a look-alike has its own customers."""
    distributor = dossier.seller.distributor
    if distributor is None or dossier.seller.kind == "look_alike":
        return None
    return partner.customer_numbers.get(distributor.id)


def hear(reading: Reading, buyer: Party, partner: Partner, number: str | None) -> Witnesses:
    """Hear every witness; `number` is the customer number that the partner has at this distributor, None: not known."""
    sure = reading.sure
    return Witnesses(
        identifier=_identifier(buyer, partner, sure=sure("buyer.vat_identifier")),
        number=_digits(buyer.customer_number, number, sure=sure("buyer.customer_number")),
        name=_name(buyer, partner, sure=sure("buyer.name")),
        postal_code=_postal_code(buyer, partner, sure=sure("buyer.postal_code")),
    )


def _identifier(buyer: Party, partner: Partner, *, sure: bool) -> Word:
    if not buyer.vat_identifier or not partner.vat_identifier:
        return "silent"
    if article(buyer.vat_identifier) == article(partner.vat_identifier):
        return "ours"
    return "theirs" if sure and is_vat_identifier(buyer.vat_identifier) else "silent"


def _digits(read: str | None, expected: str | None, *, sure: bool) -> Word:
    """Compare numbers without blanks, punctuation and leading zeros; one misread digit does not make another's."""
    if not read or not expected:
        return "silent"
    distance = Levenshtein.distance(article(read).lstrip("0"), article(expected).lstrip("0"))
    if distance == 0:
        return "ours"
    return "theirs" if sure and distance > MISREAD else "silent"


def _postal_code(buyer: Party, partner: Partner, *, sure: bool) -> Word:
    known = (partner.postal_code, *(former.postal_code for former in partner.former))
    said = {_digits(buyer.postal_code, code, sure=sure) for code in known}
    return "ours" if "ours" in said else ("theirs" if said == {"theirs"} else "silent")


def _name(buyer: Party, partner: Partner, *, sure: bool) -> Word:
    if not buyer.name:
        return "silent"
    known = (partner.name, *(former.name for former in partner.former))
    if any(same_company(buyer.name, name) for name in known):
        return "ours"
    return "theirs" if sure and all(clearly_different(buyer.name, name) for name in known) else "silent"


def _address(buyer: Party) -> str:
    place = " ".join(part for part in (buyer.postal_code, buyer.city) if part)
    return ", ".join(part for part in (buyer.name, place) if part) or UNREAD
