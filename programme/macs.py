"""MAC addresses printed as serial numbers: the maker, and for older devices the model, as a hint.

The fourth byte names the models known up to March 2018 (mac_models.toml says where that is from). It decides nothing:
a device may have been exchanged, and later models share no list.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from programme.catalogue import Catalogue
from programme.spelling import article, compact

MAKER = "000413"
"""The maker's prefix of MAC addresses (IEEE OUI registry)."""
LENGTH = 12


def is_makers(serial: str) -> bool:
    """Whether a printed serial number begins as the maker's MAC addresses do."""
    return article(serial).startswith(MAKER)


def hinted(serials: Iterable[str], catalogue: Catalogue) -> frozenset[str]:
    """Return the models of the catalogue that all MAC addresses among these serial numbers name; none if not one."""
    addresses = [spelt for spelt in map(article, serials) if spelt.startswith(MAKER) and len(spelt) == LENGTH]
    names = {_models().get(address[6:8], "") for address in addresses}
    if len(names) != 1:
        return frozenset()
    name = compact(names.pop())
    found = (catalogue.by_spelling.get(spelling) for spelling in (name, f"D{name}") if name)
    return frozenset(product.model for product in found if product is not None)


@cache
def _models() -> dict[str, str]:
    text = resources.files("programme").joinpath("mac_models.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["model_by_fourth_byte"])
