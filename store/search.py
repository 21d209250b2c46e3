"""What documents are found by: words of file name and partner, invoice number, serial numbers, gross amount.

Each is kept as a term in small letters without punctuation, an amount with its cents behind an equals sign. A word is
looked up as the beginning of a term, on every database by a range of the same index.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, Select, and_, delete, insert, or_, select

from store.tables_search import terms

Source = Literal["upload", "reading"]
MOST = 6
"""Words of a search that are looked for."""
_LONGEST = 60
"""Signs of a term that are kept and looked for."""
_OF_A_NAME = 12
"""Words of a name that are kept."""
_LAST = "\U0010ffff"
_AMOUNT = re.compile(r"-?(\d{1,3}([.,\s]\d{3})+|\d+)([.,]\d{1,2})?")


def of_name(name: str) -> frozenset[str]:
    """Return the terms of a name: its first words, and all of it in one."""
    words = re.split(r"[\W_]+", unicodedata.normalize("NFKC", name).lower())
    return frozenset(filter(None, (term(name), *map(term, words[:_OF_A_NAME]))))


def of_values(number: str | None, serials: Iterable[str], gross: Decimal | None) -> frozenset[str]:
    """Return the terms of what was read."""
    found = {term(number or ""), *map(term, serials)}
    return frozenset(found - {""}) | (frozenset() if gross is None else {_amount(gross)})


def note(conn: Connection, acceptance: int, source: Source, found: frozenset[str]) -> None:
    """Have a document found by these terms, and by no other ones of this source."""
    here = (terms.c.acceptance == acceptance, terms.c.source == source)
    old = frozenset(conn.execute(select(terms.c.term).where(*here)).scalars()) if source == "reading" else frozenset()
    if old - found:
        conn.execute(delete(terms).where(*here, terms.c.term.in_(old - found)))
    if found - old:
        new = sorted(found - old)
        conn.execute(insert(terms), [{"term": one, "acceptance": acceptance, "source": source} for one in new])


def matching(what: str) -> Iterator[Select[tuple[int]]]:
    """Yield a query for each word of a search, of the acceptance numbers of the documents that it finds."""
    for word in what.split()[:MOST]:
        begin = term(word)
        ways = [and_(terms.c.term >= begin, terms.c.term < begin + _LAST)] if begin else []
        amount = _said(word)
        if amount is not None:
            ways.append(terms.c.term == _amount(amount))
        if ways:
            yield select(terms.c.acceptance).where(or_(*ways))


def term(text: str) -> str:
    """Return a text as a term: small letters and digits alone."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if sign.isalnum())[:_LONGEST]


def _amount(amount: Decimal) -> str:
    return f"={amount:.2f}"


def _said(word: str) -> Decimal | None:
    """Return the amount that a word may mean, written as in German or in English."""
    bare = word.strip("€")
    if not _AMOUNT.fullmatch(bare):
        return None
    whole, mark, cents = bare, "", ""
    found = re.search(r"[.,](\d{1,2})$", bare)
    if found:
        whole, mark, cents = bare[: found.start()], ".", found[1]
    return Decimal(re.sub(r"[.,\s]", "", whole) + mark + cents)
