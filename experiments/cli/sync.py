"""`sync STUDY`: publish to W&B what is recorded and not yet published."""

from argparse import ArgumentParser, Namespace

from ..tracking import sync_process
from .options import add_store, reading

EXAMPLES = """  python -m experiments sync quick
  WANDB_MODE=offline python -m experiments sync quick"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a recorded study")
    add_store(parser)
    parser.add_argument("--follow", action="store_true", help="go on until standard input ends")


def execute(arguments: Namespace) -> int:
    """Publish each run once."""
    with reading(arguments.store) as records:
        if not arguments.follow:
            records.study(arguments.study)
        return sync_process.publish(records, arguments.study, until_input_ends=arguments.follow)
