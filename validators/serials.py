"""Serial numbers: a device may be claimed once, by its serial number or MAC address.

A credit note or a returned line gives devices back, so it frees their numbers and claims none. The same invoice again
is a duplicate (validators/duplicates.py) and no second claim.
"""

from collections.abc import Iterator

from model.case import Case
from model.finding import Finding
from programme.accrual import takes_back
from validators.dossier import Dossier


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report the claimed serial numbers of each line that sells."""
    invoice, claimed = dossier.invoice, frozenset(dossier.case.claimed_serials)
    if invoice is None or not claimed or takes_back(invoice) or _again(dossier.case):
        return
    for index, line in enumerate(invoice.lines):
        again = () if dossier.is_negative(index) else tuple(s for s in line.serial_numbers if s in claimed)
        if again:
            yield Finding(
                code="serial_already_claimed",
                variant="serials",
                values={"serials": ", ".join(again), "line": dossier.position(index)},
                about=(f"lines.{index}.serial_numbers",),
            )


def _again(case: Case) -> bool:
    """Whether the upload is one accepted earlier, rather than another that claims the same devices."""
    return any(alike.kind != "content" for alike in case.look_alikes)
