"""`store export|rebuild|gc|migrate`: export a study, rebuild the table, free disk space, migrate the schema."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from user_error import UserError

from ..config.exit_codes import DONE, SOMETHING_FAILED
from .options import add_json, add_store, print_json

if TYPE_CHECKING:
    pass


EXAMPLES = """  python -m experiments store export quick --output quick.zip
  python -m experiments store rebuild
  python -m experiments store gc --yes
  python -m experiments store migrate --store old_runs"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write a study as one zip that can be read anywhere")
    export.add_argument("study", metavar="STUDY", help="a recorded study")
    export.add_argument("--output", type=Path, metavar="FILE", help="the zip to write (default: STUDY.zip)")
    rebuild_parser = actions.add_parser("rebuild", help="rebuild the table from the run folders")
    gc_parser = actions.add_parser("gc", help="list the files that no study needs, or remove them")
    gc_parser.add_argument("--yes", action="store_true", help="remove the listed files")
    add_json(gc_parser)
    migrate = actions.add_parser("migrate", help="migrate the table to this version's schema, after a backup")
    for action, function in (
        (export, export_study),
        (rebuild_parser, rebuild_table),
        (gc_parser, collect_garbage),
        (migrate, migrate_table),
    ):
        add_store(action)
        action.set_defaults(action=function)


def execute(arguments: Namespace) -> int:
    """Run the action. Raises UserError if there is no store."""
    if not arguments.store.is_dir():
        raise UserError("no run store here", place=str(arguments.store))
    action: Callable[[Namespace], int] = arguments.action
    return action(arguments)


def export_study(arguments: Namespace) -> int:
    """Write the study's records to one zip."""
    from ..store import open_store
    from ..store.maintenance import archive

    target = arguments.output or Path(f"{arguments.study}.zip")
    with closing(open_store(arguments.store, readonly=True)) as records:
        records.study(arguments.study)
        runs = archive.export_study(records, arguments.study, target)
    print(f"{target}: {runs} runs, {target.stat().st_size / 1e6:.1f} MB")
    print(f"elsewhere: python -m experiments reproduce {arguments.study} --store {target}")
    return DONE


def rebuild_table(arguments: Namespace) -> int:
    """Rebuild the table from the run folders; print the folders that cannot be used."""
    from ..store.maintenance import rebuild
    from ..store.rows import now

    with _locked(arguments.store):
        rebuilt = rebuild.rebuild_table(arguments.store, now=now())
    for folder, wrong in rebuilt.unusable.items():
        print(f"not used: {folder}: {wrong}")
    counts = f"{rebuilt.studies} studies, {rebuilt.runs} runs, {rebuilt.results} results"
    print(f"{arguments.store}: {counts}; the old table is set aside")
    return SOMETHING_FAILED if rebuilt.unusable else DONE


def collect_garbage(arguments: Namespace) -> int:
    """List the files that no study needs; with --yes remove them."""
    from ..store import open_store
    from ..store.maintenance import garbage

    with _locked(arguments.store):
        with closing(open_store(arguments.store)) as records:
            files = garbage.find_garbage(records)
        things = [{"path": each.path, "why": each.why, "bytes": each.size} for each in files]
        total = sum(each.size for each in files)
        if arguments.yes:
            garbage.remove_garbage(files)
    if arguments.json:
        print_json({"removed": arguments.yes, "bytes": total, "things": things})
        return DONE
    for each in () if arguments.yes else files:
        print(f"{each.size / 1e6:9.1f} MB  {each.path}: {each.why}")
    listed = " can be removed; --yes removes them" if files else " to remove"
    print(f"{len(files)} files or folders, {total / 1e6:.1f} MB{' removed' if arguments.yes else listed}")
    return DONE


def migrate_table(arguments: Namespace) -> int:
    """Migrate the table to this version's schema, which opening it for writing does."""
    from ..store import TABLE, open_store

    with _locked(arguments.store):
        if not (arguments.store / TABLE).exists():
            raise UserError("no run store here", place=str(arguments.store))
        with closing(open_store(arguments.store)):
            print(
                f"{arguments.store}: the table has this version's schema; a backup of an older one lies beside it"
            )
    return DONE


@contextmanager
def _locked(store: Path) -> Iterator[None]:
    """Hold the store's lock in the body. Raises UserError if a supervisor holds it."""
    from ..store.lock import SUPERVISOR, hold_lock

    def refuse(holder: str) -> None:
        raise UserError(f"is at work ({holder}); wait until it ends", place=str(store))

    with hold_lock(store / SUPERVISOR, on_wait=refuse):
        yield
