"""Commands of a command line, each in a file of its own that is imported when it is asked for."""

import argparse
import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NamedTuple


class Command(NamedTuple):
    """One command: the module that holds it, and what it does.

    The module has `EXAMPLES` (a text), `add_arguments(parser)` and `execute(arguments)`, which returns the exit code.
    """

    module: str
    summary: str

    def load(self) -> ModuleType:
        """Import its module."""
        return importlib.import_module(self.module)

    def execute(self, arguments: argparse.Namespace) -> int:
        """Run it; its exit code."""
        return int(self.load().execute(arguments))


def parse(
    words: Sequence[str], commands: Mapping[str, Command], *, program: str, description: str
) -> argparse.Namespace:
    """The words of a command line as its arguments. Exits with 2 for words that no command takes.

    Only the command that the first word names is imported.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands.items():
        own = choices.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if words and words[0] == name:
            module = command.load()
            module.add_arguments(own)
            own.epilog = f"examples:\n{module.EXAMPLES}"
            own.add_argument("--verbose", action="store_true", help="log what is done to standard error")
    return parser.parse_args(words)
