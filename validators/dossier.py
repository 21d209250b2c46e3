"""The dossier: everything a check is handed, put together once per document."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from model.case import Case, Tier
from model.invoice import Invoice, Totals
from model.judgement import Match
from model.money import ZERO
from model.reading import PERSON, Reading
from programme.accrual import is_free, replaces, takes_back
from programme.catalogue import Worth, worth
from programme.distributors import Seller
from programme.rulebook import Rulebook
from programme.tiers import tier_on
from validators.classes import what_instead

UNREAD = "-"
"""Stands in a finding's values for what is missing or was not read."""
TWO_WITNESSES = 2
"""From so many on, what a line sells no longer rests on one word."""
GUESS = ("misread_name",)
"""The one witness of a model name whose letters had to be taken for digits (programme/matching.py)."""


@dataclass(frozen=True)
class Dossier:
    """A reading with its case, the rulebook, and what is computed of them once: the seller, and a match per line."""

    reading: Reading
    case: Case
    rulebook: Rulebook
    seller: Seller
    matches: tuple[Match, ...]

    @cached_property
    def invoice(self) -> Invoice | None:
        """The invoice to check; None where the file holds none, or several, each of which is judged by itself later."""
        several = self.reading.others or any(f.code == "multiple_invoices" for f in self.reading.findings)
        return None if several or what_instead(self.reading) is not None else self.reading.invoice

    @cached_property
    def tier(self) -> Tier | None:
        """The partner's tier on the issue date, None before its first tier or where no issue date was read."""
        on = self.invoice.issue_date if self.invoice else None
        return tier_on(self.case.partner, on) if on else None

    @cached_property
    def undoes(self) -> bool:
        """Whether the document takes back or replaces what is booked for an invoice.

        Rejecting it for a rule of time would leave the partner with the bonus of devices that went back.
        """
        invoice = self.invoice
        return bool(self.case.preceding) and invoice is not None and (takes_back(invoice) or replaces(invoice))

    @cached_property
    def match_of(self) -> dict[int, Match]:
        """The match of each line, by the line's index from 0."""
        return {match.line: match for match in self.matches}

    @cached_property
    def worths(self) -> dict[int, Worth]:
        """What a unit of each matched line is worth, by the line's index from 0.

        For a partner whose tier earns nothing it is what Gold would earn: whether a line holds a bonus device does not
        depend on who bought it. What is taken back is worth what was booked for it.
        """
        invoice = self.invoice
        if invoice is None:
            return {}
        tier = self.tier if self.tier in self.rulebook.programme.eligible_tiers else "gold"
        on = invoice.issue_date or self.case.accepted_on
        booked = {one.model for one in self.case.preceding or ()} if takes_back(invoice) else set()
        found: dict[int, Worth] = {}
        for match in self.matches:
            product = self.rulebook.catalogue.product(match.model) if match.model else None
            if product is not None:
                found[match.line] = Worth(kind="earns") if product.model in booked else worth(product, tier, on)
        return found

    def earns(self, line: int) -> bool:
        """Whether the line at this index holds a device that earns."""
        found = self.worths.get(line)
        return found is not None and found.kind == "earns" and self.counts(line)

    def counts(self, line: int) -> bool:
        """Whether a device in the line at this index would earn: free lines only where the programme says so."""
        if self.invoice is None:
            return False
        return self.rulebook.programme.free_lines_earn or not is_free(self.invoice.lines[line])

    @cached_property
    def total(self) -> tuple[str, Decimal] | None:
        """Path and amount of the total that the lines make: net, or gross where neither net nor VAT is there."""
        totals = self.invoice.totals if self.invoice else Totals()
        if totals.net is not None:
            return "totals.net", totals.net
        return ("totals.gross", totals.gross) if totals.gross is not None and not totals.vat else None

    def understood(self, line: int) -> bool:
        """Whether there is no doubt what a line sells: its name is sure, or several witnesses or a person say so."""
        match = self.match_of.get(line)
        if match is not None and (len(match.witnesses) >= TWO_WITNESSES or PERSON in match.witnesses):
            return True
        return self.reading.sure(f"lines.{line}.item_name") and (match is None or match.witnesses != GUESS)

    def position(self, line: int) -> str:
        """Return the line's position as printed, else its place counted from 1."""
        printed = self.invoice.lines[line].identifier if self.invoice else None
        return printed or str(line + 1)

    def is_negative(self, line: int) -> bool:
        """Whether the quantity or the amount of the line at this index is below zero."""
        found = self.invoice.lines[line] if self.invoice else None
        return found is not None and any(one is not None and one < ZERO for one in (found.quantity, found.net_amount))
