"""The ledger as other programs and people get it: entries as JSON, and whether the chain holds."""

from typing import Any

from model.money import money
from portal.inputs import NotThere
from store.chain import Fault, Head
from store.journal import Booked

VERSION = 1
"""Of the form of an entry (docs/contract/entry.schema.json)."""


def as_json(one: Booked) -> dict[str, Any]:
    """Return an entry as in docs/contract/entry.schema.json."""
    entry = one.entry
    return {
        "version": VERSION,
        "position": one.position,
        "key": entry.key,
        "booked_at": one.booked_at.isoformat(),
        "partner_id": entry.partner_id,
        "document_id": entry.document_id,
        "memo": entry.memo,
        "postings": [{"account": posting.account, "amount": money(posting.amount)} for posting in entry.postings],
        "accruals": [
            {
                "distributor_id": accrual.distributor_id,
                "number": accrual.number,
                "line": accrual.line,
                "model": accrual.model,
                "quantity": accrual.quantity,
                "bonus_each": money(accrual.bonus_each),
            }
            for accrual in entry.accruals
        ],
        "hash": one.hash,
    }


def noted(text: str | None) -> Head | None:
    """Read a head as `ledger verify` prints it, POSITION:HASH. Errors: NotThere."""
    if text is None:
        return None
    position, _, sealed = text.partition(":")
    if not position.isdecimal() or len(sealed) != 64 or not set(sealed) <= set("0123456789abcdef"):
        raise NotThere(f"{text!r} is no head of the ledger: POSITION:HASH, as `cashback ledger verify` prints it.")
    return Head(int(position), sealed)


def fault(one: Fault) -> dict[str, Any]:
    """Return what programs are told of a fault."""
    return {"position": one.position, "fault": one.what}
