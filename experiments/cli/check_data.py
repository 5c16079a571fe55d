"""`check-data PATH`: check a folder of images, or a data set, before a study uses it."""

from argparse import ArgumentParser, Namespace

from ..config.command_line.exit_codes import DONE, SOMETHING_FAILED
from .options import add_json, cache_folder, default_store, print_json

EXAMPLES = """  python -m experiments check-data ~/photos --set size=64
  python -m experiments check-data cluttered_digits --task segmentation"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("data", metavar="PATH", help="a folder, or a data set's name")
    parser.add_argument("--task", choices=("classification", "segmentation"), help="if the data set has both")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        dest="changes",
        help="an option of the data set, such as size=224",
    )
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Check the data; return exit code 1 if no study could use them."""
    from ..planning.data_check import check_data

    cache = cache_folder(default_store())
    headline, report = check_data(arguments.data, arguments.changes, arguments.task, cache)
    if arguments.json:
        print_json({"data": headline, **vars(report)})
    else:
        print(headline, *report.lines(), sep="\n")
    return SOMETHING_FAILED if report.problems else DONE
