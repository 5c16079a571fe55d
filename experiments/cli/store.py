"""`store export|rebuild|gc|migrate`: carry a store elsewhere, make its table anew, free space, migrate it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from user_error import UserError

from ..config.exit_codes import DONE, SOMETHING_FAILED
from ..store import TABLE, open_store
from ..store.lock import SUPERVISOR, hold_lock
from ..store.maintenance import archive, garbage, rebuild
from ..store.rows import now
from .options import add_json, add_store, print_json

EXAMPLES = """  python -m experiments store export quick --output quick.zip
  python -m experiments store rebuild
  python -m experiments store gc --yes
  python -m experiments store migrate --store old_runs"""


def add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    export = actions.add_parser("export", help="one zip of a study that can be read anywhere")
    export.add_argument("study", metavar="STUDY", help="a recorded study")
    export.add_argument("--output", type=Path, metavar="FILE", help="the zip to write (default: STUDY.zip)")
    remake = actions.add_parser("rebuild", help="make the table anew from the run folders")
    sweep = actions.add_parser("gc", help="show what no study needs, or remove it")
    sweep.add_argument("--yes", action="store_true", help="remove what is shown")
    add_json(sweep)
    migrate = actions.add_parser("migrate", help="bring the table to this version's schema, after a backup")
    for action, function in (
        (export, export_study),
        (remake, rebuild_table),
        (sweep, collect_garbage),
        (migrate, migrate_table),
    ):
        add_store(action)
        action.set_defaults(action=function)


def execute(arguments: Namespace) -> int:
    """Do the action. Raises UserError where there is no store."""
    if not arguments.store.is_dir():
        raise UserError("no run store here", place=str(arguments.store))
    action: Callable[[Namespace], int] = arguments.action
    return action(arguments)


def export_study(arguments: Namespace) -> int:
    """Write one zip of the study."""
    target = arguments.output or Path(f"{arguments.study}.zip")
    with closing(open_store(arguments.store, readonly=True)) as records:
        records.study(arguments.study)
        runs = archive.export_study(records, arguments.study, target)
    print(f"{target}: {runs} runs, {target.stat().st_size / 1e6:.1f} MB")
    print(f"elsewhere: python -m experiments reproduce {arguments.study} --store {target}")
    return DONE


def rebuild_table(arguments: Namespace) -> int:
    """Make the table anew from the folders; name the folders that cannot be used."""
    with _alone(arguments.store):
        made = rebuild.rebuild_table(arguments.store, now=now())
    for folder, wrong in made.unusable.items():
        print(f"not used: {folder}: {wrong}")
    counts = f"{made.studies} studies, {made.runs} runs, {made.results} results"
    print(f"{arguments.store}: {counts}; the old table is set aside")
    return SOMETHING_FAILED if made.unusable else DONE


def collect_garbage(arguments: Namespace) -> int:
    """Show what no study needs; remove it if asked to."""
    with _alone(arguments.store):
        with closing(open_store(arguments.store)) as records:
            found = garbage.find_garbage(records)
        things = [{"path": one.path, "why": one.why, "bytes": one.size} for one in found]
        total = sum(one.size for one in found)
        if arguments.yes:
            garbage.remove_garbage(found)
    if arguments.json:
        print_json({"removed": arguments.yes, "bytes": total, "things": things})
        return DONE
    for one in () if arguments.yes else found:
        print(f"{one.size / 1e6:9.1f} MB  {one.path}: {one.why}")
    wanted = " would go; --yes removes them" if found else " to remove"
    print(f"{len(found)} things, {total / 1e6:.1f} MB{' removed' if arguments.yes else wanted}")
    return DONE


def migrate_table(arguments: Namespace) -> int:
    """Open the table for writing, which migrates it."""
    with _alone(arguments.store):
        if not (arguments.store / TABLE).exists():
            raise UserError("no run store here", place=str(arguments.store))
        with closing(open_store(arguments.store)):
            print(
                f"{arguments.store}: the table has this version's schema; a backup of an older one lies beside it"
            )
    return DONE


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Hold the store's lock in the body. Raises UserError while a supervisor holds it."""

    def refuse(who: str) -> None:
        raise UserError(f"is at work ({who}); wait until it ends", place=str(store))

    with hold_lock(store / SUPERVISOR, on_wait=refuse):
        yield
