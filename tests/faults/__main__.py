"""`python -m tests.faults STORE RUNS WORKERS SECONDS [tracked]`: a study of stub runs.

Workers import no `__main__.py`.
"""

import sys
from pathlib import Path

from .stubs import study, supervised

if __name__ == "__main__":
    place, runs, workers, seconds, *tracked = sys.argv[1:]
    whole = study(int(runs), seconds=float(seconds))
    spent = supervised(Path(place), whole, workers=int(workers), tracked=bool(tracked))
    print(f"spent {spent:.3f}")
