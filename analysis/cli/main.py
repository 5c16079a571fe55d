"""The command line of the analysis: one file per command, imported when the command is run."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from experiments.config.command_line.commands import Command, parse
from experiments.config.command_line.shell import run_command

COMMANDS = {
    "report": Command(
        "analysis.cli.report", "verdicts, tables, figures and one offline page of a recorded study"
    ),
    "calibrate": Command(
        "analysis.cli.calibrate", "shuffle the arms' labels and count this pipeline's false alarms"
    ),
    "power": Command("analysis.cli.power", "what a design can detect, before or after the runs"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `experiments.config.command_line.exit_codes`."""
    arguments = parse(
        sys.argv[1:] if words is None else words,
        COMMANDS,
        program="python -m analysis",
        description="Analyze a recorded study.",
    )
    return run_command(lambda: COMMANDS[arguments.command].execute(arguments), verbose=arguments.verbose)
