"""What a design can tell, before the compute is spent: asked of the analysis as a program, with its own test.

Nothing here imports the analysis: it gets the design as JSON and says its lines.
"""

import json
import subprocess
import sys
from pathlib import Path

from .spec import StudySpec

ROOT = Path(__file__).resolve().parents[1]


def attainable(study: StudySpec) -> str:
    """Two-sided exact sign flips of paired differences: nothing below 2^(1 - seeds) can come out, of any table."""
    smallest = 2.0 ** (1 - len(study.seeds))
    text = f"smallest attainable p in one setting: {smallest:.4g} with {len(study.seeds)} seeds"
    if smallest <= study.alpha:
        return f"{text} (alpha {study.alpha:g}: a verdict is possible)"
    needed = next(seeds for seeds in range(2, 64) if 2.0 ** (1 - seeds) <= study.alpha)
    return f"warning: {text}: BETTER or WORSE is impossible at alpha {study.alpha:g}; {needed} seeds make it possible"


def forecast(study: StudySpec, store: Path) -> str:
    """For each table: the smallest attainable p, what it finds, and what more seeds would; seconds."""
    from .design import expand  # it loads torch, which a supervisor has no use for

    _, families = expand(study)
    designs = [
        {
            "title": str(family["title"] or family["name"]),
            "seeds": len(study.seeds),
            "arms": len(family["arms"]),
            "settings": len(family["settings"]),
            "margin": study.margin,
            "alpha": study.alpha,
        }
        for family in families
        if family["arms"]
    ]
    where = ["--spread", study.name, "--store", str(store.absolute())]
    command = [sys.executable, "-m", "analysis", "power", "-", *where]
    asked = subprocess.run(
        command, input=json.dumps(designs), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if asked.returncode:
        raise RuntimeError(f"the analysis could not say what the design can tell: {asked.stderr.strip()}")
    return asked.stdout.rstrip()
