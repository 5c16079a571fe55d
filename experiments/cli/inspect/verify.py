"""`verify STUDY`: check every file of the study's ended runs against its checksum."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from ...config.command_line.exit_codes import DONE, SOMETHING_FAILED
from ..options import add_json, add_store, print_json

if TYPE_CHECKING:
    pass


EXAMPLES = """  python -m experiments verify quick
  python -m experiments verify quick --store quick.zip"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("study", metavar="STUDY", help="a recorded study")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print what is damaged; return exit code 1 if anything is."""
    from ...store.maintenance import verify
    from ..records import open_reader, study_name

    problems: list[str] = []
    with open_reader(arguments.store) as records:
        name = study_name(records, arguments.study)
        records.study(name)
        for text in verify.find_problems(records, name):
            problems.append(text)
            if not arguments.json:
                print(text)
        checked = verify.count_verified_runs(records, name)
    if arguments.json:
        print_json({"study": name, "checked": checked, "problems": problems})
    else:
        print(f"{checked} runs checked, {len(problems)} damaged")
    return SOMETHING_FAILED if problems else DONE
