"""`cashback ledger verify`: what it takes and tells."""

from typing import Any

from portal.inputs import NotThere
from store.chain import Fault, Head


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
