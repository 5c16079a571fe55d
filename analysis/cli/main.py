"""The command line that explains what was trained: a file a command, imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from experiments.config.commands import Command, parse
from experiments.config.shell import run_command

COMMANDS = {
    "report": Command(
        "analysis.cli.report", "verdicts, tables, figures and one offline page of a recorded study"
    ),
    "calibrate": Command(
        "analysis.cli.calibrate", "shuffle the arms' labels and count this pipeline's false alarms"
    ),
    "power": Command("analysis.cli.power", "what a design can tell, before or after the compute is spent"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; `experiments.config.exit_codes` says what the returned code means."""
    arguments = parse(
        sys.argv[1:] if words is None else words,
        COMMANDS,
        program="python -m analysis",
        description="Explain what was trained.",
    )
    return run_command(lambda: COMMANDS[arguments.command].execute(arguments), verbose=arguments.verbose)
