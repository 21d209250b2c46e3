"""`python -m tests.fuzz`: the tests' own modules stand in the folder above and are imported without its name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

if __name__ == "__main__":
    from fuzz.running import main

    main()
