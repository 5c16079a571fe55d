"""`python -m tests.faults STORE RUNS WORKERS SECONDS`: a study of stub runs. (Workers import no `__main__.py`.)"""

import sys
from pathlib import Path

from .stubs import study, supervised

if __name__ == "__main__":
    place, runs, workers, seconds = sys.argv[1:]
    spent = supervised(Path(place), study(int(runs), seconds=float(seconds)), workers=int(workers))
    print(f"spent {spent:.3f}")
