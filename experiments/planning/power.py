"""What a design can tell, before the compute is spent: asked of the analysis as a program, with its own test.

Nothing here imports the analysis: it gets the design as JSON and says its lines.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from ..config.paths import ROOT
from ..config.study_spec import StudySpec


def attainable(study: StudySpec) -> str:
    """Two-sided exact sign flips of paired differences: nothing below 2^(1 - seeds) can come out, of any table."""
    smallest = 2.0 ** (1 - len(study.seeds))
    text = f"smallest attainable p in one setting: {smallest:.4g} with {len(study.seeds)} seeds"
    if smallest <= study.alpha:
        return f"{text} (alpha {study.alpha:g}: a verdict is possible)"
    needed = next(seeds for seeds in range(2, 64) if 2.0 ** (1 - seeds) <= study.alpha)
    return f"warning: {text}: BETTER or WORSE is impossible at alpha {study.alpha:g}; {needed} seeds make it possible"


@contextmanager
def forecast(study: StudySpec, store: Path) -> Iterator[Callable[[], str]]:
    """For each table: the smallest attainable p, what it finds, and what more seeds would.

    Simulated, for seconds, in a process of its own beside the body, which calls what it is given for the text.
    """
    from attention.custom_modules import register_modules

    from .designs import expand  # it loads torch, which a supervisor has no use for

    with register_modules((file.path, file.source) for file in study.modules):
        _, families = expand(study)
    designs = [
        {
            "title": family.title or family.name,
            "seeds": len(study.seeds),
            "arms": len(family.arms),
            "settings": len(family.settings),
            "margin": study.margin,
            "alpha": study.alpha,
        }
        for family in families
        if family.arms
    ]
    where = ["--spread", study.name, "--store", str(store.absolute())]
    command = [sys.executable, "-m", "analysis", "power", "-", *where]
    with TemporaryFile("w+") as question:
        question.write(json.dumps(designs))
        question.seek(0)
        asked = subprocess.Popen(
            command, stdin=question, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    with asked:
        try:
            yield lambda: _answer(asked)
        finally:
            asked.kill()


def _answer(asked: "subprocess.Popen[str]") -> str:
    out, errors = asked.communicate()
    if asked.returncode:
        raise RuntimeError(f"the analysis could not say what the design can tell: {errors.strip()}")
    return out.rstrip()
