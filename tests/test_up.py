"""Everything on one machine with one command: real servers, an upload, and an end that leaves nothing running."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent


def _free_ports(count: int) -> list[str]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def test_one_command_brings_it_all_up_takes_an_upload_and_goes_down_in_order(tmp_path: Path) -> None:
    portal, postgres, redis = _free_ports(3)
    ports = {"PORT": portal, "POSTGRES_PORT": postgres, "REDIS_PORT": redis, "DATA": str(tmp_path)}
    up = subprocess.Popen(
        [ROOT / ".ci" / "up"], env={**os.environ, **ports}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert up.stdout is not None
    told = ""
    cluster = ""
    try:
        while "Ctrl-C" not in told:
            line = up.stdout.readline()
            assert line, told
            told += line
        cluster = re.findall(r"^PostgreSQL\s+\S+\s+(\S+)$", told, re.MULTILINE)[0]
        (curl,) = re.findall(r"^\s*curl .*$", told, re.MULTILINE)
        answer = subprocess.run([*shlex.split(curl), "-s", "-i"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert " 202 " in answer.stdout
        address = re.findall(r"^location: (\S+)", answer.stdout, re.MULTILINE | re.IGNORECASE)[0]
        token = {"Authorization": re.findall(r"Authorization: ([^']+)'", curl)[0]}
        until = time.monotonic() + 60
        while _asked(f"http://127.0.0.1:{portal}{address}", token)["state"] == "received":
            assert time.monotonic() < until
            time.sleep(0.1)
        up.send_signal(signal.SIGINT)
        rest, _ = up.communicate(timeout=120)
        assert (up.returncode, rest) == (0, "up: going down\n")
        for port in (portal, postgres, redis):
            with socket.socket() as there:
                assert there.connect_ex(("127.0.0.1", int(port))) != 0
    finally:
        # Killed, it would leave its servers behind, and these the other end of the pipe. SIGINT may be ignored here.
        if up.poll() is None:
            up.terminate()
            up.communicate(timeout=60)
        if cluster:
            shutil.rmtree(cluster, ignore_errors=True)


def _asked(url: str, token: dict[str, str]) -> Any:
    return httpx.get(url, headers=token, timeout=30).json()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [ROOT / ".ci" / "up"],
            env={**os.environ, "PORT": port, "DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
