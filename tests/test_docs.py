"""What README and docs tell people to type works: commands, options, targets, files, requests."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from sample_pages import encoded, gray
from sample_portal import serving
from sample_uploads import invoice

from portal.cli import app as command
from programme.rulebook import load
from programme.tiers import load_partners

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "fixtures" / "README.md"])
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"--?[a-z][a-z-]*")


def _told(start: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for code in _CODE.findall(page.read_text(encoding="utf-8")):
            if code.startswith(start):
                yield page.name, code


def _walked(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words lead to, and those that are left."""
    at: Any = typer.main.get_command(command)
    rest = list(words)
    while rest and rest[0] in getattr(at, "commands", {}):
        at = at.commands[rest.pop(0)]
    return at, rest


def _is_known(code: str) -> bool:
    """Whether a command line leads to a command, perhaps several by a bar, with options that it takes."""
    words = re.sub(r"[\[\]]", " ", code).split()[1:]
    if not words or words[0] in {"...", "--help", "PATH"}:
        return True
    if "|" in words[0] or (len(words) > 1 and "|" in words[1]):
        place = 0 if "|" in words[0] else 1
        heads = words[place].split("|")
        return all(_is_known(" ".join(["cashback", *words[:place], head])) for head in heads)
    at, rest = _walked(words)
    if hasattr(at, "commands"):
        return bool(at.name) and not [word for word in rest if word.islower() and word.isalpha()]
    options = {name for parameter in at.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    return all(word in options for word in rest if _OPTION.fullmatch(word))


@pytest.mark.parametrize(("page", "code"), sorted(set(_told("cashback "))))
def test_each_command_is_one(page: str, code: str) -> None:
    assert _is_known(code), f"{page}: {code}"


def test_what_is_no_command_is_found() -> None:
    assert not _is_known("cashback nonsense")
    assert not _is_known("cashback check --nonsense")
    assert not _is_known("cashback ledger nonsense")


def test_each_target_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {code.split()[1] for _, code in _told("make ")}
    blocks = {
        line.split()[1]
        for page in PAGES
        for _, block in _BLOCK.findall(page.read_text())
        for line in block.splitlines()
        if line.startswith("make ")
    }
    assert named
    assert (named | blocks) - targets == set()


def test_each_file_that_is_linked_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_rulebook_of_the_docs_can_be_loaded(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8")
    catalogue, distributors, programme, partners = (block for kind, block in _BLOCK.findall(text) if kind == "json")
    for name, block in (("catalogue", catalogue), ("distributors", distributors), ("programme", programme)):
        (tmp_path / f"{name}.json").write_text(block, encoding="utf-8")
    (tmp_path / "partners.json").write_text(partners, encoding="utf-8")
    assert len(load(tmp_path).rulebook.catalogue.products) == len(json.loads(catalogue))
    assert len(load_partners(tmp_path / "partners.json").partners) == len(json.loads(partners))


def test_the_request_of_the_docs_is_answered(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "contract" / "api.md").read_text(encoding="utf-8")
    commands = [
        command
        for _, block in _BLOCK.findall(text)
        for command in block.replace("\\\n", " ").splitlines()
        if command.startswith("curl")
    ]
    (tmp_path / "invoice.pdf").write_bytes(invoice("R1"))
    for number in (1, 2):
        (tmp_path / f"page{number}.jpg").write_bytes(encoded(gray(dpi=60 + number), "JPEG"))
    with serving(tmp_path) as served:
        answers = []
        for command in commands:
            line = command.replace("$TOKEN", served.tokens["P1"]).replace("http://127.0.0.1:8000", served.url)
            done = subprocess.run([*shlex.split(line), "-sS"], cwd=tmp_path, capture_output=True, text=True, check=True)
            answers.append(json.loads(done.stdout)["state"])
    assert answers
    assert set(answers) == {"received"}
