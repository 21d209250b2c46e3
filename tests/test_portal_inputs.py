from pathlib import Path

import pytest

from portal.inputs import NotThere, gather, read_manifest


def files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_of_a_folder_its_own_documents_are_taken_in_name_order(tmp_path: Path) -> None:
    files(tmp_path, "b.PDF", "a.xml", "c.Jpeg", ".hidden.pdf", "a.truth.json", "sub/d.pdf", "folder.pdf/e.pdf")
    assert gather([tmp_path]) == ((tmp_path / "a.xml", tmp_path / "b.PDF", tmp_path / "c.Jpeg"), 4)


def test_a_file_named_itself_is_always_tried(tmp_path: Path) -> None:
    files(tmp_path, ".hidden", "notes.txt")
    assert gather([tmp_path / "notes.txt", tmp_path / ".hidden"]) == ((tmp_path / "notes.txt", tmp_path / ".hidden"), 0)


def test_paths_keep_the_form_they_were_given_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(tmp_path, "in/a.pdf")
    monkeypatch.chdir(tmp_path)
    assert [str(path) for path in gather([Path("in"), Path("in/a.pdf")])[0]] == ["in/a.pdf", "in/a.pdf"]


def test_a_path_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=r"no file or folder .*nowhere\.pdf"):
        gather([tmp_path / "nowhere.pdf"])


def test_a_manifest_names_files_relative_to_itself(tmp_path: Path) -> None:
    files(tmp_path, "in/a.pdf", "b.xml")
    manifest = tmp_path / "uploads.jsonl"
    manifest.write_text('{"file": "in/a.pdf", "partner": "P01"}\n\n{"file": "b.xml", "partner": "P02", "note": "x"}\n')
    assert read_manifest(manifest) == (("in/a.pdf", "P01"), ("b.xml", "P02"))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("not json", "line 2: not JSON"),
        ("[]", "line 2: expected"),
        ('{"file": "a.pdf"}', "line 2: expected"),
        ('{"file": 1, "partner": "P01"}', "line 2: expected"),
        ('{"file": "gone.pdf", "partner": "P01"}', r"line 2: there is no file gone\.pdf"),
    ],
)
def test_a_fault_in_a_manifest_is_named_with_its_line(tmp_path: Path, line: str, fault: str) -> None:
    files(tmp_path, "a.pdf")
    manifest = tmp_path / "uploads.jsonl"
    manifest.write_text(f'{{"file": "a.pdf", "partner": "P01"}}\n{line}\n')
    with pytest.raises(NotThere, match=fault):
        read_manifest(manifest)


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="uploads"):
        read_manifest(tmp_path / "uploads.jsonl")
