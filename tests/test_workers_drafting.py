"""Drafts of the rulebook and of partners: tried on a copy, approved by somebody else, taken up by who runs already."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import update

from model.case import TierPeriod
from programme.editing import read, with_rate, written
from runtime.app import App, open_app
from store import accounts, audit, chain, checks, drafts, partners, rulebooks, sealing
from store.drafts import Draft, Refused
from store.engine import reading
from store.integrity import check
from store.tables import counters
from workers import drafting, registering, reprocess, steps
from workers.keeping import verify

NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    made = opened(tmp_path, database_url)
    for number, day in (("A", 10), ("B", 58)):
        steps.run(made, steps.accept(made, invoice(number, phones=1, day=day), f"{number}.xml", "P1", DAY).id)
    yield made
    with reading(made.engine) as conn:
        assert list(check(conn, made.blobs)) == []
    made.close()


def draft_rate(app: App, first: str, gold: str, who: str = "adam") -> Draft:
    with app.engine.begin() as conn:
        texts = drafting.held(app, conn)
        rows = with_rate(read(texts["catalogue"]), "D785", first, None, {"silver": "11.00", "gold": gold})
        new = texts | {"catalogue": written(rows)}
        base = drafting.rulebook_base(app, conn)
        return drafts.make(conn, "rulebook", json.dumps(new), base, json.dumps(texts), who=who, why="more", at=NOW)


def act(app: App, draft: Draft, who: str, *, seen: int | None = None) -> Draft:
    with app.engine.begin() as conn:
        base = drafting.base(app, conn, draft)
        return drafts.approve(conn, draft.id, seen or draft.revision, base, who=who, at=NOW)


def refused(code: str) -> "pytest.RaisesExc[Refused]":
    return pytest.RaisesExc(Refused, check=lambda error: error.code == code)


def test_a_rate_is_tried_approved_and_taken_up_by_whoever_runs(app: App) -> None:
    draft = draft_rate(app, "2026-02-01", "18.00")
    with refused("preview"):
        act(app, draft, "eva")
    assert drafting.go_on(app)
    assert not drafting.go_on(app)
    with reading(app.engine) as conn:
        told = json.loads(drafts.get(conn, draft.id).preview or "")
        assert accounts.owed(conn, "P1") == 28, "nothing changed but on the copy"
    assert (told["looked_at"], told["changed"], told["amount"]) == (1, 1, "4.00")
    assert told["partners"] == [["P1", 1, "4.00"]]
    with refused("own"):
        act(app, draft, "adam")
    with refused("approval"):
        drafting.go_live(app, draft.id, draft.revision, "adam")
    act(app, draft, "eva")
    drafting.go_live(app, draft.id, draft.revision, "adam")
    with refused("closed"):
        drafting.go_live(app, draft.id, draft.revision, "adam")
    run = drafting.apply(app, draft.id, "adam")
    assert len(reprocess.finish(app, run).changes) == 1
    new = steps.run(app, steps.accept(app, invoice("C", phones=1, day=57), "C.xml", "P1", DAY).id)
    with reading(app.engine) as conn:
        assert accounts.owed(conn, "P1") == 28 + 4 + 18
        versions = rulebooks.every(conn)
        assert [one.number for one in versions] == [2, 1]
        (live,) = (one for one in audit.acts(conn, draft.id) if one.what == "rulebook live")
        assert (live.who, live.why, live.old, live.new) == ("adam", "more", versions[1].versions, versions[0].versions)
        judged_by = conn.exec_driver_sql(
            f"SELECT rulebook FROM judgements WHERE document_id = '{new.id}'"  # noqa: S608 (an id of ours)
        ).scalar_one()
        assert judged_by == versions[0].versions
    (app.rulebook_folder / "programme.json").write_text("{}")
    again = open_app(app.settings)
    assert ["not used" in warning for warning in again.warnings] == [True]
    again.close()


def test_what_is_changed_after_its_preview_or_approval_loses_both(app: App) -> None:
    draft = draft_rate(app, "2026-02-01", "18.00")
    drafting.go_on(app)
    act(app, draft, "eva")
    other = {**json.loads(draft.content)}
    with app.engine.begin() as conn:
        changed = drafts.change(conn, draft.id, 1, json.dumps(other), who="ida", why="again", at=NOW)
    assert (changed.revision, changed.preview_state, changed.approved_by) == (2, "waiting", None)
    with refused("stale"):
        act(app, changed, "eva", seen=1)
    with refused("preview"):
        drafting.go_live(app, draft.id, 2, "adam")
    drafting.go_on(app)
    for author in ("adam", "ida"):
        with refused("own"):
            act(app, changed, author)


def test_a_draft_upon_what_no_longer_holds_is_drafted_anew(app: App) -> None:
    first, second = draft_rate(app, "2026-02-01", "18.00"), draft_rate(app, "2026-01-01", "17.00")
    while drafting.go_on(app):
        pass
    act(app, first, "eva")
    act(app, second, "eva")
    drafting.go_live(app, first.id, 1, "adam")
    with refused("base"):
        drafting.go_live(app, second.id, 1, "adam")
    clashes = drafting.rebase(app, second.id, 1, "adam")
    assert clashes == ["catalogue D785"]
    drafting.go_on(app)
    act(app, second, "eva", seen=2)
    drafting.go_live(app, second.id, 2, "adam")
    with reading(app.engine) as conn:
        rates = rulebooks.live(conn, app.rulebook).catalogue.by_model["D785"].rates
    assert [str(one.gold) for one in rates] == ["14.00", "17.00"]


def test_a_tier_of_the_past_is_drafted_and_books_when_it_goes_live(app: App) -> None:
    with app.engine.begin() as conn:
        partner = partners.partner(conn, "P1")
        assert partner is not None
        silver = TierPeriod(tier="silver", valid_from=dt.date(2026, 2, 1))
        changed = partner.model_copy(update={"tiers": (*partner.tiers, silver)})
        draft = drafting.draft_partners(conn, [changed], who="adam", why="contract ended", at=NOW)
    drafting.go_on(app)
    with reading(app.engine) as conn:
        told = json.loads(drafts.get(conn, draft.id).preview or "")
    assert (told["changed"], told["amount"]) == (1, "-3.00")
    act(app, draft, "eva")
    drafting.go_live(app, draft.id, 1, "eva")
    registering.go_on(app)
    with reading(app.engine) as conn:
        found = partners.partner(conn, "P1")
        assert found is not None
        assert found.tiers[-1] == silver
        assert [one.what for one in audit.acts(conn, draft.id)] == ["draft drafted", "draft approved", "draft live"]
    with app.engine.begin() as conn:
        assert sealing.seal(conn).position > 10
    verify(app)
    with reading(app.engine) as conn:
        told = checks.last(conn)
        assert {name: one.fault for name, one in told.items()} == {"ledger": None, "audit": None}
        assert told["audit"].hash == sealing.head(conn).hash
    with app.engine.begin() as conn:
        conn.execute(update(counters).where(counters.c.name == "ledger").values(value=99))
    verify(app)
    with app.engine.begin() as conn:
        assert checks.last(conn)["ledger"].fault == f"99: the ledger ends at entry {chain.head(conn).position}"
        conn.execute(update(counters).where(counters.c.name == "ledger").values(value=chain.head(conn).position))
