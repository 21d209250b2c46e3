"""Every regular expression of the project, and what makes one slow."""

import ast
import importlib
import math
import re
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]  # (the parse tree is no public part of re)
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from model.page import LONGEST_WORD

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "extractors", "programme", "validators", "store", "pipeline", "runtime", "workers", "portal")
CALLS = frozenset("compile match fullmatch search findall finditer split sub subn".split())


class Found(NamedTuple):
    """A regular expression: its name or place, its text and flags, and how it is asked ("fullmatch", "search")."""

    name: str
    pattern: str | bytes
    flags: int
    ways: tuple[str, ...]


def every() -> dict[tuple[str | bytes, int], Found]:
    """Return all patterns: those that modules and classes hold, and those that calls of re name in place."""
    found: dict[tuple[str | bytes, int], Found] = {}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        if "migrations" not in path.parts and path.name != "__init__.py":
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for each in (*_held(name), *_called(path, name)):
                found.setdefault((each.pattern, each.flags), each)
    return found


def _held(name: str) -> Iterator[Found]:
    for key, value in vars(importlib.import_module(name)).items():
        yield from _inside(name, key, value, 0)


def _inside(module: str, name: str, value: object, depth: int) -> Iterator[Found]:
    if isinstance(value, re.Pattern):
        yield Found(name, value.pattern, value.flags, _used(module, name))
    elif depth < 5:
        parts: Sequence[object] = ()
        if isinstance(value, dict):
            parts = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            parts = list(value)
        for part in parts:
            yield from _inside(module, name, part, depth + 1)


@cache
def _used(module: str, name: str) -> tuple[str, ...]:
    """Return how a pattern of this name is asked: anchored, wandering, or both where its name is not called itself."""
    own = ((ROOT / module.replace(".", "/")).with_suffix(".py").read_text(),)
    methods = {
        found
        for source in (own if name.startswith("_") else _sources())
        for found in re.findall(rf"\b{name}\.(\w+)\(", source)
    } & CALLS
    if not methods:
        return LOOPED.get(name, ("fullmatch", "search"))
    ways = {"fullmatch": {"match", "fullmatch"}, "search": CALLS - {"match", "fullmatch"}}
    return tuple(way for way, names in ways.items() if methods & names)


LOOPED = {"_TORN_APART": ("fullmatch",)}
"""How patterns are asked that stand in tables and are called by another name."""


@cache
def _sources() -> tuple[str, ...]:
    return tuple(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _called(path: Path, name: str) -> Iterator[Found]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args:
            text = node.args[0]
            flags = [word.attr for word in ast.walk(node) if isinstance(word, ast.Attribute) and word.attr.isupper()]
            if isinstance(text, ast.Constant) and isinstance(text.value, str | bytes):
                flag = sum(int(getattr(re, word)) for word in flags if hasattr(re, word))
                way = "fullmatch" if node.func.attr in {"match", "fullmatch"} else "search"
                yield Found(f"{name}:{node.lineno}", text.value, re.compile(text.value, flag).flags, (way,))


def charset(node: tuple[Any, Any], flags: int) -> frozenset[int] | None:
    """Return which of SAMPLE a node of one character takes; None for another node."""
    kind, _ = node
    if kind not in {code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN}:
        return None
    one = parser.SubPattern(parser.State())
    one.append(node)
    one.state.flags = flags
    compiled: re.Pattern[str] = re._compiler.compile(one, flags)  # type: ignore[attr-defined]  # noqa: SLF001 (as above)
    return frozenset(letter for letter in SAMPLE if compiled.fullmatch(chr(letter)))


SAMPLE = (*range(256), 0x2013, 0x2212, 0x20AC, 0x2028, 0x0661, 0x0416)
"""Characters that tell whether two classes overlap."""


def tree(found: Found) -> Any:
    """Return the parse tree of a pattern."""
    return parser.parse(found.pattern, found.flags & ~re.DEBUG)


def letter(node: tuple[Any, Any], flags: int) -> str:
    """Return one character that a node of one character takes."""
    taken = charset(node, flags) or frozenset()
    return chr(next((one for one in (0x61, 0x31, 0x20, 0x2E, *SAMPLE) if one in taken), 0x61))


def example(nodes: Any, flags: int) -> str:
    """Return a short text that a part of a pattern takes, looked around nowhere."""
    return "".join(_one(kind, value, flags) for kind, value in nodes)


def _one(kind: Any, value: Any, flags: int) -> str:
    if kind in REPEATS:
        least, _, body = value
        return example(body, flags) * min(int(least), 3)
    if kind is code.SUBPATTERN:
        return example(value[3], flags)
    if kind is code.BRANCH:
        return example(value[1][0], flags)
    if kind is code.ATOMIC_GROUP:
        return example(value, flags)
    return letter((kind, value), flags) if charset((kind, value), flags) is not None else ""


REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)


def pumps(found: Found) -> set[tuple[str, str]]:
    """Return what makes a pattern work: texts to begin with, and texts to say over and over."""
    said: set[tuple[str, str]] = {("", text) for text in GENERIC}
    _pumps(tree(found), "", found.flags, said)
    return said


GENERIC = ("1", "a", " ", "A1", "1.", "1,", "-", "1 ", "a ", ". ", "aA.", "\n", "1/", "&", ":a")


def _pumps(nodes: Any, before: str, flags: int, said: set[tuple[str, str]]) -> None:
    for kind, value in nodes:
        if kind in REPEATS:
            _, most, body = value
            inner = example(body, flags)
            if most is code.MAXREPEAT and inner:
                said.add((before, inner))
                one = next((node for node in body), None)
                taken = charset(one, flags) if one and len(body) == 1 else None
                said.update((before, chr(x)) for x in (0x20, 0x31, 0x61, 0x2D, 0x2E) if taken and x in taken)
            _pumps(body, before, flags, said)
            before += inner * min(value[0], 3)
        elif kind is code.SUBPATTERN:
            _pumps(value[3], before, flags, said)
            before += example(value[3], flags)
        elif kind is code.BRANCH:
            for branch in value[1]:
                _pumps(branch, before, flags, said)
            before += example(value[1][0], flags)
        elif kind is code.ATOMIC_GROUP:
            _pumps(value, before, flags, said)
        elif kind in {code.ASSERT, code.ASSERT_NOT}:
            _pumps(value[1], before, flags, said)
        else:
            before += _one(kind, value, flags)


def ambiguous(found: Found) -> bool:
    """Whether a text can be shared out among two unbounded repeats in many ways: what makes a failure slow.

    Blanks are left out, for texts of pages and values of XML hold single ones.
    """
    return _walk(tree(found), found.flags, [])[0]


Sets = list[frozenset[int]]
BLANKS = frozenset(ord(letter) for letter in map(chr, SAMPLE) if letter.isspace())


def _walk(nodes: Any, flags: int, active: Sets) -> tuple[bool, Sets]:
    """Walk along a pattern with the repeats that may still go on; say whether two may take the same text."""
    slow = False
    for kind, value in nodes:
        taken = charset((kind, value), flags)
        if taken is not None:
            active = [one for one in active if one & taken]
        elif kind in {code.MAX_REPEAT, code.MIN_REPEAT}:
            bad, active = _repeat(value, flags, active)
            slow |= bad
        elif kind is code.POSSESSIVE_REPEAT:
            active = active if value[0] == 0 else []
        elif kind is code.SUBPATTERN:
            bad, active = _walk(value[3], flags, active)
            slow |= bad
        elif kind is code.BRANCH:
            ends = [_walk(branch, flags, active) for branch in value[1]]
            slow |= any(bad for bad, _ in ends)
            active = list(dict.fromkeys(one for _, end in ends for one in end))
        elif kind in {code.ASSERT, code.ASSERT_NOT}:
            slow |= _walk(value[1], flags, [])[0]
    return slow, active


def _repeat(value: tuple[Any, Any, Any], flags: int, active: Sets) -> tuple[bool, Sets]:
    least, most, body = value
    taken = charset(body[0], flags) if len(body) == 1 else None
    if taken is not None and most is code.MAXREPEAT:
        seen = taken - BLANKS
        going = active if least == 0 else [one for one in active if one & seen]
        return any(one & seen for one in active), [*going, seen] if seen else going
    slow, after = _walk(body, flags, active)
    if most is code.MAXREPEAT:
        again, after = _walk(body, flags, after)
        slow |= again
    return slow, list(dict.fromkeys([*(active if least == 0 else []), *after]))


LENGTH = 1500
"""Characters of the shorter of two texts that are compared."""
FLOOR = 0.0005
"""Seconds below which a time tells nothing."""


def growth(found: Found) -> tuple[float, str]:
    """Return by which power of the length of a text the time for it grows, at worst, and what was said in it."""
    pattern, worst = re.compile(found.pattern, found.flags), (0.0, "")
    for way in found.ways:
        for before, pump in pumps(found):
            for behind in ("", "\x00", "!"):
                times = [
                    _time(pattern, way, _text(found, before, pump, behind, length)) for length in (LENGTH, 4 * LENGTH)
                ]
                if times[1] > 4 * FLOOR:
                    worst = max(worst, (math.log(times[1] / max(times[0], FLOOR), 4), before + pump))
    return worst


def _text(found: Found, before: str, pump: str, behind: str, length: int) -> str | bytes:
    """Return a text of such words as there are: none too long, with single blanks; bytes come as they are."""
    text = before + pump * (length // len(pump)) + behind
    if isinstance(found.pattern, bytes):
        return text.encode("latin-1", "replace")
    words = (word[start : start + LONGEST_WORD] for word in text.split() for start in range(0, len(word), LONGEST_WORD))
    return " ".join(words)


def _time(pattern: re.Pattern[Any], way: str, text: str | bytes) -> float:
    times = []
    for _ in range(3):
        before = time.thread_time()
        getattr(pattern, way)(text)
        times.append(time.thread_time() - before)
    return min(times)
