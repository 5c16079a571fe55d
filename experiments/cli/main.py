"""The command line `python -m experiments`: the table of its commands."""

import argparse
import sqlite3
import sys
from collections.abc import Sequence

from user_error import UserError

from ..config.command_line import commands
from ..config.command_line.commands import Command
from ..config.command_line.shell import run_command

COMMANDS = {
    "run": Command("experiments.cli.run", "run a study, its search included; resume it where it was"),
    "plan": Command("experiments.cli.plan", "check a study, and print what it would run and cost"),
    "status": Command("experiments.cli.inspect.status", "a study's progress"),
    "runs": Command("experiments.cli.inspect.runs", "recorded runs, one line each"),
    "show": Command("experiments.cli.inspect.show", "one run: spec, curve, attempts, files, log"),
    "diff": Command("experiments.cli.inspect.diff", "the differences between two runs"),
    "where": Command("experiments.cli.inspect.where", "where a study's report, search and W&B runs are"),
    "verify": Command("experiments.cli.inspect.verify", "check every recorded file against its checksum"),
    "reproduce": Command(
        "experiments.cli.reproduce", "run a recorded run, or a study's, again and compare the bits"
    ),
    "store": Command("experiments.cli.store", "export a study, rebuild the table, free space, migrate"),
    "sync": Command("experiments.cli.sync", "publish recorded runs to W&B, each once"),
    "list": Command("experiments.cli.list", "modules, studies and data sets to choose from"),
    "sites": Command("experiments.cli.sites", "the sites where a backbone takes modules"),
    "check": Command("experiments.cli.check", "test your own modules against the contracts of the catalog"),
    "check-data": Command(
        "experiments.cli.check_data", "check a folder of images, or a data set, before a study uses it"
    ),
}
FILE_ERRORS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}
"""Primary error codes of SQLite that tell of the store's file or disk, not of a mistake in a statement."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see `experiments.config.command_line.exit_codes`)."""
    arguments = parse(sys.argv[1:] if words is None else words)

    def execute() -> int:
        try:
            return COMMANDS[arguments.command].execute(arguments)
        except sqlite3.DatabaseError as error:
            if not _is_of_the_file(error):  # a mistake in one of our statements
                raise
            raise UserError(str(error), place=str(getattr(arguments, "store", "the store"))) from error

    return run_command(execute, verbose=arguments.verbose)


def _is_of_the_file(error: sqlite3.DatabaseError) -> bool:
    """Whether the store's file or disk caused the error; an error of the module sqlite3 itself has no code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in FILE_ERRORS


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line. Exits with code 2 if no command takes these words."""
    return commands.parse(
        words,
        COMMANDS,
        program="python -m experiments",
        description="Plan, run and follow ablation studies. `COMMAND --help` shows options and examples.",
    )
