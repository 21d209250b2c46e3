"""Parts of a PDF: its pages told apart into files of their own."""

import io
from collections.abc import Sequence
from itertools import pairwise

import pikepdf


def parts(pdf: bytes, starts: Sequence[int]) -> list[bytes]:
    """Return a PDF for the pages up to the first start (from 1), and one from each start up to the next.

    What was attached to the whole belongs to none of them. The same cut always gives the same bytes. Errors: ValueError
    for starts that are no pages after the first, in order; pikepdf.PikepdfError.
    """
    with pikepdf.open(io.BytesIO(pdf)) as whole:
        edges = (1, *starts, len(whole.pages) + 1)
        if any(one >= other for one, other in pairwise(edges)):
            raise ValueError(starts)
        return [_pages(whole, one, other) for one, other in pairwise(edges)]


def _pages(whole: pikepdf.Pdf, first: int, end: int) -> bytes:
    made, target = pikepdf.new(), io.BytesIO()
    made.pages.extend(whole.pages[first - 1 : end - 1])
    made.save(target, deterministic_id=True)
    return target.getvalue()
