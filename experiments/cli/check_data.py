"""`check-data PATH`: look at a folder of images, or a data set, before a study does."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..config.exit_codes import DONE, SOMETHING_FAILED
from .options import add_json, cache_of, print_json

EXAMPLES = """  python -m experiments check-data ~/photos --set size=64
  python -m experiments check-data cluttered_digits --task segmentation"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("data", metavar="PATH", help="a folder, or a data set's name")
    parser.add_argument("--task", choices=("classification", "segmentation"), help="where it has both")
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
    """Exit code 1 when no study could use the data."""
    from ..planning.data_check import check

    cache = cache_of(Path(os.environ.get("ABLATION_STORE", "runs")))
    headline, report = check(arguments.data, arguments.changes, arguments.task, cache)
    if arguments.json:
        print_json({"data": headline, **vars(report)})
    else:
        print(headline, *report.lines(), sep="\n")
    return SOMETHING_FAILED if report.problems else DONE
