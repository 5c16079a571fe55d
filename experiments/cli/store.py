"""`store export|rebuild|gc|migrate`: export a study, rebuild the table, free disk space, migrate the schema."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..config.command_line.commands import add_verbose
from ..config.command_line.exit_codes import DONE, SOMETHING_FAILED
from .options import add_json, add_store, print_json

EXAMPLES = """  python -m experiments store export quick --output quick.zip
  python -m experiments store rebuild
  python -m experiments store gc --yes
  python -m experiments store migrate --store old_runs"""


class _Action(NamedTuple):
    """One action: its line in the list of actions, and the description and examples of its own help."""

    summary: str
    description: str
    examples: str


EXPORT = _Action(
    "write a study as one zip that can be read anywhere",
    """Write a study's plan, records and run folders, without checkpoints, to one zip.
`status`, `verify` and `reproduce` accept the zip as --store; a file that exists is never overwritten.""",
    """  python -m experiments store export quick
  python -m experiments store export quick --output quick.zip""",
)
REBUILD = _Action(
    "rebuild the table from the run folders",
    """Build the table again from the specs and sealed results in runs/ and the plans in studies/.
The folders and plans are kept as they are; the old table is set aside, and its path is printed.""",
    """  python -m experiments store rebuild
  python -m experiments store rebuild --store old_runs""",
)
GC = _Action(
    "list the files that no study needs, or remove them",
    """List run folders that no study plans or that were set aside, files half-written by processes that are gone,
checkpoints of runs that have a result, and old tables kept as backups.
Nothing is removed without --yes, which removes everything listed; results of planned runs are never listed.""",
    """  python -m experiments store gc
  python -m experiments store gc --yes""",
)
MIGRATE = _Action(
    "migrate the table to this version's schema, after a backup",
    """Update a table that an older version wrote to this version's schema; a current one is left as it is.
The old table is copied beside the new one first, and the path of the copy is printed.""",
    """  python -m experiments store migrate
  python -m experiments store migrate --store old_runs""",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    export = _describe(actions.add_parser("export", help=EXPORT.summary), EXPORT, export_study)
    export.add_argument("study", metavar="STUDY", help="a recorded study")
    export.add_argument("--output", type=Path, metavar="FILE", help="the zip to write (default: STUDY.zip)")
    _describe(actions.add_parser("rebuild", help=REBUILD.summary), REBUILD, rebuild_table)
    gc = _describe(actions.add_parser("gc", help=GC.summary), GC, collect_garbage)
    gc.add_argument("--yes", action="store_true", help="remove the listed files")
    add_json(gc)
    _describe(actions.add_parser("migrate", help=MIGRATE.summary), MIGRATE, migrate_table)


def _describe(
    parser: ArgumentParser, action: _Action, function: Callable[[Namespace], int]
) -> ArgumentParser:
    """Give an action's parser its help, its function, and the options that all actions have."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.description = action.description
    parser.epilog = f"examples:\n{action.examples}"
    parser.set_defaults(action=function)
    add_store(parser)
    add_verbose(parser)
    return parser


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
    """Rebuild the table from the run folders; print the folders that cannot be used, and where the old table is."""
    from ..store.maintenance import rebuild
    from ..store.rows import now

    with _hold_store_lock(arguments.store):
        before = _old_tables(arguments.store)
        rebuilt = rebuild.rebuild_table(arguments.store, now=now())
    for folder, wrong in rebuilt.unusable.items():
        print(f"not used: {folder}: {wrong}")
    counts = f"{rebuilt.studies} studies, {rebuilt.runs} runs, {rebuilt.results} results"
    aside = _new_table(arguments.store, before)
    print(
        f"{arguments.store}: {counts}; {f'the old table is now {aside}' if aside else 'there was no table'}"
    )
    return SOMETHING_FAILED if rebuilt.unusable else DONE


def collect_garbage(arguments: Namespace) -> int:
    """List the files that no study needs; with --yes remove them."""
    from ..store import open_store
    from ..store.maintenance import garbage

    with _hold_store_lock(arguments.store):
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

    with _hold_store_lock(arguments.store):
        if not (arguments.store / TABLE).exists():
            raise UserError("no run store here", place=str(arguments.store))
        before = _old_tables(arguments.store)
        open_store(arguments.store).close()
    backup = _new_table(arguments.store, before)
    done = f"migrated; the old table is kept as {backup}" if backup else "nothing to do"
    print(f"{arguments.store}: {done}")
    return DONE


def _old_tables(store: Path) -> dict[Path, int]:
    """Return the backups of the table and the tables set aside, each with the time that it was written."""
    from ..store import TABLE

    files = (path for path in store.glob(f"{TABLE}.*") if not path.name.endswith(("-wal", "-shm")))
    return {path: path.stat().st_mtime_ns for path in files}


def _new_table(store: Path, before: dict[Path, int]) -> Path | None:
    """Return the old table that was put beside the store's table since `before`, or None."""
    added = _old_tables(store).items() - before.items()
    return next((path for path, _ in added), None)


@contextmanager
def _hold_store_lock(store: Path) -> Iterator[None]:
    """Hold the store's lock in the body. Raises UserError if a supervisor holds it."""
    from ..store.lock import SUPERVISOR, hold_lock

    def refuse(holder: str) -> None:
        raise UserError(f"is at work ({holder}); wait until it ends", place=str(store))

    with hold_lock(store / SUPERVISOR, on_wait=refuse):
        yield
