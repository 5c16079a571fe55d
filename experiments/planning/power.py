"""What a design can detect, before the compute is spent: the smallest attainable p, and a simulated power forecast.

The forecast is made by `python -m analysis power` in a process of its own; nothing here imports the analysis.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from ..config.paths import ROOT
from ..config.study_plan import Family
from ..config.study_spec import StudySpec

Forecast = Callable[[], str]
"""forecast(): wait for the forecast and return its text."""


def describe_attainable_p(study: StudySpec) -> str:
    """Return a line on the smallest p that the study can reach in one setting, and a warning if it exceeds alpha.

    Two-sided exact sign flips of paired differences over n seeds give no p below 2^(1 - n).
    """
    smallest = 2.0 ** (1 - len(study.seeds))
    text = f"smallest attainable p in one setting: {smallest:.4g} with {len(study.seeds)} seeds"
    if smallest <= study.alpha:
        return f"{text} (alpha {study.alpha:g}: a verdict is possible)"
    needed = next(seeds for seeds in range(2, 64) if 2.0 ** (1 - seeds) <= study.alpha)
    return f"warning: {text}: BETTER or WORSE is impossible at alpha {study.alpha:g}; {needed} seeds make it possible"


@contextmanager
def start_forecast(study: StudySpec, store: Path) -> Iterator[Forecast]:
    """Simulate the power of each comparison beside the body, which gets a function that returns the text.

    The function raises RuntimeError if the analysis fails.
    """
    command = [sys.executable, "-m", "analysis", "power", "-"]
    command += ["--spread", study.name, "--store", str(store.absolute())]
    designs = [_describe_design(study, family) for family in _families(study) if family.arms]
    with TemporaryFile("w+") as stdin:
        stdin.write(json.dumps(designs))
        stdin.seek(0)
        process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    with process:
        try:
            yield lambda: _read_output(process)
        finally:
            process.kill()


def _families(study: StudySpec) -> list[Family]:
    from attention.custom_modules import register_modules  # loads torch, which the supervisor does without

    from .designs import expand

    with register_modules((file.path, file.source) for file in study.modules):
        return expand(study)[1]


def _describe_design(study: StudySpec, family: Family) -> dict[str, object]:
    return {
        "title": family.title or family.name,
        "seeds": len(study.seeds),
        "arms": len(family.arms),
        "settings": len(family.settings),
        "margin": study.margin,
        "alpha": study.alpha,
    }


def _read_output(process: "subprocess.Popen[str]") -> str:
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the analysis could not forecast the power of the design: {errors.strip()}")
    return output.rstrip()
