"""The seller: it has to be a distributor that was authorised on the issue date.

Who the seller is, is found by strong identifiers, never by resemblance (programme/distributors.py). What follows is
said here: another company, a look-alike, and a distributor outside its time are rejected; a distributor's name that no
identifier confirms, and a seller that could not be read, are held.
"""

from collections.abc import Iterator

from model.finding import Finding
from validators.dossier import UNREAD, Dossier

IDENTIFIERS = ("vat_identifier", "iban", "register_number")


def check(dossier: Dossier) -> Iterator[Finding]:
    """Report a seller that is not, not yet or no longer authorised, not verified, or not known."""
    if dossier.invoice is None:
        return
    seller, about = dossier.seller, ("seller.name", "seller.vat_identifier", "seller.iban")
    values, dated = seller.values, dossier.reading.sure("issue_date") and not dossier.undoes
    match seller.kind:
        case "not_authorised":
            certain = _identified(dossier)
            yield Finding(code="seller_not_authorised", variant="company", values=values, about=about, certain=certain)
        case "look_alike":
            certain = _identified(dossier)
            yield Finding(
                code="seller_not_authorised", variant="look_alike", values=values, about=about, certain=certain
            )
        case "not_yet":
            dates = (*about, "issue_date")
            yield Finding(code="seller_not_authorised", variant="not_yet", values=values, about=dates, certain=dated)
        case "no_longer":
            dates = (*about, "issue_date")
            yield Finding(code="seller_not_authorised", variant="no_longer", values=values, about=dates, certain=dated)
        case "unverified":
            yield _unverified(values, about)
        case "unknown":
            read = {"read": values.get("seller") or UNREAD}
            yield Finding(code="low_confidence", variant="seller", values=read, about=about)
        case "authorised":
            pass


def _unverified(values: dict[str, str], about: tuple[str, ...]) -> Finding:
    """Say what is printed, never what should be: the distributor's own identifiers are not for forgers."""
    shown = {"seller": values.get("seller", UNREAD)}
    printed = [values[name] for name in IDENTIFIERS if name in values]
    if printed:
        shown["printed"] = ", ".join(printed)
        return Finding(code="seller_unverified", variant="contradicted", values=shown, about=about)
    return Finding(code="seller_unverified", variant="no_identifier", values=shown, about=about)


def _identified(dossier: Dossier) -> bool:
    """Whether it is beyond doubt who the seller is: a name alone may be a slogan, or a distributor's misread.

    Identifiers beside a name that was read with doubt may be the buyer's.
    """
    told = [f"seller.{name}" for name in IDENTIFIERS if name in dossier.seller.values]
    return bool(told) and all(map(dossier.reading.sure, (*told, "seller.name")))
