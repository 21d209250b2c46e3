import os
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from workers.reader import CRASHED, OVER_MEMORY, Read
from workers.readers import Readers


def _misbehave(root: Path, digest: str, name: str) -> Read:
    """Do what the file's name says, and leave a trace of each try."""
    with (root / digest).open("a") as trace:
        trace.write("tried\n")
    if name == "dies":
        os._exit(1)
    if name == "dies once" and (root / digest).read_text().count("tried") == 1:
        os._exit(1)
    if name == "hangs":
        time.sleep(60)
    if name == "swells":
        swollen = b"x" * 2**30
        time.sleep(60)
        return Read(reading=str(len(swollen)))
    return Read(reading=name)


def _tries(root: Path, digest: str) -> int:
    return (root / digest).read_text().count("tried")


def test_a_document_that_kills_its_reader_is_tried_twice_and_the_others_are_read(tmp_path: Path) -> None:
    names = {"a": "good", "b": "dies", "c": "good", "d": "dies once", "e": "good"}
    with Readers(tmp_path, len(names), read=_misbehave) as readers:
        for digest, name in names.items():
            readers.ask(digest, name)
        answers = {digest: readers.answer(digest, name) for digest, name in names.items()}
        assert readers.answer("b", "dies") == CRASHED
    assert answers.pop("b") == CRASHED
    assert {answer.reading for answer in answers.values()} == {"good", "dies once"}
    assert {digest: _tries(tmp_path, digest) for digest in names} == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 1}


def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with Readers(tmp_path, 2, read=_misbehave, limit=1) as readers:
        readers.ask("a", "hangs")
        readers.ask("b", "good")
        assert readers.answer("a", "hangs").error == ("timeout", "Reading this document takes longer than 1 seconds.")
        assert readers.answer("b", "good").reading == "good"
    assert _tries(tmp_path, "a") == 1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is watched where /proc tells it")
def test_a_document_that_needs_too_much_memory_is_given_up(tmp_path: Path) -> None:
    with Readers(tmp_path, 1, read=_misbehave, limit=30, memory=700 * 2**20) as readers:
        assert readers.answer("a", "swells") == OVER_MEMORY


def test_bytes_that_wait_are_read_once_and_a_reading_is_handed_out_once(tmp_path: Path) -> None:
    with Readers(tmp_path, 1, read=_misbehave) as readers:
        readers.ask("a", "good")
        readers.ask("a", "good")
        readers.answer("a", "good")
        assert _tries(tmp_path, "a") == 1
        readers.answer("a", "good")
    assert _tries(tmp_path, "a") == 2


def test_no_process_runs_where_nothing_is_asked_nor_afterwards(tmp_path: Path) -> None:
    with Readers(tmp_path, 0, read=_misbehave):
        assert active_children() == []
    with Readers(tmp_path, 1, read=_misbehave) as readers:
        readers.answer("a", "good")
        assert len(active_children()) == 1
    assert active_children() == []
