"""What is wrong with a document, as data: a code, the values that were compared, and where they stand."""

from model.invoice import Value


class Finding(Value):
    """One thing that a check saw. It reports; `pipeline.decide` decides.

    `code` is a reason code of docs/findings.md; `variant` picks the sentence among those of a code ("" the usual one)
    and `values` fills it; `about` names field paths ("lines.2.quantity"), the evidence of which is shown; `certain` is
    False where a value that the finding rests on was read with doubt, so that it can hold a document but not reject it.
    """

    code: str
    variant: str = ""
    values: dict[str, str] = {}
    about: tuple[str, ...] = ()
    certain: bool = True
