"""`python -m experiments COMMAND`: see `experiments.cli.main`."""

import sys

from .config.command_line.program import run_program


def run() -> int:
    """Import the commands, which takes a moment, and run one."""
    from .cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(run_program(run))
