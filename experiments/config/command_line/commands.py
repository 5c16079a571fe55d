"""Commands of a command line, each in a module of its own that is imported only when it is run."""

import argparse
import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NamedTuple, NoReturn

from user_error import nearest

from .exit_codes import REFUSED


class Command(NamedTuple):
    """One command: the name of its module, and a summary for the help text.

    The module has `EXAMPLES` (a text), `add_arguments(parser)` and `execute(arguments)`, which returns the exit code.
    """

    module: str
    summary: str

    def load(self) -> ModuleType:
        """Import the command's module."""
        return importlib.import_module(self.module)

    def execute(self, arguments: argparse.Namespace) -> int:
        """Run the command and return its exit code."""
        return int(self.load().execute(arguments))


class OneLineParser(argparse.ArgumentParser):
    """A parser that answers a mistake in one line, as every other mistake of the user is answered."""

    def error(self, message: str) -> NoReturn:
        """Print the mistake and where the options are explained, and exit with code 2."""
        self.exit(REFUSED, f"error: {message} (`{self.prog} --help` shows what is possible)\n")


def parse(
    words: Sequence[str], commands: Mapping[str, Command], *, program: str, description: str
) -> argparse.Namespace:
    """Parse a command line, without the program's name. Exits with 2 for arguments that no command takes.

    Only the module of the command that the first word names is imported.
    """
    parser = OneLineParser(prog=program, description=description)
    parser.set_defaults(verbose=False)
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands.items():
        subparser = choices.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if words and words[0] == name:
            module = command.load()
            module.add_arguments(subparser)
            subparser.epilog = f"examples:\n{module.EXAMPLES}"
            add_verbose(subparser)
    if words and not words[0].startswith("-") and words[0] not in commands:
        parser.exit(REFUSED, f"error: invalid choice: {words[0]!r}{nearest(words[0], commands)}\n")
    return parser.parse_args(words)


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add --verbose, which a command and its actions share: it may stand before the action or after it."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="log what is done, and show the traceback of an error",
    )
