"""Any sequence of acts leaves the ledger whole, and equal to what an independent, plain calculation says."""

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import plain_ledger as plain
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sample_uploads import DAY, invoice, let_rule, opened

from fixtures.servers import Postgres
from model.case import Certificate, Partner, TierPeriod
from model.reading import Reading
from programme.catalogue import Rate
from programme.ledger import payment
from programme.tiers import certified_on
from runtime.app import App
from store import accounts, chain, documents, partners, queue, results
from store.documents import Document
from store.engine import reading
from store.integrity import check
from store.runs import Selection
from workers import reprocess, steps
from workers.judging import judge

BEGIN, END = dt.date(2020, 1, 1), dt.date(2030, 1, 1)
DAYS = {"R1": 20, "R2": 31, "R3": 42, "C1": 45, "C2": 46, "C3": 47, "K1": 51, "K2": 52, "K3": 53}
"""The day of 2026 on which each paper was issued: of invoices, of credit notes and of corrections of these."""
MIDDLE = dt.date(2026, 2, 5)
"""A day between the second and the third invoice: tiers, certificates and the whitelist change there."""


class Sequences(RuleBasedStateMachine):
    """Acts upon a small world, and the same upon its plain description."""

    new_url: Callable[[], str | None]

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="cashback-sequences-")
        self.app: App = opened(Path(self.folder.name), type(self).new_url())
        required = self.app.rulebook.programme.model_copy(update={"certification_required": True})
        self.app = replace(self.app, rulebook=self.app.rulebook.model_copy(update={"programme": required}))
        self.world = plain.World(rates={"silver": Decimal("11.00"), "gold": Decimal("14.00")})
        self.world.people = {one: plain.Person([(BEGIN, "gold")], [(BEGIN, END)]) for one in ("P1", "P2")}
        self.count = 0
        for one in self.world.people:
            self._register(one)

    def teardown(self) -> None:
        if hasattr(self, "app"):
            self.app.close()
            self.folder.cleanup()

    # ---- papers

    @rule(number=st.sampled_from(["R1", "R2", "R3"]), partner=st.sampled_from(["P1", "P2"]), phones=st.integers(1, 4))
    def upload(self, number: str, partner: str, phones: int) -> None:
        self._upload("380", number, "", partner, phones)

    @rule(which=st.sampled_from("123"), partner=st.sampled_from(["P1", "P2"]), phones=st.integers(1, 4))
    def credit(self, which: str, partner: str, phones: int) -> None:
        self._upload("381", f"C{which}", f"R{which}", partner, phones)

    @rule(which=st.sampled_from("123"), partner=st.sampled_from(["P1", "P2"]), phones=st.integers(1, 4))
    def correct_invoice(self, which: str, partner: str, phones: int) -> None:
        self._upload("384", f"K{which}", f"R{which}", partner, phones)

    @precondition(lambda self: self.standing())
    @rule(of=st.integers(0, 99), numbers=st.sampled_from([("R1",), ("R2",), ("R3",), ("R1", "R2"), ("R2", "R3")]))
    def supersede(self, of: int, numbers: tuple[str, ...]) -> None:
        """Replace a paper by one, or split it into two."""
        old = self._chosen(of)
        files = [(self._bytes("380", number, "", old.partner, 2), "new.xml") for number in numbers]
        made = steps.supersede(self.app, old.id, files, DAY, "tests")
        old.superseded = True
        for number, document in zip(numbers, made, strict=True):
            self._note("380", number, "", old.partner, 2, document)
        for document in made:
            steps.run(self.app, document.id)
        self._drain()

    @precondition(lambda self: self.standing())
    @rule(of=st.integers(0, 99), outcome=st.sampled_from(["approved", "rejected", None]))
    def ruling(self, of: int, outcome: Any) -> None:
        paper = self._chosen(of)
        judged = plain.work_out(self.world)[paper.id].judged
        paper.ruled = None if outcome is None else (outcome, judged)
        judge(self.app, let_rule(self.app, paper.id, outcome, who="ada", why="tests"))

    @precondition(lambda self: self.standing())
    @rule(of=st.integers(0, 99), phones=st.integers(1, 4))
    def correct_reading(self, of: int, phones: int) -> None:
        """Let a person correct what was read: as if the paper had always said so."""
        paper = self._chosen(of)
        data = self._bytes(paper.kind, paper.number, paper.about, paper.partner, phones)
        corrected = self._read(data)
        paper.phones = phones
        judge(self.app, steps.correct(self.app, paper.id, corrected, who="ada", why="tests"))

    # ---- rules and partners

    @rule(silver=st.sampled_from(["4.00", "11.00"]), gold=st.sampled_from(["14.00", "17.50"]))
    def rates(self, silver: str, gold: str) -> None:
        self.world.rates = {"silver": Decimal(silver), "gold": Decimal(gold)}
        rulebook = self.app.rulebook
        products = tuple(
            one.model_copy(update={"rates": (Rate(silver=Decimal(silver), gold=Decimal(gold)),)})
            if one.model == "D785"
            else one
            for one in rulebook.catalogue.products
        )
        catalogue = rulebook.catalogue.model_copy(update={"products": products})
        self._rules(catalogue=type(catalogue)(products=products))

    @rule(until=st.sampled_from([dt.date.max, MIDDLE]))
    def whitelist(self, until: dt.date) -> None:
        self.world.authorised_until = until
        (acme,) = self.app.rulebook.distributors
        last = None if until == dt.date.max else until
        self._rules(distributors=(acme.model_copy(update={"valid_to": last}),))

    @rule(
        partner=st.sampled_from(["P1", "P2"]),
        tier=st.sampled_from(["registered", "silver", "gold"]),
        late=st.booleans(),
    )
    def tier(self, partner: str, tier: str, late: bool) -> None:  # noqa: FBT001 (hypothesis gives it)
        person = self.world.people[partner]
        person.tiers = [(BEGIN, "gold"), (MIDDLE, tier)] if late else [(BEGIN, tier)]
        self._register(partner)
        self._judge_all()

    @rule(partner=st.sampled_from(["P1", "P2"]), until=st.sampled_from([None, MIDDLE, dt.date(2026, 3, 1), END]))
    def certificate(self, partner: str, until: dt.date | None) -> None:
        """It was found not to be one, to end early, before today, or to be good for long."""
        self.world.people[partner].certificates = [] if until is None else [(BEGIN, until)]
        self._register(partner)
        self._judge_all()

    # ---- money

    @rule()
    def settle(self) -> None:
        """Hold and release as of a day after all papers."""
        with self.app.engine.begin() as conn:
            for one in self.world.people:
                partner = partners.partner(conn, one)
                assert partner is not None
                covered = certified_on(partner, dt.date(2026, 6, 1))
                accounts.settle(conn, one, dt.datetime.now(dt.UTC), covered=covered)
                assert covered == self.world.people[one].certified(dt.date(2026, 6, 1))
        balances = self._balances()
        for one, person in self.world.people.items():
            owed = plain.owed(self.world, plain.work_out(self.world), one)
            kept = Decimal(0) if person.certified(dt.date(2026, 6, 1)) else max(owed, Decimal(0))
            assert balances.get(f"partner:{one}:held", Decimal(0)) == kept

    @rule(partner=st.sampled_from(["P1", "P2"]), amount=st.sampled_from(["14.00", "100.00", "-14.00"]))
    def pay(self, partner: str, amount: str) -> None:
        """What was paid, and what came back."""
        self.count += 1
        self.world.people[partner].paid += Decimal(amount)
        with self.app.engine.begin() as conn:
            accounts.append(conn, payment(partner, str(self.count), Decimal(amount)), dt.datetime.now(dt.UTC))

    @rule()
    def again(self) -> None:
        """Processing again with the same rules changes nothing (I7)."""
        with reading(self.app.engine) as conn:
            before = chain.head(conn)
        self._judge_all()
        with reading(self.app.engine) as conn:
            assert chain.head(conn) == before

    # ---- what holds after each act

    @invariant()
    def equals(self) -> None:
        """States, bookings and balances are those of the plain calculation; every invariant holds (I1 to I8)."""
        if not hasattr(self, "app"):
            return
        told = plain.work_out(self.world)
        with reading(self.app.engine) as conn:
            states = {paper.id: str(documents.get(conn, paper.id).state) for paper in self.world.papers}
            booked = {
                paper.id: sum((of.quantity * of.bonus_each for of in accounts.booked(conn, paper.id)), Decimal(0))
                for paper in self.world.papers
            }
            broken = list(check(conn, self.app.blobs, quick=True, quiet=True))
        due = {paper.id: told[paper.id].worth if paper.id in told else Decimal(0) for paper in self.world.papers}
        stand = {paper.id: "superseded" if paper.superseded else told[paper.id].state for paper in self.world.papers}
        assert states == stand, self._differing(states, stand)
        assert booked == due, self._differing(booked, due)
        balances = self._balances()
        for one, person in self.world.people.items():
            mine = {name: balances.get(f"partner:{one}:{name}", Decimal(0)) for name in ("payable", "held", "paid")}
            assert mine["paid"] == person.paid
            assert mine["payable"] + mine["held"] == plain.owed(self.world, told, one)
        assert sum(balances.values()) == 0
        assert broken == []

    # ---- how it is done

    def standing(self) -> list[plain.Paper]:
        return [paper for paper in self.world.papers if not paper.superseded]

    def _chosen(self, of: int) -> plain.Paper:
        return self.standing()[of % len(self.standing())]

    def _upload(self, kind: str, number: str, about: str, partner: str, phones: int) -> None:
        document = steps.accept(self.app, self._bytes(kind, number, about, partner, phones), "a.xml", partner, DAY)
        self._note(kind, number, about, partner, phones, document)
        steps.run(self.app, document.id)

    def _note(self, kind: str, number: str, about: str, partner: str, phones: int, document: Document) -> None:  # noqa: PLR0917 (the same)
        day = dt.date(2026, 1, 1) + dt.timedelta(days=DAYS[number] - 1)
        paper = plain.Paper(partner, kind, number, about, phones, day, document.order, document.id)
        self.world.papers.append(paper)

    def _bytes(self, kind: str, number: str, about: str, partner: str, phones: int) -> bytes:
        """Return the file of a paper: no two are the same, byte for byte."""
        self.count += 1
        return invoice(
            number, phones=phones, partner=partner, preceding=about, day=DAYS[number], note=str(self.count),
            correction=kind == "384",
        )  # fmt: skip

    def _read(self, data: bytes) -> Reading:
        from workers.reader import read

        body = read(data, "a.xml").reading
        assert body is not None
        return Reading.model_validate_json(body)

    def _register(self, one: str) -> None:
        person = self.world.people[one]
        with self.app.engine.begin() as conn:
            known = partners.partner(conn, one)
            assert known is not None
            new = known.model_copy(
                update={
                    "tiers": tuple(TierPeriod(tier=tier, valid_from=day) for day, tier in person.tiers),
                    "certifications": tuple(
                        Certificate(valid_from=begin, valid_to=end) for begin, end in person.certificates
                    ),
                }
            )
            partners.import_partners(conn, [Partner.model_validate(new.model_dump())], "tests", dt.datetime.now(dt.UTC))

    def _rules(self, **changed: Any) -> None:
        self.app = replace(self.app, rulebook=self.app.rulebook.model_copy(update=changed))
        self._judge_all()

    def _judge_all(self) -> None:
        """Judge all documents again, as a run does."""
        run = reprocess.begin(self.app, Selection(), "judge", "tests")
        reprocess.fill(self.app, run)
        self._drain()
        reprocess.close(self.app, run)

    def _drain(self) -> None:
        """Judge what waits to be judged."""
        while True:
            with self.app.engine.begin() as conn:
                lease = queue.claim(conn, "light", "tests")
            if lease is None:
                break
            with reading(self.app.engine) as conn:
                document = documents.get(conn, lease.document_id)
            judge(self.app, document, lease)

    def _differing(self, found: dict[str, Any], plain_ones: dict[str, Any]) -> list[Any]:
        """Return the papers of which two tell different things, with both and with what was judged."""
        with reading(self.app.engine) as conn:
            return [
                (paper, found[paper.id], plain_ones[paper.id], results.judgement(conn, paper.id))
                for paper in self.world.papers
                if found[paper.id] != plain_ones[paper.id]
            ]

    def _balances(self) -> dict[str, Decimal]:
        with reading(self.app.engine) as conn:
            return accounts.balances(conn)


SOME = settings(
    max_examples=20,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_any_sequence_on_sqlite() -> None:
    class OnSqlite(Sequences):
        new_url = staticmethod(lambda: None)

    run_state_machine_as_test(OnSqlite, settings=SOME)


def test_any_sequence_on_postgresql(postgres: Postgres) -> None:
    class OnPostgres(Sequences):
        new_url = staticmethod(postgres.new_database)

    run_state_machine_as_test(OnPostgres, settings=settings(SOME, max_examples=6))
