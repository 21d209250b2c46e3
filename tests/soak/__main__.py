"""`python -m tests.soak`, or `make soak`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from soak.running import main

if __name__ == "__main__":
    main()
