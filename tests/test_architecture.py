"""The house stands as planned: who imports whom, how long things are, what the dependencies bring along."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "extractors", "programme", "validators", "store", "pipeline", "runtime", "workers", "portal")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
EXCEPTIONS: dict[str, str] = {}
"""Files ("store/tables.py") and functions ("store/tables.py:create") that may be longer, each with the reason."""

GPL = re.compile(r"\bA?GPL|General Public License")
CHOICES = {"Pyphen": "under GPL 2.0+, LGPL 2.1+ and MPL 1.1, of which whoever uses it chooses (its LICENSE)"}
"""Dependencies whose metadata lists the GPL among licences to choose from."""
LGPL = re.compile(r"\bLGPL\S*|(GNU )?(Library or )?Lesser General Public License[^;]*")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_run_one_way_and_through_the_doors() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def long_parts(path: Path) -> Iterator[str]:
    source = path.read_text()
    if source.count("\n") > LONGEST_FILE:
        yield name_of(path)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            head = node.body[0].lineno - node.lineno
            length = head + (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > LONGEST_FUNCTION:
                yield f"{name_of(path)}:{node.name}"


def test_files_and_functions_are_short_but_for_the_listed_exceptions() -> None:
    assert {part for path in MODULES for part in long_parts(path)} == set(EXCEPTIONS)


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_init_files_hold_a_docstring_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_no_dependency_installs_a_name_of_ours() -> None:
    owners = packages_distributions()
    assert {package: owners[package] for package in PACKAGES if set(owners.get(package, ())) - {"cashback"}} == {}


def runtime_dependencies() -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    waiting = ["cashback"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            needs = map(Requirement, found[name].requires or ())
            waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


def licence(of: Distribution) -> str:
    def field(name: str) -> list[str]:
        return of.metadata.get_all(name) or []

    stated = [text.split("\n", maxsplit=1)[0] for text in field("License-Expression") or field("License")]
    return "; ".join(stated + [text for text in field("Classifier") if text.startswith("License ::")])


def is_gpl(text: str) -> bool:
    """LGPL leaves our code its own licence; with "MIT OR GPL-2.0" the first may be chosen."""
    return all(GPL.search(LGPL.sub("", choice)) for choice in text.split(" OR "))


@pytest.mark.parametrize(
    ("text", "gpl"),
    [
        ("AGPL-3.0-only", True),
        ("GPLv2", True),
        ("; License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("; License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)", False),
        ("LGPL; License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)", False),
        ("GPL-2.0-or-later OR MIT", False),
        ("MPL-2.0", False),
    ],
)
def test_gpl_is_told_from_its_neighbours(text: str, *, gpl: bool) -> None:
    assert is_gpl(text) is gpl


def test_no_dependency_is_under_gpl() -> None:
    licences = {name: licence(found) for name, found in runtime_dependencies().items()}
    assert {name for name, text in licences.items() if is_gpl(text)} == set(CHOICES)


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent.name in ("workers", "portal")], ids=name_of)
def test_what_is_judged_and_shown_goes_by_the_rulebook_that_holds(path: Path) -> None:
    asked = len(re.findall(r"app\.rulebook\b", path.read_text()))
    asked -= path.read_text().count("rulebooks.live(conn, app.rulebook)")
    assert asked == OF_THE_SETTINGS.get(name_of(path), 0)


OF_THE_SETTINGS = {"workers/reprocess.py": 1, "workers/drafting.py": 1}
"""Where the rulebook of the settings is meant: `cashback rulebook diff`, and the folder before the first change."""
