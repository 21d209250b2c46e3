"""The door to RapidOCR on OpenVINO: lines found by its detector, read by its recogniser, cut into words.

The models lie inside the wheel; nothing is fetched. `openvino` reports every import to an analytics host through
`openvino_telemetry` and writes into the home folder: that module is shut out before anything imports it. Models load at
the first use, once per process, and compute on one thread: one process per core instead.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from extractors.flatten import LONG, Lines, length, rise
from extractors.images import Gray, Quad, Seen, cut, despeckled, marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RUNG = "rapid"
DETECT_SIDE = 1280
"""The detector sees a page with its longer side brought down to this many pixels."""
SMALLEST = 32
"""A picture with fewer pixels along a side holds no line of text; the detector cannot take it either."""
NARROW = 1.1
"""A line box narrower than this share of its height is widened to it: a single digit keeps its surroundings."""
SIDEWAYS = 4.0
"""A box so many times taller than wide is text running up the page and is left out."""
LINE = 48
"""The recogniser sees a line this many pixels high. Read one by one and no wider than they are, lines take .74 of the
time that batches do whose lines are as wide as the widest, and at least 320 pixels."""
STEP = 32
"""A line is filled up with gray to a multiple of this width: one that ends with its last letter is misread (17 of 294
lines; 1 of them with the filling), and few widths are quicker than many."""
GRAY = 128
WORD_GAP = 0.3
"""Ink further apart than this share of the line box's height belongs to two words, whether or not a blank was read.

Measured on six scans: 95 % of the gaps between words lie above .16 and 95 % of those inside below .13; what lay above
.3 without a blank was a lost blank in 14 of 16 cases.
"""
LEAST_GAP = 0.2
"""Narrower ones do not even where blanks were read that are no wider."""
UNIT_GAP = 0.22
"""The same between a digit and a letter ("20Stk"), where a lost blank is more likely than anything else."""
EQUAL_FROM = 16
"""Lines of so many letters, digits left out, tell whether a page's face sets all equally far apart ..."""
EQUAL = 0.14
"""... where they are off their places by no more than this share of the step on average ..."""
LEAST = 8
"""Fewer letters tell nothing of their pitch: the recogniser's grid is too coarse."""
NARROWEST = 0.25
"""A narrower pitch, in heights of the line, is near to a column of the grid (a sixth): all stands on its places."""
OTHER = 0.22
"""A pitch that differs from the page's by more than this (natural logarithm) is a chance fit to the coarse grid."""
MOST_LINES = 0.6
"""... on this share of the lines."""
BAND = (0.2, 0.85)
"""The part of a line box, from its top, in which ink counts: rules and neighbouring lines lie outside."""
RULE = 0.8
"""A row of pixels of which this share is dark is a rule, not letters."""
THROUGH = 0.95
"""A column of pixels dark over this share of the line box's height is a rule between two cells."""
SAMPLE = 4
"""So many lines are read to see whether a page stands on its head."""
FAINT = 0.25
"""What shines through has less than this share of the darkness of printed lines: .1 to .2; grey print has .39 on."""
CLEAR = 0.9
"""Lines read with this mean confidence are not upside down: upright ones reach .98, others stay below .7."""


Gap = tuple[float, float]
"""Where a stretch without ink begins and ends, in pixels of a line's picture."""


class _Line(NamedTuple):
    """A line as read: its place in the page, its picture, its text without blanks and where words begin.

    `centres` (pixels of the picture) and `confidences` stand for one letter each.
    """

    quad: Quad
    picture: Gray
    text: str
    begins: frozenset[int]
    centres: tuple[float, ...]
    confidences: tuple[float, ...]


@cache
def _engine() -> Any:
    rapidocr = _rapidocr()
    engines = {f"{part}.engine_type": rapidocr.EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    settings: dict[str, object] = {
        "EngineConfig.openvino.inference_num_threads": 1,
        "Global.log_level": "critical",
        "Global.return_word_box": True,
        "Global.use_preprocess_img": False,
        "Global.use_vertical_padding": False,
        "Det.limit_type": "max",
        "Det.limit_side_len": DETECT_SIDE,
        "Rec.rec_batch_num": 1,
        "Rec.rec_img_shape": [3, LINE, LINE],
    }
    engine = rapidocr.RapidOCR(params=engines | settings)
    engine.recognize_txt([np.full((48, 96, 3), 255, np.uint8)])  # loads the recogniser
    _leave_out_foreign_letters(engine.text_rec)
    return engine


def _rapidocr() -> Any:
    """Import RapidOCR with its ways to the outside shut.

    What reports to a host is left out. For `requests`, which opens a socket when it is imported and would fetch models,
    an empty module stands in.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # None shuts it out
    before = sys.modules.get("requests")
    sys.modules["requests"] = ModuleType("requests")
    vars(sys.modules["requests"])["Response"] = object  # named in an annotation
    try:
        import rapidocr  # noqa: PLC0415 (half a second and the models: only if a page needs it)
        import rapidocr.main  # noqa: PLC0415 (the package itself imports it late)
    finally:
        del sys.modules["requests"]
        if before is not None:
            sys.modules["requests"] = before
    return rapidocr


def _leave_out_foreign_letters(recogniser: Any) -> None:
    """Cut the recogniser's last layer down from 18,710 letters, most of them Chinese, to those of European languages.

    Measured on 500 lines of ten pages: the same texts, a fifth of the time saved.
    """
    import openvino  # noqa: PLC0415 (as above)
    from openvino import opset13  # noqa: PLC0415 (as above)

    letters = recogniser.postprocess_op.character
    last = len(letters) - 1
    kept = [at for at, letter in enumerate(letters) if at in (0, last) or _european(letter)]
    model = recogniser.session.model
    addition = model.get_results()[0].input_value(0).get_node()
    while addition.get_type_name() != "Add":
        addition = addition.input_value(0).get_node()
    product = addition.input_value(0).get_node()
    for node in (product, addition):
        weights = node.input_value(1).get_node().get_data()[..., kept]
        node.input(1).replace_source_output(opset13.constant(np.ascontiguousarray(weights)).output(0))
    model.validate_nodes_and_infer_types()
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1})
    recogniser.session.session = compiled.create_infer_request()
    recogniser.postprocess_op.character = [letters[at] for at in kept]


def _european(letter: str) -> bool:
    return " " <= letter <= "\u017f" or "\u2010" <= letter <= "\u203a" or letter in "\u20ac\u2116\u2122\u2212"


def lines(gray: Gray) -> Lines:
    """Return the quadrangles of the lines of text, however the page lies.

    What shines through from the other side is left out: it is far fainter than what is printed on this one.
    """
    if min(gray.shape) < SMALLEST:
        return ()
    found = _engine()(_coloured(despeckled(gray)), use_det=True, use_cls=False, use_rec=False)
    boxes = getattr(found, "boxes", None)
    quads = () if boxes is None else tuple(np.asarray(box, dtype=np.float32) for box in boxes)
    return _dark(gray, quads, quads)


def _dark(gray: Gray, quads: Lines, printed: Lines) -> Lines:
    """Return what is about as dark as the lines that are printed on the page."""
    if not quads:
        return ()
    usual = float(np.percentile([_darkness(cut(gray, quad)) for quad in printed], 90))
    return tuple(quad for quad in quads if _darkness(cut(gray, quad)) > FAINT * usual)


def upside_down(gray: Gray, quads: Lines) -> bool:
    """Whether a page whose lines run across stands on its head: some lines are read both ways."""
    usual = float(np.median([rise(quad) for quad in quads])) if quads else 0.0
    wide = [quad for quad in quads if LONG * rise(quad) < length(quad) < 4 * LONG * rise(quad)]
    sample = [cut(gray, quad) for quad in sorted(wide, key=lambda quad: abs(rise(quad) - usual))[:SAMPLE]]
    if not sample:
        return False
    upright = float(np.mean(_recognise(sample).scores))
    return upright < CLEAR and float(np.mean(_recognise([picture[::-1, ::-1] for picture in sample]).scores)) > upright


def _darkness(picture: Gray) -> float:
    """How far the ink of a line's picture is from its ground, dark on light or light on dark."""
    low, ground, high = np.percentile(picture, (2, 50, 98))
    return float(max(high - ground, ground - low))


def words(gray: Gray, quads: Lines) -> tuple[Seen, ...]:
    """Read the words in the lines of an upright page; a word is as sure as its weakest letter.

    Lonely marks that no line holds are read too, and kept where they are letters or digits beyond doubt.
    """
    if not quads:
        return ()
    across = [_widened(quad) for quad in quads if rise(quad) < SIDEWAYS * length(quad)]
    lonely = marks(gray, quads, float(np.median([rise(quad) for quad in quads])))
    single = [_widened(quad) for quad in _dark(gray, tuple(lonely), quads)]
    sure = (line for line in _read(gray, single) if line.text.isalnum() and min(line.confidences) >= CLEAR)
    read = (*_read(gray, across), *sure)
    pitch = _page_pitch(read)
    return tuple(word for line in read for word in _words(line, pitch))


def _coloured(gray: Gray) -> Gray:
    return np.ascontiguousarray(np.repeat(gray[:, :, None], 3, axis=2))


def _recognise(pictures: Sequence[Gray]) -> Any:
    return _engine().recognize_txt([_coloured(_filled(picture)) for picture in pictures])


def _filled(picture: Gray) -> Gray:
    """Fill a line's picture up to the right."""
    height, width = picture.shape
    step = STEP * height / LINE
    wide = round((width // step + 1) * step)
    return np.pad(picture, ((0, 0), (0, wide - width)), constant_values=GRAY)


def _widened(quad: Quad) -> Quad:
    missing = NARROW * rise(quad) - length(quad)
    if missing <= 0 or length(quad) == 0:
        return quad
    along = (quad[1] - quad[0]) / length(quad) * (missing / 2)
    wider: Quad = (quad + np.array([-along, along, along, -along])).astype(np.float32)
    return wider


def _read(gray: Gray, quads: Sequence[Quad]) -> Iterator[_Line]:
    """Yield the lines in which something was read, with the place of each letter.

    The recogniser names the column of its grid in which each letter peaked, half a column late on average; the grid
    spans the picture of the line. Of 3,380 words on rendered pages 99.6 % begin and end within .6 letters of where the
    text layer has them.
    """
    if not quads:
        return
    pictures = [cut(gray, quad) for quad in quads]
    found = _recognise(pictures)
    for quad, picture, text, grid in zip(quads, pictures, found.txts, found.word_results, strict=True):
        columns = [column for word in grid.word_cols for column in word]
        if not columns:
            continue
        step = _filled(picture).shape[1] / grid.line_txt_len
        kept = [sure for letter, sure in zip(text, grid.confs, strict=True) if not letter.isspace()]
        begins = np.cumsum([len(part) for part in text.split()])
        centres = tuple(column * step for column in columns)
        yield _Line(quad, picture, "".join(text.split()), frozenset(begins.tolist()), centres, tuple(kept))


def _words(line: _Line, pitch: float | None = None) -> Iterator[Seen]:
    """Cut a line into words at blanks and wide gaps, or by the `pitch` of a page whose letters are equally spaced.

    Each word ends where its ink ends.
    """
    height, width = line.picture.shape
    ink = _ink(line.picture)
    centres = line.centres
    gaps = [_gap(ink, left, right) for left, right in pairwise(centres)]
    placed = None if pitch is None else _by_pitch(line, pitch)
    begins = _begins(line, gaps, pitch) if placed is None else placed.begins
    starts = [0, *begins]
    for start, end in zip(starts, [*starts[1:], len(line.text)], strict=True):
        left = gaps[start - 1][1] if start else max(0.0, centres[start] - height / 2)
        right = gaps[end - 1][0] if end < len(line.text) else min(float(width), centres[end - 1] + height / 2)
        spots = np.flatnonzero(ink[int(left) : int(np.ceil(right))])
        x0, x1 = (int(left) + spots[0], int(left) + spots[-1] + 1) if len(spots) else (left, right)
        yield _placed(line, start, end, float(x0), float(x1))


class _Placed(NamedTuple):
    """Letters on places equally far apart: the step as a share of the line's height, and where words begin.

    They begin behind a place that is left free. In such a face the marks of "25.04.2018" stand between gaps as wide as
    blanks, and are read as if they were words.
    """

    pitch: float
    begins: list[int]


def _by_pitch(line: _Line, pitch: float | None = None) -> _Placed | None:
    """Put the letters of a line on places equally far apart, near to the page's `pitch`; None if they do not fit."""
    if len(line.centres) < LEAST:
        return None
    height = line.picture.shape[0]
    offsets = np.asarray(line.centres) - line.centres[0]
    pitches = float(np.median(np.diff(offsets))) * np.arange(0.8, 1.25, 0.005)
    pitches = pitches[pitches > NARROWEST * height]
    if pitch is not None:
        pitches = pitches[np.abs(np.log(pitches / (pitch * height))) < OTHER]
    if not len(pitches):
        return None
    places = offsets[None, :] / pitches[:, None]
    apart = np.abs(places - np.rint(places)).mean(axis=1)
    best = int(np.argmin(apart))
    steps = np.diff(np.rint(places[best]))
    if apart[best] > EQUAL or steps.min() < 1:
        return None
    return _Placed(float(pitches[best]) / height, [at for at, step in enumerate(steps, 1) if step >= 2])


def _page_pitch(lines: Sequence[_Line]) -> float | None:
    """The pitch of most lines, if most that tell are set in a face whose letters stand equally far apart."""
    worded = [_by_pitch(line) for line in lines if sum(map(str.isalpha, line.text)) >= EQUAL_FROM]
    found = [placed.pitch for placed in worded if placed is not None]
    usual = float(np.median(found)) if found else 0.0
    alike = sum(1 for pitch in found if abs(np.log(pitch / usual)) < OTHER / 2)
    return usual if found and alike >= MOST_LINES * len(worded) else None


def _begins(line: _Line, gaps: Sequence[Gap], pitch: float | None) -> list[int]:
    """Where words begin: at the blanks that were read, and at gaps as wide as those or wider than any inside a word."""
    wide = [(end - start) / line.picture.shape[0] for start, end in gaps]
    read = [at for at in line.begins if 0 < at < len(line.text)]
    usual = float(np.median([wide[at - 1] for at in read])) if len(read) > 1 else WORD_GAP
    least = min(max(usual, LEAST_GAP), WORD_GAP) if pitch is None else pitch
    unit = UNIT_GAP if pitch is None else pitch
    units = (at for at in range(1, len(line.text)) if line.text[at - 1].isdigit() and line.text[at].isalpha())
    lost = {at for at, gap in enumerate(wide, 1) if gap > least}
    return sorted({*read, *lost, *(at for at in units if wide[at - 1] > unit)})


def _ink(picture: Gray) -> NDArray[np.bool_]:
    """Return for each column of a line's picture whether it holds ink; light letters on dark ground count too."""
    height = picture.shape[0]
    low, ground, high = np.percentile(picture, (2, 50, 98))
    dark = np.abs(picture - ground) > max(high - ground, ground - low) / 2
    letters = dark[int(BAND[0] * height) : max(1, int(np.ceil(BAND[1] * height)))]
    letters = letters[letters.mean(axis=1) < RULE]
    return np.asarray(letters.any(axis=0) & (dark.mean(axis=0) < THROUGH))


def _gap(ink: NDArray[np.bool_], left: float, right: float) -> Gap:
    """Return the widest stretch without ink between the centres of two letters, their middle if there is none."""
    first = int(left)
    edges = np.flatnonzero(np.concatenate([[True], ink[first : int(np.ceil(right)) + 1], [True]]))
    at = int(np.argmax(np.diff(edges)))
    start, end = first + edges[at], first + edges[at + 1] - 1
    return (float(start), float(end)) if end > start else ((left + right) / 2, (left + right) / 2)


def _placed(line: _Line, start: int, end: int, x0: float, x1: float) -> Seen:
    """Return letters `start` to `end` of a line as a word in the page, from x0 to x1 of the line's picture."""
    width = line.picture.shape[1]
    upper, lower = line.quad[:2], line.quad[[3, 2]]
    left, right = (
        (upper[0] + lower[0]) / 2 + (upper[1] - upper[0] + lower[1] - lower[0]) / 2 * (x / width) for x in (x0, x1)
    )
    middle = (x0 + x1) / 2 / width
    top, bottom = (float(side[0][1] + (side[1][1] - side[0][1]) * middle) for side in (upper, lower))
    sure = _surely(line.text[start:end], line.confidences[start:end])
    return Seen(line.text[start:end], float(left[0]), top, float(right[0]), bottom, sure)


def _surely(text: str, confidences: Sequence[float]) -> float:
    """How surely a word was read: as its weakest letter, the marks behind it left out."""
    return min(confidences[: len(text.rstrip(".,;:"))] or confidences)


def glance(pictures: Sequence[Gray]) -> tuple[tuple[str, float], ...]:
    """Read cut-outs of single words, each upright on its ground: the text without blanks and its confidence (0..1)."""
    if not pictures:
        return ()
    found = _recognise(pictures)
    return tuple(("".join(text.split()), float(score)) for text, score in zip(found.txts, found.scores, strict=True))
