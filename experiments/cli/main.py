"""The command line: the table of all commands."""

import argparse
import sqlite3
import sys
from collections.abc import Sequence

from user_error import UserError

from ..config import commands
from ..config.commands import Command
from ..config.shell import run_command

COMMANDS = {
    "run": Command("experiments.cli.run", "run a study, its search included; go on where it was"),
    "plan": Command("experiments.cli.plan", "say what a study would run, and check all of it"),
    "status": Command("experiments.cli.inspect.status", "a study's progress"),
    "runs": Command("experiments.cli.inspect.runs", "recorded runs, one line each"),
    "show": Command("experiments.cli.inspect.show", "one run: spec, curve, attempts, files, log"),
    "diff": Command("experiments.cli.inspect.diff", "what two runs do not share"),
    "where": Command("experiments.cli.inspect.where", "where a study's report, search and W&B runs are"),
    "verify": Command("experiments.cli.inspect.verify", "check every recorded file against its checksum"),
    "reproduce": Command(
        "experiments.cli.reproduce", "run a recorded run, or a study's, again and compare the bits"
    ),
    "store": Command("experiments.cli.store", "export a study, rebuild the table, free space, migrate"),
    "sync": Command("experiments.cli.sync", "publish to W&B what is recorded and not yet published"),
    "list": Command("experiments.cli.list", "modules, studies and data sets to choose from"),
    "sites": Command("experiments.cli.sites", "the places where a backbone takes modules"),
    "check": Command("experiments.cli.check", "hold your own modules to the contracts of the catalog"),
    "check-data": Command(
        "experiments.cli.check_data", "look at a folder of images, or a data set, before a study does"
    ),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; `experiments.config.exit_codes` says what the returned code means."""
    arguments = parse(sys.argv[1:] if words is None else words)

    def execute() -> int:
        try:
            return COMMANDS[arguments.command].execute(arguments)
        except sqlite3.DatabaseError as error:
            raise UserError(str(error), place=str(getattr(arguments, "store", "the store"))) from error

    return run_command(execute, verbose=arguments.verbose)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The words of a command line as its arguments. Exits with 2 for words that no command takes."""
    return commands.parse(
        words,
        COMMANDS,
        program="python -m experiments",
        description="Plan, run and follow ablation studies. `COMMAND --help` shows options and examples.",
    )
