"""Many at once: the same file two hundred times, and everything processed again while more comes in."""

from faults.scene import BONUS, Scene
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
