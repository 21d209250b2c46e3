"""What the machine does: it freezes processes, moves the clock, fills the disk, locks and restarts the database."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy.exc import DBAPIError

from faults.scene import Scene, until

LEASE = 12
"""Seconds that leases last where they are let run out: so many that a busy machine still renews those that are not."""
CLOCKS = (3600, -3600, 40 * 86400, 0)
"""Seconds by which a clock is wrong, one after the other."""


class Skipped(Exception):
    """Raised with the reason why an experiment cannot be made here."""


def frozen(scene: Scene, kills: int) -> None:
    """Freeze a worker with all its children for longer than its lease, let another one take over, and thaw it."""
    workers = [scene.drive("elsewhere", str(LEASE)) for _ in range(2)]
    for turn in range(kills):
        scene.scan()
        scene.upload(3, first=turn * 3 + 1)
        until(lambda: any(scene.works_on(one, "ocr") for one in workers))
        victim = next(one for one in workers if scene.works_on(one, "ocr"))
        time.sleep(0.3)
        family = [victim, *victim.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.suspend()
        scene.kills += 1
        scene.fault()
        time.sleep(LEASE * 2)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.resume()
        scene.quiet()


def clocks(scene: Scene, kills: int) -> None:
    """Move the clock of one of two workers on, back, over the end of the year; kill the one whose clock was wrong."""
    clock = scene.folder / "clock"
    clock.write_text("0")
    scene.drive("elsewhere", str(LEASE))
    for turn in range(kills):
        moved = scene.drive_by_wrong_clock("elsewhere", str(LEASE))
        for wrong in CLOCKS:
            clock.write_text(str(wrong))
            scene.upload(3, first=turn * 100 + len(scene.accepted) + 1)
            scene.fault()
            time.sleep(1)
        scene.kill(moved)
        scene.quiet()


def locked(scene: Scene, kills: int) -> None:
    """Hold SQLite's write lock while documents are worked on; whoever accepts waits."""
    scene.warm()
    for turn in range(kills):
        scene.upload(5, first=turn * 10 + 1)
        locker = scene.hear("lock", "4")
        next(scene.lines(locker))
        scene.upload(5, first=turn * 10 + 6)
        scene.kills += 1
        scene.fault()
        scene.quiet()


def restarted(scene: Scene, kills: int) -> None:
    """Restart PostgreSQL, in order and by force, while documents are accepted and worked on."""
    assert scene.postgres is not None
    scene.warm()
    for turn in range(kills):
        _upload(scene, turn * 20 + 1, 10)
        if turn % 2:
            scene.postgres.kill()
        scene.postgres.restart()
        scene.kills += 1
        scene.fault()
        _upload(scene, turn * 20 + 11, 5)
        scene.quiet()


def _upload(scene: Scene, first: int, count: int) -> None:
    """Upload as a client does: what was not answered is sent once more."""
    for number in range(first, first + count):
        for _ in range(100):
            with suppress(DBAPIError, OSError):
                scene.upload(1, first=number)
                break
            time.sleep(0.1)


def full_blobs(scene: Scene, kills: int) -> None:
    """Fill the disk of the blobs while documents are accepted and worked on, and free it again."""
    folder = scene.app.settings.data / "blobs"
    scene.stack.enter_context(_small_disk(folder, 4))
    _fill_and_free(scene, folder, kills)


def full_database(scene: Scene, kills: int) -> None:
    """Fill the disk of blobs and SQLite while documents are accepted and worked on, and free it again."""
    scene.app.close()
    scene.stack.enter_context(_small_disk(scene.folder / "var", 6))
    scene.reopen()
    _fill_and_free(scene, scene.folder / "var", kills)


def _fill_and_free(scene: Scene, folder: Path, kills: int) -> None:
    scene.warm()
    for turn in range(kills):
        scene.upload(10, first=turn * 20 + 1)
        ballast = folder / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        refused = 0
        for number in range(5):
            try:
                scene.upload(1, first=turn * 20 + 11 + number)
            except (DBAPIError, OSError):
                refused += 1
        if not refused:
            scene.wrong.append("the disk was not full")
        time.sleep(3)
        ballast.unlink()
        scene.kills += 1
        scene.fault()
        scene.upload(5, first=turn * 20 + 16)
        scene.quiet()


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Put a small disk in the place of a folder, with what is in it. It goes with this process, if not before."""
    if os.geteuid() != 0:
        raise Skipped("only root may mount a small disk")
    kept = folder.with_name(f"{folder.name}.kept")
    folder.rename(kept)
    folder.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"a small disk cannot be mounted: {done.stderr.strip()}")
    remove = ["/bin/sh", "-c", 'read -r _; exec /bin/umount -l "$0"', str(folder)]
    leash = subprocess.Popen(remove, stdin=subprocess.PIPE, start_new_session=True)
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        leash.communicate()
        assert leash.returncode == 0, "the small disk is still there"
