"""Is what is proven also true? Holds the proven quantities, prices, amounts and totals of a reading against the truth.

The lines that were read are paired with true ones so that as many proven values as can be agree: a value counts as
wrong only if no pairing explains it. A line beyond the true ones is wrong in all that is proven of it. In a file with
several invoices the reading may tell any of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.pairing import best_pairs
from bench.scoring import TOTALS, agreement, at, same_amount
from bench.truth import Truth

Json = Mapping[str, Any]
PARTS = ("quantity", "net_amount", "net_price")
"""In the order of `bench.scoring.agreement`."""
PROVEN, SAME = 1000, 10
"""What a proven value, and any value, weighs that agrees in a pair of lines: names and order break ties."""


class Wrong(NamedTuple):
    """A value that is proven and wrong; `true` is None in a line that there is not."""

    path: str
    read: str
    true: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """How many values that were read are right, how many of those are proven, and which are proven and wrong."""

    right: int
    right_and_proven: int
    wrong: tuple[Wrong, ...]

    @property
    def proven(self) -> int:
        """How many values are proven."""
        return self.right_and_proven + len(self.wrong)


class _Told(NamedTuple):
    """A value as read and as it is."""

    path: str
    read: Any
    true: Any
    right: bool


def judged(read: Json, proven: Collection[str], truth: Truth) -> Judged:
    """Judge the values of an invoice, of which those at the paths `proven` count as proven."""
    others = truth.told.get("other_invoices") or ()
    candidates = [one for one in (truth.invoice, *others) if one is not None]
    found = [_judged(read, proven, one, any_sign=truth.any_sign) for one in candidates]
    return min(found, key=lambda one: (len(one.wrong), -one.right))


def _judged(read: Json, proven: Collection[str], true: Json, *, any_sign: bool) -> Judged:
    told = [*_lines(read, proven, true, any_sign=any_sign), *_totals(read, true, any_sign=any_sign)]
    right = [one.path for one in told if one.right]
    wrong = (Wrong(one.path, str(one.read), _text(one.true)) for one in told if not one.right and one.path in proven)
    return Judged(len(right), sum(path in proven for path in right), tuple(wrong))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _totals(read: Json, true: Json, *, any_sign: bool) -> Iterator[_Told]:
    for path in TOTALS:
        expected, found = at(true, path), at(read, path)
        if expected is not None and found is not None:
            yield _Told(path, found, expected, same_amount(expected, found, any_sign=any_sign))


def _lines(read: Json, proven: Collection[str], true: Json, *, any_sign: bool) -> Iterator[_Told]:
    """Yield what the truth asks of each line that was read; nothing where it does not tell lines."""
    if true.get("lines") is None:
        return
    lines: Sequence[Json] = read.get("lines") or ()
    agreed = [[agreement(one, line, any_sign=any_sign) for one in true["lines"]] for line in lines]
    weights = [
        [_weight(parts, row, column, proven) for column, parts in enumerate(found)] for row, found in enumerate(agreed)
    ]
    pairs = dict(best_pairs(weights))
    for row, line in enumerate(lines):
        expected: Json = true["lines"][pairs[row]] if row in pairs else {}
        for place, part in enumerate(PARTS):
            if line.get(part) is not None and (row not in pairs or expected.get(part) is not None):
                right = row in pairs and agreed[row][pairs[row]][place]
                yield _Told(f"lines.{row}.{part}", line[part], expected.get(part), right)


def _weight(parts: Sequence[bool], row: int, column: int, proven: Collection[str]) -> int:
    values = sum(
        SAME + PROVEN * (f"lines.{row}.{part}" in proven) for part, same in zip(PARTS, parts, strict=False) if same
    )
    return values + 2 * parts[3] + (row == column)
