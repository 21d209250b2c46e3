"""The interface for programs under requests that nobody would think of: `make api-fuzz`, and briefly in the suite.

Schemathesis makes them from the description that the served portal gives of itself, and checks each answer by it.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from sample_portal import Served, serving

RULES = Path(__file__).parent / "data" / "schemathesis.toml"


def fuzzed(
    served: Served, examples: int, phases: str = "examples,coverage,fuzzing"
) -> "subprocess.CompletedProcess[str]":
    """Send requests to a portal on behalf of a partner: so many made by chance for each route, the same every time."""
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", RULES, "run", f"{served.url}/openapi.json",
        "--header", f"Authorization: Bearer {served.tokens['P1']}", "--phases", phases,
        "--max-examples", str(examples), "--generation-deterministic", "--no-color",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())


def main() -> None:
    """Serve a portal, send requests to it, and tell what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cashback-fuzz-") as folder, serving(Path(folder)) as served:
        done = fuzzed(served, given.examples, "examples,coverage,fuzzing,stateful")
        print(done.stdout, done.stderr, sep="\n")  # noqa: T201 (for people)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
