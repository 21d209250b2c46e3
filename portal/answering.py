"""What a person says of a document with a form: corrected values, right ones, answers, and where they stand."""

import json
import re
from collections.abc import Iterable, Mapping

from model.reading import PERSON, Evidence
from portal.correcting import ANSWERS, Given
from portal.problems import Problem

NONE = "-"
"""Chosen where a line sells no bonus device."""
_PLACE = "place."
_LONGEST_PLACE = 1000
_MODEL = re.compile(r"lines\.\d+\.model")


def given(form: Iterable[tuple[str, str]], known: Mapping[str, str]) -> Given:
    """Return what a form says; `known` are the answers that can be confirmed, by their paths.

    Fields are named as their paths, `confirm` holds the paths of values and answers that are right as they are shown,
    and `place.PATH` is where a new value stands, as JSON: page, box, text. Errors: Problem `bad_request`.
    """
    values: dict[str, str] = {}
    confirmed: set[str] = set()
    answers: dict[str, str] = {}
    places: dict[str, Evidence] = {}
    for name, text in form:
        if name == "confirm":
            confirmed |= set(text.split())
        elif name.startswith(_PLACE) and text:
            places[name.removeprefix(_PLACE)] = place(text)
        elif _MODEL.fullmatch(name) and text:
            answers[name] = "" if text == NONE else text[:100]
        elif not ANSWERS.fullmatch(name):
            values[name] = text
    answers |= {path: known[path] for path in confirmed if path in known}
    return Given(values, confirmed, answers, places)


def place(text: str) -> Evidence:
    """Return a place on a page that a form names. Errors: Problem `bad_request`."""
    if len(text) > _LONGEST_PLACE:
        raise Problem("bad_request")
    try:
        page, box, words = json.loads(text)
        x0, top, x1, bottom = (float(share) for share in box)
        number = int(page)
    except (ValueError, TypeError) as error:
        raise Problem("bad_request") from error
    if number < 1 or not (0 <= x0 <= x1 <= 1 and 0 <= top <= bottom <= 1):
        raise Problem("bad_request")
    return Evidence(page=number, box=(x0, top, x1, bottom), text=str(words)[:300], rung=PERSON)
