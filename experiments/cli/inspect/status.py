"""`status`: the progress of recorded studies, as the table that `run` shows."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from ...config.command_line.exit_codes import DONE
from ..options import add_json, add_store, count_workers, print_json

if TYPE_CHECKING:
    from ...store import StoreReader


EXAMPLES = """  python -m experiments status
  python -m experiments status quick --json"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("study", metavar="STUDY", nargs="?", help="a recorded study (default: all)")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print the progress of every recorded study, or of one."""
    from ...store.lock import SUPERVISOR, lock_holder
    from ..records import open_reader

    supervisor = lock_holder(arguments.store / SUPERVISOR)
    with open_reader(arguments.store) as records:
        names = [arguments.study] if arguments.study else records.studies()
        for name in names:
            records.study(name)
        if arguments.json:
            print_json(
                {"supervisor": supervisor, "studies": [_summary_json(records, name) for name in names]}
            )
        else:
            _print_tables(records, names, f"{arguments.store}: {supervisor or 'no supervisor'} at work")
    return DONE


def _print_tables(records: StoreReader, names: list[str], headline: str) -> None:
    from .. import progress
    from ..overview import summarize, summary_line

    console = progress.open_console()
    overviews = {name: summarize(records, name, workers=count_workers(None)) for name in names}
    console.print(headline)
    for name, overview in overviews.items():
        title = f"{name}: {summary_line(overview)}"
        console.print(progress.render(records, overview, title, plain=progress.is_plain(console)))


def _summary_json(records: StoreReader, name: str) -> dict[str, Any]:
    from ..overview import summarize

    overview = summarize(records, name, workers=count_workers(None))
    return {
        "study": name,
        "runs": overview.total,
        "ended": overview.ended,
        "states": dict(overview.states),
        "seconds_left": overview.seconds_left,
        "means": [
            {"setting": setting, "arm": arm, "mean": mean} for (setting, arm), mean in overview.means.items()
        ],
        "failures": [
            {key: getattr(cell, key) for key in ("key", "setting", "arm", "seed", "state")}
            for cell in overview.failures
        ],
    }
