"""Identifiers with check digits: VAT identifiers, IBANs, GTINs; register numbers, which have none."""

import re
from functools import lru_cache

from stdnum import ean, get_cc_module, iban
from stdnum.eu import vat

from programme.spelling import article, fold

_REGISTER = re.compile(r"\b(HRA|HRB|GNR|GSR|PR|VR)\W*([0-9]+)")


@lru_cache(maxsize=4096)
def is_vat_identifier(text: str) -> bool:
    """Tell whether the text, without blanks, is a VAT identifier with its country's form and check digits."""
    if vat.is_valid(text):
        return True
    country = text[:2].lower()
    if not country.isalpha() or country in vat.MEMBER_STATES | {"el", "xi"}:
        return False
    module = get_cc_module(country, "vat")
    return module is not None and bool(module.is_valid(text) or module.is_valid(text[2:]))


@lru_cache(maxsize=4096)
def is_iban(text: str) -> bool:
    """Tell whether the text is an IBAN with right check digits."""
    return bool(iban.is_valid(text))


@lru_cache(maxsize=4096)
def is_gtin(text: str) -> bool:
    """Tell whether the text is a GTIN (EAN-8, UPC, EAN-13 or GTIN-14) with a right check digit."""
    return bool(ean.is_valid(text))


def register_number(text: str) -> str:
    """Return a register number without its court: 'Amtsgericht Berlin HRB 104711 B' becomes 'HRB104711'."""
    found = _REGISTER.search(fold(text))
    return "".join(found.groups()) if found else article(text)
