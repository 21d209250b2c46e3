"""Who sells and who buys: the choice among addresses, sender's lines, headings and identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from extractors.addresses import LEGAL_FORM
from extractors.header import Found
from extractors.identifiers import Identifier
from extractors.parties import (
    Address,
    Parties,
    find_addresses,
    find_sender_lines,
    ibans,
    identifiers,
    registers,
)
from extractors.rows import Row, Spot
from model.invoice import Party

SAME = 85
"""Two spellings of a name that are this much alike (RapidFuzz token_sort_ratio) are one name."""
WINDOW = 0.45
"""The address window lies in this upper share of the first page."""
FOOTER = 0.75
"""The footer begins at this share of the page."""
_Sender = tuple[str, Spot, str, str]


def read_parties(pages: Sequence[Sequence[Row]], customer_numbers: Sequence[Found]) -> Parties:
    """Read seller and buyer from the rows of all pages."""
    parties = Parties()
    if not pages:
        return parties
    addresses = [address for rows in pages[:2] for address in find_addresses(rows)]
    senders = [line for rows in (*pages[:1], *pages[-1:]) for line in find_sender_lines(rows)]
    buyer = _buyer(addresses, senders)
    _take_buyer(parties, buyer, customer_numbers)
    _take_seller(parties, pages, buyer, addresses, senders)
    _take_identifiers(parties, pages, buyer)
    return parties


def _buyer(addresses: Sequence[Address], senders: Sequence[_Sender]) -> Address | None:
    """The addressee: under its heading, under the sender's line, or in the address window."""
    headed = [a for a in addresses if "buyer_heading" in a.heading]
    if headed:
        return headed[0]
    plain = [a for a in addresses if not a.heading and not _is_sender(a, senders)]
    under_line = [a for a in plain if a.sender is not None]
    if under_line:
        return under_line[0]
    window = [a for a in plain if a.box.bottom < WINDOW * a.name.page.height and a.name.page.number == 1]
    return min(window, key=lambda a: (a.box.x0 > 0.5 * a.name.page.width, a.box.top), default=None)


def _is_sender(address: Address, senders: Sequence[_Sender]) -> bool:
    return any(code == address.postal_code and same_name(name, address.name.text) for name, _, code, _ in senders)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one company's name."""
    return fuzz.token_sort_ratio(one.casefold(), other.casefold()) >= SAME


def _take_buyer(parties: Parties, buyer: Address | None, customer_numbers: Sequence[Found]) -> None:
    fields: dict[str, str] = {}
    if buyer is not None:
        fields = {"name": buyer.name.text, "postal_code": buyer.postal_code, "city": buyer.city}
        if buyer.street:
            fields["street"] = buyer.street
        parties.buyer_spots = {"name": buyer.name, "postal_code": buyer.place, "city": buyer.place}
    if customer_numbers:
        fields["customer_number"] = customer_numbers[0].text
        parties.buyer_spots["customer_number"] = customer_numbers[0].spot
    elif buyer is not None and buyer.number is not None:
        fields["customer_number"] = buyer.number.text.lstrip(": ")
        parties.buyer_spots["customer_number"] = buyer.number
    parties.buyer = Party(**fields)


def _take_seller(
    parties: Parties,
    pages: Sequence[Sequence[Row]],
    buyer: Address | None,
    addresses: Sequence[Address],
    senders: Sequence[_Sender],
) -> None:
    taken = buyer.name.text if buyer else ""
    headed = next((a for a in addresses if "seller_heading" in a.heading), None)
    sender = buyer.sender if buyer and buyer.sender else None
    sender = sender or next((s for s in senders if not same_name(s[0], taken)), None)
    if headed is not None:
        _seller_from(parties, headed.name.text, headed.name, (headed.postal_code, headed.city), headed.place)
    elif sender is not None:
        whole = _best_spelling(sender, senders)
        placed = sender if same_name(whole[0], sender[0]) else whole
        _seller_from(parties, whole[0], whole[1], (placed[2], placed[3]), whole[1])
    else:
        others = [a for a in addresses if a is not buyer and not a.heading and not same_name(a.name.text, taken)]
        if others:
            best = max(others, key=lambda a: bool(LEGAL_FORM.search(a.name.text)))
            _seller_from(parties, best.name.text, best.name, (best.postal_code, best.city), best.place)
        else:
            _seller_by_form(parties, pages, taken)


def _best_spelling(sender: _Sender, senders: Sequence[_Sender]) -> _Sender:
    """Of several lines with one seller's name, the one that most agree on, then one with a legal form, then the surest.

    A name that a misread mark broke off is the beginning of the whole one at the same place.
    """
    alike = [s for s in senders if same_name(s[0], sender[0]) or (s[2] == sender[2] and s[0].startswith(sender[0]))]
    names = [s[0] for s in alike]
    return max(
        alike or [sender],
        key=lambda s: (names.count(s[0]), bool(LEGAL_FORM.search(s[0])), min(w.confidence for w in s[1].words)),
    )


def _seller_from(parties: Parties, name: str, spot: Spot, where: tuple[str, str], place: Spot) -> None:
    parties.seller = Party(name=name, postal_code=where[0], city=where[1])
    parties.seller_spots = {"name": _part(spot, name), "postal_code": place, "city": place}


def _part(spot: Spot, name: str) -> Spot:
    """The words of a line that hold the name."""
    count = len(name.split())
    return Spot(spot.page, spot.words[:count]) if len(spot.words) > count else spot


def _seller_by_form(parties: Parties, pages: Sequence[Sequence[Row]], taken: str) -> None:
    """The first cell with a legal form that is not the buyer's name: letterhead or footer."""
    for rows in pages[:1]:
        for row in rows:
            for start, end in row.cells():
                spot = row.spot(start, end)
                found = LEGAL_FORM.search(spot.text)
                if found is None or len(spot.text) > 60 or same_name(spot.text, taken):
                    continue
                name = re.split(r"\s+[·•|]\s+|, ", spot.text)[0]
                parties.seller = Party(name=name)
                parties.seller_spots = {"name": spot}
                return


def _take_identifiers(parties: Parties, pages: Sequence[Sequence[Row]], buyer: Address | None) -> None:
    sellers, buyers = identifiers(pages, buyer)
    if not buyers:
        sellers, buyers = _apart(sellers)
    seller: dict[str, object] = {}
    for owner, found in (("seller", sellers), ("buyer", buyers)):
        best = next((x for x in found if x.valid), found[0] if found else None)
        if best is None:
            continue
        spots = parties.seller_spots if owner == "seller" else parties.buyer_spots
        spots["vat_identifier"] = best.spot
        if best.valid:
            parties.proofs[f"{owner}.vat_identifier"] = ("check digit",)
        if owner == "seller":
            seller["vat_identifier"] = best.value
        else:
            parties.buyer = parties.buyer.model_copy(update={"vat_identifier": best.value})
    accounts = ibans(pages)
    if accounts:
        seller["iban"] = accounts[0].value
        seller["other_ibans"] = tuple(x.value for x in accounts[1:])
        parties.seller_spots["iban"] = accounts[0].spot
        if accounts[0].valid:
            parties.proofs["seller.iban"] = ("check digits",)
    numbers = registers(pages)
    if numbers:
        seller["register_number"] = numbers[0].value
        parties.seller_spots["register_number"] = numbers[0].spot
    parties.seller = parties.seller.model_copy(update=seller)


def _apart(found: Sequence[Identifier]) -> tuple[list[Identifier], list[Identifier]]:
    """Of two unlabelled identifiers the one in the footer is the seller's, the one above the table the buyer's."""
    footer = [x for x in found if x.spot.box.top > FOOTER * x.spot.page.height]
    header = [x for x in found if x.spot.box.top < WINDOW * x.spot.page.height and x.spot.page.number == 1]
    if footer and header and {x.value for x in footer}.isdisjoint(x.value for x in header):
        return footer, header
    return list(found), []
