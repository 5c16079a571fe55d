"""The command line: a table of commands, each in a file of its own that is imported when it is asked for."""

import argparse
import importlib
import sqlite3
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from user_error import UserError

from ..config.shell import guarded

DESCRIPTION = "Plan, run and follow ablation studies. `COMMAND --help` shows options and examples."


class Command(NamedTuple):
    """One command: the file of this folder that holds it, and what it does.

    The file has `EXAMPLES` (a text), `add_arguments(parser)` and `execute(arguments)`, which returns the exit code.
    """

    file: str
    summary: str


COMMANDS = {
    "run": Command("run", "run a study, its search included; go on where it was"),
    "plan": Command("plan", "say what a study would run, and check all of it"),
    "status": Command("inspect.status", "a study's progress"),
    "runs": Command("inspect.runs", "recorded runs, one line each"),
    "show": Command("inspect.show", "one run: spec, curve, attempts, files, log"),
    "diff": Command("inspect.diff", "what two runs do not share"),
    "where": Command("inspect.where", "where a study's report, search and W&B runs are"),
    "verify": Command("inspect.verify", "check every recorded file against its checksum"),
    "reproduce": Command("reproduce", "run a recorded run, or a study's, again and compare the bits"),
    "store": Command("store", "export a study, rebuild the table, free space, migrate"),
    "sync": Command("sync", "publish to W&B what is recorded and not yet published"),
    "list": Command("list", "modules, studies and data sets to choose from"),
    "sites": Command("sites", "the places where a backbone takes modules"),
    "check": Command("check", "hold your own modules to the contracts of the catalog"),
    "check-data": Command("check_data", "look at a folder of images, or a data set, before a study does"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; `experiments.config.exit_codes` says what the returned code means."""
    arguments = parse(sys.argv[1:] if words is None else words)

    def execute() -> int:
        try:
            return int(_load(arguments.command).execute(arguments))
        except sqlite3.DatabaseError as error:
            raise UserError(str(error), place=str(getattr(arguments, "store", "the store"))) from error

    return guarded(execute, verbose=arguments.verbose)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The words of a command line as its arguments. Exits with 2 for words that no command takes."""
    parser = argparse.ArgumentParser(prog="python -m experiments", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if words and words[0] == name:
            file = _load(name)
            file.add_arguments(own)
            own.epilog = f"examples:\n{file.EXAMPLES}"
            own.add_argument("--verbose", action="store_true", help="log what is done to standard error")
    return parser.parse_args(words)


def _load(name: str) -> ModuleType:
    return importlib.import_module(f".{COMMANDS[name].file}", __package__)
