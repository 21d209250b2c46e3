"""The door to RapidOCR on OpenVINO: lines found by its detector, read by its recogniser, cut into words.

The models lie inside the wheel; nothing is fetched. `openvino` reports every import to an analytics host through
`openvino_telemetry` and writes into the home folder: that module is shut out before anything imports it. Models load at
the first use, once per process, and compute on one thread: one process per core instead.
"""

from __future__ import annotations

import sys
from functools import cache, partial
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from extractors.flatten import LONG, Lines, length, rise
from extractors.images import Gray, Quad, Seen, cut, despeckled, marks
from extractors.spacing import Line, page_pitch, words_of
from extractors.tape import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
SAMPLE = 4
"""So many lines are read to see whether a page stands on its head."""
FAINT = 0.25
"""What shines through has less than this share of the darkness of printed lines: .1 to .2; grey print has .39 on."""
CLEAR = 0.9
"""Lines read with this mean confidence are not upside down: upright ones reach .98, others stay below .7."""


class _Told(NamedTuple):
    """What the recogniser says of a line's picture.

    `columns` (of its grid, which has `width` of them) and `confidences` stand for one letter each, those of blanks
    among the confidences only.
    """

    text: str
    score: float
    columns: list[int]
    confidences: list[float]
    width: float


@cache
def _name() -> str:
    """The engine with its version and settings, for the tape."""
    return f"rapidocr {version('rapidocr')} {DETECT_SIDE} {LINE}"


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
    clean = despeckled(gray)
    found = asked(f"{_name()} lines", clean, lambda: _detected(clean))
    quads = tuple(np.asarray(box, dtype=np.float32) for box in found)
    return _dark(gray, quads, quads)


def _detected(gray: Gray) -> list[list[list[float]]]:
    found = _engine()(_coloured(gray), use_det=True, use_cls=False, use_rec=False)
    boxes = getattr(found, "boxes", None)
    return [] if boxes is None else [np.asarray(box, dtype=np.float32).tolist() for box in boxes]


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
    upright = _clarity(sample)
    return upright < CLEAR and _clarity([picture[::-1, ::-1] for picture in sample]) > upright


def _clarity(sample: Sequence[Gray]) -> float:
    """How surely lines are read on average."""
    return float(np.mean([told.score for told in _recognise(sample)]))


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
    pitch = page_pitch(read)
    return tuple(word for line in read for word in words_of(line, pitch))


def _coloured(gray: Gray) -> Gray:
    return np.ascontiguousarray(np.repeat(gray[:, :, None], 3, axis=2))


def _recognise(pictures: Sequence[Gray]) -> list[_Told]:
    """Read pictures of lines, one by one: what is said of one does not hang on the others."""
    filled = [_filled(picture) for picture in pictures]
    return [_Told(*asked(f"{_name()} text", picture, partial(_told, picture))) for picture in filled]


def _told(picture: Gray) -> list[Any]:
    found = _engine().recognize_txt([_coloured(picture)])
    (text,), (score,), (grid,) = found.txts, found.scores, found.word_results
    columns = [int(column) for word in grid.word_cols for column in word]
    return [text, float(score), columns, [float(sure) for sure in grid.confs], float(grid.line_txt_len)]


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


def _read(gray: Gray, quads: Sequence[Quad]) -> Iterator[Line]:
    """Yield the lines in which something was read, with the place of each letter.

    The recogniser names the column of its grid in which each letter peaked, half a column late on average; the grid
    spans the picture of the line. Of 3,380 words on rendered pages 99.6 % begin and end within .6 letters of where the
    text layer has them.
    """
    if not quads:
        return
    pictures = [cut(gray, quad) for quad in quads]
    for quad, picture, told in zip(quads, pictures, _recognise(pictures), strict=True):
        if not told.columns:
            continue
        step = _filled(picture).shape[1] / told.width
        kept = [sure for letter, sure in zip(told.text, told.confidences, strict=True) if not letter.isspace()]
        begins = np.cumsum([len(part) for part in told.text.split()])
        centres = tuple(column * step for column in told.columns)
        yield Line(quad, picture, "".join(told.text.split()), frozenset(begins.tolist()), centres, tuple(kept))


def glance(pictures: Sequence[Gray]) -> tuple[tuple[str, float], ...]:
    """Read cut-outs of single words, each upright on its ground: the text without blanks and its confidence (0..1)."""
    return tuple(("".join(told.text.split()), told.score) for told in _recognise(pictures))
