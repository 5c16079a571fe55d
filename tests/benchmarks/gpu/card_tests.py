"""The tests that are skipped without a card, and those beside them, by pytest."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.gpu.report import Report, Setup

ROOT = Path(__file__).parents[3]
TESTS = (
    "tests/test_experiments/test_run/test_devices.py",
    "tests/test_experiments/test_orchestration/test_gpu_slots.py",
)
NEEDED = ("pytest", "hypothesis")
"""tests/conftest.py imports both."""
SHOWN = 25


def measure(setup: Setup, report: Report) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        report.line(f"Skipped: {', '.join(missing)} missing.")
        report.fault(f"not run: {', '.join(missing)} missing")
        return
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", *TESTS]
    alone = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # what else is installed is no concern of ours
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if not setup.on_card:
        report.line("The test of a real card needs a card: it is skipped here.")
    report.block(" ".join(TESTS), lines[-SHOWN:])
    if done.returncode:
        report.fault(f"pytest: exit code {done.returncode}: {lines[-1] if lines else ''}")
