"""`sync STUDY`: publish recorded runs to W&B."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from .options import add_store

if TYPE_CHECKING:
    pass


EXAMPLES = """  python -m experiments sync quick
  WANDB_MODE=offline python -m experiments sync quick"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("study", metavar="STUDY", help="a recorded study")
    add_store(parser)
    parser.add_argument(
        "--follow", action="store_true", help="also publish new runs, until standard input ends"
    )


def execute(arguments: Namespace) -> int:
    """Publish each run once. Raises UserError for a study that is not recorded."""
    from ..tracking import sync_process
    from .records import open_reader

    with open_reader(arguments.store) as records:
        if not arguments.follow:
            records.study(arguments.study)
        return sync_process.publish(records, arguments.study, until_input_ends=arguments.follow)
