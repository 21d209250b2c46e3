from pathlib import Path

import pytest
from sample_uploads import opened

from programme.rulebook import RulebookInvalid
from runtime.app import SHIPPED, open_app
from runtime.settings import Settings
from store import partners, schema
from store.engine import reading


def test_an_opened_app_has_its_folder_database_and_rulebook(tmp_path: Path) -> None:
    app = opened(tmp_path)
    assert schema.revision(app.engine) == schema.REVISION
    assert app.blobs == tmp_path / "var" / "blobs"
    assert (tmp_path / "var" / "blobs").is_dir()
    assert [product.model for product in app.rulebook.catalogue.products] == ["D785", "M900"]
    app.close()


def test_what_was_stored_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    opened(tmp_path).close()
    app = open_app(Settings(data=tmp_path / "var", rulebook=tmp_path / "rulebook"))
    with reading(app.engine) as conn:
        assert [partner.id for partner in partners.every(conn)] == ["P1", "P2"]
    app.close()


def test_the_shipped_rulebook_is_the_usual_one(tmp_path: Path) -> None:
    app = open_app(Settings(data=tmp_path))
    assert app.rulebook_folder == SHIPPED
    assert app.rulebook.distributors != ()
    app.close()


def test_a_rulebook_with_faults_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "rulebook").mkdir()
    with pytest.raises(RulebookInvalid):
        open_app(Settings(data=tmp_path / "var", rulebook=tmp_path / "rulebook"))
    assert not (tmp_path / "var").exists()
