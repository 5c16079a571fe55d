"""Run the command line `python -m analysis COMMAND`; see `analysis.cli.main`."""

from __future__ import annotations

import sys

from experiments.config.command_line.program import run_program


def run() -> int:
    """Import the commands, which takes a moment, and run one."""
    from .cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(run_program(run))
