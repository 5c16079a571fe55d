"""`python -m analysis` as a user starts it."""

import subprocess
import sys


def test_help_is_fast_because_nothing_heavy_is_imported() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "analysis", "--help"]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in ("report", "calibrate", "power"):
        assert f"\n    {name}" in process.stdout
    for heavy in ("pandas", "matplotlib", "numpy", "torch"):
        assert f" {heavy}\n" not in process.stderr


def test_the_exit_code_is_the_commands() -> None:
    command = [sys.executable, "-m", "analysis", "power", "--seeds", "0"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (2, "error: --seeds 0: must be a number above 0\n")
