"""`status`: the same table as `run` shows, from the records."""

from argparse import ArgumentParser, Namespace
from typing import Any

from ...config.exit_codes import DONE
from ...store import StoreReader
from ...store.lock import SUPERVISOR, lock_holder
from .. import progress
from ..options import add_json, add_store, print_json, reading, workers_of

EXAMPLES = """  python -m experiments status
  python -m experiments status quick --json"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", nargs="?", help="a recorded study (default: all)")
    add_store(parser)
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Show every recorded study, or one."""
    supervisor = lock_holder(arguments.store / SUPERVISOR)
    with reading(arguments.store) as records:
        names = [arguments.study] if arguments.study else records.studies()
        for name in names:
            records.study(name)
        if arguments.json:
            print_json({"supervisor": supervisor, "studies": [_content(records, name) for name in names]})
        else:
            _show(records, names, f"{arguments.store}: {supervisor or 'no supervisor'} at work")
    return DONE


def _show(records: StoreReader, names: list[str], headline: str) -> None:
    console = progress.console()
    console.print(headline)
    for name in names:
        seen = progress.overview(records, name, workers=workers_of(None))
        title = f"{name}: {progress.line(seen)}"
        console.print(progress.shown(records, seen, title, plain=progress.is_plain(console)))


def _content(records: StoreReader, name: str) -> dict[str, Any]:
    seen = progress.overview(records, name, workers=workers_of(None))
    return {
        "study": name,
        "runs": seen.total,
        "ended": seen.ended,
        "states": dict(seen.states),
        "seconds_left": seen.seconds_left,
        "means": [
            {"setting": setting, "arm": arm, "mean": mean} for (setting, arm), mean in seen.means.items()
        ],
        "failures": [
            {
                "key": cell.key,
                "setting": cell.setting,
                "arm": cell.arm,
                "seed": cell.seed,
                "state": cell.state,
            }
            for cell in seen.failures
        ],
    }
