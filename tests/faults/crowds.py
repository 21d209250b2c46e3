"""Many at once: the same file two hundred times, in three forms, and all processed again while more comes in."""

import random
from concurrent.futures import ThreadPoolExecutor

from sample_pages import Text, gray, pdf, scanned
from sample_uploads import invoice

from faults.scene import BONUS, Scene, until
from model.state import State
from store import documents
from store.engine import reading
from store.runs import Selection
from workers import reprocess

PROCESSES = 4


def identical(scene: Scene, _kills: int) -> None:
    """Upload the same file two hundred times at once, for one partner: it earns once."""
    _at_once(scene, ["P1"] * PROCESSES)
    scene.owed = BONUS


def identical_by_two(scene: Scene, _kills: int) -> None:
    """Upload the same file two hundred times at once, for two partners: it earns once at the most."""
    _at_once(scene, ["P1", "P2"] * (PROCESSES // 2))
    scene.quiet()
    with reading(scene.app.engine) as conn:
        approved = documents.listing(conn, state=State.APPROVED, limit=200)
    scene.owed = BONUS * len(approved)
    if len(approved) > 1:
        scene.wrong.append(f"I3 {len(approved)} of 200 identical uploads are approved")


def trio(scene: Scene, kills: int) -> None:
    """Upload the same invoice as PDF, scan and XML at once, and kill the worker of the scan: one of them earns."""
    workers = [scene.work(), scene.work()]
    for turn in range(kills):
        number, phones = f"R-2026-7{turn}", turn % 4 + 2
        page = _page(number, phones)
        data = invoice(number, phones=phones)
        kinds = [(pdf(page), "a.pdf"), (scanned(gray(page, 300)), "scan.pdf"), (data, "invoice.xml")]
        random.shuffle(kinds)
        with ThreadPoolExecutor(len(kinds)) as pool:
            accepted = list(pool.map(lambda kind: scene.accept(*kind), kinds))
        scene.owed += phones * BONUS
        until(lambda: any(scene.works_on(one, "ocr") for one in workers))
        victim = next(index for index, one in enumerate(workers) if scene.works_on(one, "ocr"))
        scene.kill(workers[victim])
        workers[victim] = scene.work()
        scene.quiet()
        with reading(scene.app.engine) as conn:
            states = [documents.get(conn, one).state for one in accepted]
        if states.count(State.APPROVED) != 1:
            scene.wrong.append(f"I3 {number}: of the three {states.count(State.APPROVED)} are approved")


def _page(number: str, phones: int) -> list[Text]:
    """Return the page of what `invoice` makes an XML of."""
    net = 100 * phones
    return [
        (60, 60, "ACME Distribution GmbH, Hafenweg 3, 53111 Bonn"),
        (60, 110, "Beispiel GmbH"),
        (60, 125, "Am Markt 1"),
        (60, 140, "53111 Bonn"),
        (60, 155, "USt-IdNr. des Kunden: DE100000024"),
        (60, 180, "Rechnung"),
        (60, 200, f"Rechnungsnummer: {number}"),
        (300, 200, "Rechnungsdatum: 15.02.2026"),
        (60, 240, "Pos"),
        (120, 240, "Bezeichnung"),
        (330, 240, "Menge"),
        (400, 240, "Einzelpreis"),
        (480, 240, "Betrag EUR"),
        (60, 260, "1"),
        (120, 260, "Snom D785 desk phone"),
        (330, 260, str(phones)),
        (400, 260, "100,00"),
        (480, 260, f"{net},00"),
        (330, 300, "Nettobetrag"),
        (480, 300, f"{net},00"),
        (330, 320, "MwSt. 19 %"),
        (480, 320, f"{19 * phones},00"),
        (330, 340, "Gesamtbetrag EUR"),
        (480, 340, f"{119 * phones},00"),
        (60, 760, "ACME Distribution GmbH, USt-IdNr. DE100000008"),
    ]


def _at_once(scene: Scene, partners: list[str]) -> None:
    scene.work()
    scene.work()
    uploaders = [scene.hear("many", str(200 // len(partners)), partner) for partner in partners]
    outputs = [scene.lines(one) for one in uploaders]
    for output in outputs:
        next(output)
    for one in uploaders:
        scene.tell(one, "go")
    for output in outputs:
        for line in output:
            scene.answered(line)
    scene.fault()
    if len(scene.accepted) != 200:
        scene.wrong.append(f"I1 {len(scene.accepted)} of 200 uploads were answered")


def reprocessing(scene: Scene, kills: int) -> None:
    """Process everything again, while more is uploaded and a worker is killed."""
    scene.upload(10)
    worker = scene.work()
    scene.quiet()
    for turn in range(kills):
        scene.upload(10, first=turn * 10 + 11)
        run = reprocess.begin(scene.app, Selection(), ("read", "judge")[turn % 2], "faults")
        reprocess.fill(scene.app, run)
        scene.kill(worker)
        worker = scene.work()
        scene.quiet()
        report = reprocess.close(scene.app, run)
        if report.changes or report.troubles:
            scene.wrong.append(f"I7 the same rules changed {len(report.changes)} documents: {report.troubles}")
