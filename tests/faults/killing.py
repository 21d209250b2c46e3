"""Processes that are killed: workers in the midst of work, whoever accepts, readers and workers by a document."""

import time

from sample_uploads import DAY, invoice

from faults.scene import Scene, day_of, phones_of, until
from store import documents
from store.engine import reading
from store.queue import MOST_ATTEMPTS
from workers import steps

MORE = 10
"""Phones by which the second part of a document has more than the first."""


def worker_mid_ocr(scene: Scene, kills: int) -> None:
    """Kill one of two workers in the midst of OCR, start another one in its place, and so on."""
    workers, earning = [scene.work(), scene.work()], ""

    def busy() -> bool:
        while len(scene.accepted) - scene.finished() < 3:
            scene.scan()
        return any(scene.works_on(one, "ocr") for one in workers)

    for turn in range(kills):
        # What is killed three times is given up: what earns is let go before the next one.
        until(lambda one=earning: not scene.underway(one))  # type: ignore[misc]
        earning = scene.upload(1, first=turn + 1)[0]
        until(busy)
        time.sleep(0.3)
        # Each in turn, if it works on one: a worker that has just been started may not have come to it.
        at_it = (one for one in (turn % 2, 1 - turn % 2) if scene.works_on(workers[one], "ocr"))
        victim = next(at_it, turn % 2)
        scene.kill(workers[victim])
        workers[victim] = scene.work()
    scene.quiet()


def only_worker_mid_ocr(scene: Scene, kills: int) -> None:
    """Kill the only worker in the midst of OCR; the next one finds what it left."""
    scene.upload(2)
    scene.scan()
    for _ in range(kills):
        worker = scene.work()
        until(lambda worker=worker: scene.works_on(worker, "ocr"))  # type: ignore[misc]
        time.sleep(0.3)
        scene.kill(worker)
    scene.work()


def acceptance(scene: Scene, kills: int) -> None:
    """Kill whoever accepts: after the blob, before the commit, before the bell, before the answer."""
    scene.warm()
    number = 0
    for _ in range(kills):
        for point in ("blob", "commit", "ring", "answer", "none"):
            number += 1
            acceptor = scene.hear("accept", point, str(number))
            answers = [line for line in scene.lines(acceptor) if line]
            scene.kills += point != "none"
            scene.fault()
            _take_down(scene, answers, committed=point in {"ring", "answer"})


def _take_down(scene: Scene, answers: list[str], *, committed: bool) -> None:
    """Take down what was accepted: with an answer, or without one but committed."""
    for one in answers:
        scene.answered(one, 1)
    if committed:
        with reading(scene.app.engine) as conn:
            last = documents.listing(conn, after=len(scene.accepted))
        scene.answered(last[0].id, 1)


def poison(scene: Scene, kills: int) -> None:
    """Have documents among good ones kill the process that reads them, each time that they are tried."""
    scene.upload(3)
    deadly = [scene.accept(invoice(f"P{n}", note="poison"), "deadly") for n in range(max(1, kills // 3))]
    scene.upload(3, first=4)
    scene.drive("embedded", "deadly")
    scene.kills += 3 * len(deadly)
    scene.fault()
    scene.quiet()
    _must_have_crashed(scene, deadly)


def murder(scene: Scene, _kills: int) -> None:
    """Have a document among good ones kill the worker that reads it, each time that it is tried."""
    scene.upload(3)
    deadly = scene.accept(invoice("P1", note="poison"), "deadly")
    scene.upload(3, first=4)
    for _ in range(MOST_ATTEMPTS):
        worker = scene.hear("embedded", "murderous")
        for _line in scene.lines(worker):
            pass
        scene.kill(worker)
    scene.drive("embedded", "murderous")
    scene.quiet()
    _must_have_crashed(scene, [deadly])


def superseding(scene: Scene, kills: int) -> None:
    """Supersede documents by one or by two while workers read them, and kill a worker that does."""
    workers = [scene.drive("embedded", "slow") for _ in range(2)]
    for turn in range(kills):
        first = turn * 6 + 1
        accepted = scene.upload(6, first=first)
        until(lambda: any(scene.works_on(one) for one in workers))
        victim = next(index for index, one in enumerate(workers) if scene.works_on(one))
        for number, one in enumerate(accepted, first):
            _supersede(scene, one, number, parts=1 + number % 2)
            if number == first + 2:
                scene.kill(workers[victim])
                workers[victim] = scene.drive("embedded", "slow")
            time.sleep(0.3)
        scene.quiet()


def _supersede(scene: Scene, document_id: str, number: int, *, parts: int) -> None:
    """Put the same invoice in the place of one, and with a second part another one beside it."""
    phones, day = phones_of(number), day_of(number)
    files = [
        (invoice(f"R{number}", phones=phones, day=day, note="better"), "better.xml"),
        (invoice(f"S{number}", phones=phones + MORE, day=day), "part.xml"),
    ]
    made = steps.supersede(scene.app, document_id, files[:parts], DAY, "faults")
    for document, earns in zip(made, (0, phones + MORE), strict=False):
        scene.answered(document.id, earns)


def _must_have_crashed(scene: Scene, ids: list[str]) -> None:
    with reading(scene.app.engine) as conn:
        for one in ids:
            document = documents.get(conn, one)
            if (document.state, document.error_code) != ("failed", "crashed"):
                scene.wrong.append(f"I2 {one}: it is {document.state} ({document.error_code}), but should have crashed")
