"""The sandbox: whatever a task does, it ends, alone, and leaves nothing behind."""

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from workers import sandbox as module
from workers.sandbox import Broken, Died, OverMemory, OverTime, Sandbox


def _answer(value: int) -> int:
    return value * 2


def _loaded() -> tuple[bool, int]:
    return "pipeline.climb" in sys.modules, os.getpid()


def _die(how: int) -> None:
    os.kill(os.getpid(), how)
    time.sleep(60)


def _hang(file: str) -> None:
    """Start a child, say where it is, and never come back."""
    child = subprocess.Popen(["/bin/sleep", "300"])
    Path(file).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(300)


def _swell(in_a_child: bool) -> None:  # noqa: FBT001 (a task)
    if in_a_child:
        subprocess.run([sys.executable, "-c", "x = b'x' * 900 * 2**20; import time; time.sleep(60)"], check=False)
    else:
        swollen = b"x" * 900 * 2**20
        time.sleep(60)
        assert swollen


def _spin() -> None:
    while True:
        pass


def _leave_files() -> tuple[str, list[str]]:
    folder = Path(tempfile.gettempdir())
    before = [path.name for path in folder.iterdir()]
    (folder / "left").write_text("x")
    (folder / "more").mkdir()
    return str(folder), before


def _write_much() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    Path(tempfile.gettempdir(), "big").write_bytes(b"x" * 2000)


def _nap(pages: int) -> str:
    module.allow(pages)
    time.sleep(1.6)
    return "rested"


def _call_out() -> str:
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["CASHBACK_TEST_PORT"])), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def _fail() -> None:
    raise LookupError("ours")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1, limit=30, memory=700 * 2**20) as opened:
        yield opened


def _gone(pid: int, within: float = 10) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def _pids(file: Path) -> list[int]:
    until = time.monotonic() + 30
    while not (file.exists() and len(file.read_text().split()) == 2):
        assert time.monotonic() < until
        time.sleep(0.02)
    return [int(pid) for pid in file.read_text().split()]


def test_a_sandbox_is_warm_when_its_process_can_read() -> None:
    with Sandbox(1) as box:
        box.warm()
        there = {process.pid for process in psutil.Process().children(recursive=True)}
        loaded, pid = box.result(box.begin(_loaded))
        assert loaded
        assert pid in there


def test_a_task_returns_or_raises(sandbox: Sandbox) -> None:
    assert sandbox.result(sandbox.begin(_answer, 21)) == 42
    with pytest.raises(LookupError, match="ours"):
        sandbox.result(sandbox.begin(_fail))


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL])
def test_a_task_that_kills_its_process_is_told_and_the_next_one_runs(sandbox: Sandbox, how: signal.Signals) -> None:
    with pytest.raises(Died) as told:
        sandbox.result(sandbox.begin(_die, how))
    assert told.value.status == -how
    assert sandbox.result(sandbox.begin(_answer, 1)) == 2


def test_when_what_starts_the_processes_is_gone_no_task_is_to_blame_and_the_next_ones_run(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """As when the machine runs out of memory, or everything of a worker is told to end."""
    begun = sandbox.begin(_hang, str(tmp_path / "pids"))
    _pids(tmp_path / "pids")
    starter = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # noqa: SLF001 (nobody else knows it)
    os.kill(starter, signal.SIGKILL)
    with pytest.raises(Broken):
        sandbox.result(begun)
    assert [sandbox.result(sandbox.begin(_answer, number)) for number in range(3)] == [_answer(n) for n in range(3)]


def test_a_task_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    with Sandbox(1, limit=2) as sandbox:
        begun = sandbox.begin(_hang, str(tmp_path / "pids"))
        pids = _pids(tmp_path / "pids")
        with pytest.raises(OverTime):
            sandbox.result(begun)
        assert all(_gone(pid) for pid in pids)
        assert sandbox.result(sandbox.begin(_answer, 1)) == 2


def test_a_task_that_computes_too_long_is_ended() -> None:
    with Sandbox(1, limit=1) as sandbox, pytest.raises(OverTime):
        sandbox.result(sandbox.begin(_spin))


def test_a_task_that_reads_many_pages_may_take_longer() -> None:
    with Sandbox(1, limit=0.6) as sandbox:
        assert sandbox.result(sandbox.begin(_nap, 7)) == "rested"
        for pages in (0, 6):
            with pytest.raises(OverTime):
                sandbox.result(sandbox.begin(_nap, pages))


def test_outside_of_a_sandbox_nothing_is_limited() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    module.allow(200)
    assert resource.getrlimit(resource.RLIMIT_CPU) == before


@pytest.mark.parametrize("in_a_child", [False, True])
def test_memory_is_counted_over_a_task_and_its_children(sandbox: Sandbox, *, in_a_child: bool) -> None:
    with pytest.raises(OverMemory):
        sandbox.result(sandbox.begin(_swell, in_a_child))


def test_each_task_finds_its_temporary_folder_empty_and_none_is_left(tmp_path: Path) -> None:
    with Sandbox(1) as sandbox:
        (first, before), (second, again) = [sandbox.result(sandbox.begin(_leave_files)) for _ in range(2)]
    assert (before, again, first) == ([], [], second)
    assert not Path(first).is_relative_to(tmp_path)
    until = time.monotonic() + 10
    while Path(first).exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_files_can_only_grow_so_far(sandbox: Sandbox) -> None:
    with pytest.raises((OSError, Died)):
        sandbox.result(sandbox.begin(_write_much))


def test_there_is_no_network_inside(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _in_a_child(module.cut_network):
        pytest.skip("this system lets nobody leave its network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("CASHBACK_TEST_PORT", str(server.getsockname()[1]))
        assert _call_out() == "connected"
        with Sandbox(1) as fresh:
            told = fresh.result(fresh.begin(_told_port, server.getsockname()[1]))
    assert told != "connected"
    assert sandbox.limit == 30


def _told_port(port: int) -> str:
    os.environ["CASHBACK_TEST_PORT"] = str(port)
    return _call_out()


def _in_a_child(ask: Callable[[], bool]) -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if ask() else 1)
    return os.waitpid(pid, 0)[1] == 0


OWNER = """
import sys
sys.path[:0] = {path!r}
from test_workers_sandbox import _hang
from workers.sandbox import Sandbox
if __name__ == "__main__":
    with Sandbox(1) as sandbox:
        sandbox.result(sandbox.begin(_hang, {file!r}))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_owner_is_killed_its_tasks_and_their_children_die_too(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER.format(path=[str(Path(__file__).parent), *sys.path], file=str(tmp_path / "pids")))
    owner = subprocess.Popen([sys.executable, str(script)])
    pids = _pids(tmp_path / "pids")
    owner.send_signal(how)
    assert all(_gone(pid) for pid in pids), "also while nobody has asked how the owner ended"
    owner.wait()
