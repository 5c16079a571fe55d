"""`run STUDY`: train and search what the study plans and the store does not hold yet."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from user_error import UserError

from ..config.exit_codes import DONE, SOMETHING_FAILED
from ..config.study_file import read_study
from ..store import StoreWriter, run_folder
from ..store.maintenance.recover import RecoveryReport
from . import progress
from .options import (
    add_device,
    add_modules,
    add_store,
    add_study,
    add_workers,
    cache_of,
    check_device,
    workers_of,
    writing,
)

EXAMPLES = """  python -m experiments run quick
  python -m experiments run my_study.yaml --set recipe.epochs=3 --workers 4
  python -m experiments run quick --device cuda
  python -m experiments run quick --retry-failed"""


def add_arguments(parser: ArgumentParser) -> None:
    add_study(parser)
    add_modules(parser)
    add_store(parser)
    add_workers(parser)
    add_device(parser)
    parser.add_argument(
        "--rerun-stale", action="store_true", help="run again what was recorded with other code"
    )
    parser.add_argument(
        "--retry-failed", nargs="?", const="", metavar="KEY", help="try failed runs again (one: its key)"
    )


def execute(arguments: Namespace) -> int:
    """Run a study to its end, or go on where it was."""
    from ..orchestration.engines.local import LocalEngine
    from ..orchestration.supervisor import Policy, Supervisor
    from ..planning.power import attainable
    from ..store.lock import SUPERVISOR, hold_lock
    from ..tracking.sync_process import sync_in_background

    check_device(arguments.device)
    spec = read_study(arguments.study, changes=arguments.changes, modules=arguments.modules)
    path, slots = arguments.store, workers_of(arguments.workers)
    with writing(path) as records, hold_lock(path / SUPERVISOR, on_wait=_Waiting(path, spec.name)):
        engine = LocalEngine(slots=slots)
        with (
            progress.Progress(records, spec.name, workers=slots, console=progress.console()) as shown,
            sync_in_background(path, spec.name, notify=shown.say),
        ):
            supervisor = Supervisor(
                spec, records, engine, cache=cache_of(path), said=shown.say, device=arguments.device
            )
            shown.say(
                f"{spec.name}: checking the plan (the first time also makes the data; imports take about 10 s)"
            )
            with _refusal_names(arguments.study, records):
                policy = Policy(rerun_stale=arguments.rerun_stale, retry_failed=arguments.retry_failed)
                recovered = supervisor.plan(policy)
            for text in (attainable(spec), *_notes(recovered, records, spec.name)):
                shown.say(text)
            complete = supervisor.run(shown.changed)
        engine.kill()
        if complete and spec.search is not None:
            supervisor.journal(path / "optuna" / f"{spec.name}.journal")
        return _exit_code(records, spec.name) if complete else _interrupted(supervisor.signal)


def _notes(recovered: RecoveryReport, records: StoreWriter, study: str) -> Iterator[str]:
    """What to tell before the runs start: warnings of the plan, and what was done about earlier runs."""
    yield from (f"warning: {text}" for text in records.study(study).warnings)
    if recovered.adopted:
        yield f"{len(recovered.adopted)} runs had ended before they could be recorded: taken over"
    yield from (f"damaged and set aside, runs again: {wrong}" for wrong in recovered.damaged.values())
    if recovered.retried:
        yield f"{len(recovered.retried)} failed runs are tried again"
    if recovered.stale:
        stale = len(recovered.stale)
        yield f"warning: {stale} results were made by other code than today's (--rerun-stale runs them again)"


def _interrupted(number: int | None) -> int:
    """128 and the signal's number, as shells count; 1 where a time limit ended the study."""
    print("interrupted; the same command goes on from here")
    return SOMETHING_FAILED if number is None else 128 + number


def _exit_code(records: StoreWriter, study: str) -> int:
    """Name each failed run and its log; a run that diverged is a result, not a failure of the command."""
    failures = progress.overview(records, study, workers=1).failures
    for row in failures:
        log = records.folder(row.key) / run_folder.LOG
        print(f"{row.state}: {progress.described(row)} (log: {log})")
    return SOMETHING_FAILED if any(row.state != "diverged" for row in failures) else DONE


class _Waiting:
    """Says about every 10 s how far the supervisor is that holds the store."""

    def __init__(self, path: Path, study: str) -> None:
        self.path, self.study, self.turn = path, study, 0

    def __call__(self, who: str) -> None:
        if self.turn == 0:
            print(f"{self.path} is at work ({who}); waiting until it ends, then going on", flush=True)
        if self.turn % 10 == 0:
            with writing(self.path) as records:
                if self.study in records.studies():
                    print(progress.line(progress.overview(records, self.study, workers=1)), flush=True)
        self.turn += 1


@contextmanager
def _refusal_names(study: str, records: StoreWriter) -> Iterator[None]:
    """Put the study's name before a refusal, and leave no empty store behind."""
    try:
        yield
    except UserError as error:
        if not records.studies():
            records.delete_empty_table()
        raise error.at(study) from error
