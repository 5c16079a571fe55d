"""`run STUDY`: train and search what the study plans and the store does not hold yet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from user_error import UserError

from ..config.command_line.exit_codes import DONE, SOMETHING_FAILED
from .options import (
    add_device,
    add_modules,
    add_store,
    add_study,
    add_workers,
    cache_folder,
    check_device,
    count_workers,
)

if TYPE_CHECKING:  # the parser is built without what only a run needs
    from ..config.study_spec import StudySpec
    from ..orchestration.engines.local import LocalEngine
    from ..orchestration.supervisor import Supervisor
    from ..store import StoreWriter
    from ..store.maintenance.recover import RecoveryReport
    from .progress import Progress

EXAMPLES = """  python -m experiments run quick
  python -m experiments run my_study.yaml --set recipe.epochs=3 --workers 4
  python -m experiments run quick --device cuda
  python -m experiments run quick --retry-failed"""
STATUS_EVERY = 10
"""Seconds between two status lines while another supervisor holds the store."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    add_study(parser)
    add_modules(parser)
    add_store(parser)
    add_workers(parser)
    add_device(parser)
    parser.add_argument("--rerun-stale", action="store_true", help="run again what other code has recorded")
    parser.add_argument(
        "--retry-failed",
        nargs="?",
        const="",
        metavar="KEY",
        help="try failed runs again (all, or the one with this key)",
    )


def execute(arguments: Namespace) -> int:
    """Run a study to its end, or resume it; return the exit code."""
    from ..config.study_file import read_study
    from ..orchestration.engines.local import LocalEngine
    from ..store.lock import SUPERVISOR, hold_lock
    from ..tracking.tracker import read_mode
    from .records import open_writer

    check_device(arguments.device)
    read_mode()  # a wrong WANDB_MODE or ABLATION_CACHE_LIMIT is refused before anything starts
    cache_folder(arguments.store)
    study = read_study(arguments.study, changes=arguments.changes, modules=arguments.modules)
    workers = count_workers(arguments.workers)
    path: Path = arguments.store
    waiting = _StatusWhileWaiting(path, study.name)
    with open_writer(path) as records, hold_lock(path / SUPERVISOR, on_wait=waiting):
        engine = LocalEngine(slots=workers)
        try:
            return _run(study, records, arguments, engine)
        finally:  # after an error workers may still be at work
            engine.kill()


def _run(study: StudySpec, records: StoreWriter, arguments: Namespace, engine: LocalEngine) -> int:
    from ..orchestration.supervisor import Supervisor
    from ..tracking.sync_process import sync_in_background
    from .progress import Progress, open_console

    path: Path = arguments.store
    with (
        Progress(records, study.name, workers=engine.slots, console=open_console()) as display,
        sync_in_background(path, study.name, notify=display.notify),
    ):
        cache, device = cache_folder(path), arguments.device
        supervisor = Supervisor(study, records, engine, cache=cache, notify=display.notify, device=device)
        _plan(supervisor, records, arguments, display)
        complete = supervisor.run(display.refresh)
    if not complete:
        return _report_interruption(supervisor.stop_control.signal)
    if study.search is not None:
        supervisor.write_journal(path / "optuna" / f"{study.name}.journal")
    return _report_failures(records, study.name)


def _plan(supervisor: Supervisor, records: StoreWriter, arguments: Namespace, display: Progress) -> None:
    """Plan the study and print what the user should know before its runs start."""
    from ..orchestration.supervisor import LaunchOptions
    from ..planning.power import describe_attainable_p

    study = supervisor.study
    display.notify(
        f"{study.name}: checking the plan (the first time also makes the data; imports take about 10 s)"
    )
    options = LaunchOptions(rerun_stale=arguments.rerun_stale, retry_failed=arguments.retry_failed)
    with _study_in_errors(arguments.study, records):
        recovered = supervisor.plan(options)
    for text in (describe_attainable_p(study), *_plan_notes(recovered, records, study.name)):
        display.notify(text)


def _plan_notes(recovered: RecoveryReport, records: StoreWriter, study: str) -> Iterator[str]:
    """Yield the plan's warnings, and what was repaired in the records of earlier launches."""
    yield from (f"warning: {text}" for text in records.study(study).warnings)
    if recovered.adopted:
        yield f"{len(recovered.adopted)} runs had ended before they could be recorded: taken over"
    yield from (f"damaged and set aside, runs again: {problem}" for problem in recovered.damaged.values())
    if recovered.retried:
        yield f"{len(recovered.retried)} failed runs are tried again"
    if recovered.stale:
        stale = len(recovered.stale)
        yield f"warning: {stale} results were made by other code than today's (--rerun-stale runs them again)"


def _report_interruption(number: int | None) -> int:
    """Say that the study was interrupted, and return the exit code.

    It is 128 plus the signal's number, as in shells, or 1 if a time limit ended the study.
    """
    print("interrupted; the same command resumes the study")
    return SOMETHING_FAILED if number is None else 128 + number


def _report_failures(records: StoreWriter, study: str) -> int:
    """Print each failed run with its log; a run that diverged is a result, not a failure of the command."""
    from ..store import run_folder
    from .overview import describe_cell, summarize

    failures = summarize(records, study, workers=1).failures
    for cell in failures:
        print(f"{cell.state}: {describe_cell(cell)} (log: {records.folder(cell.key) / run_folder.LOG})")
    return SOMETHING_FAILED if any(cell.state != "diverged" for cell in failures) else DONE


class _StatusWhileWaiting:
    """Prints the study's progress every 10 s or so while another supervisor holds the store."""

    def __init__(self, path: Path, study: str) -> None:
        self.path, self.study, self.calls = path, study, 0

    def __call__(self, holder: str) -> None:
        """Called about once per second with the process that holds the store."""
        from .overview import summarize, summary_line
        from .records import open_writer

        if self.calls == 0:
            print(f"{self.path} is at work ({holder}); waiting until it ends, then going on", flush=True)
        if self.calls % STATUS_EVERY == 0:
            with open_writer(self.path) as records:
                if self.study in records.studies():
                    print(summary_line(summarize(records, self.study, workers=1)), flush=True)
        self.calls += 1


@contextmanager
def _study_in_errors(study: str, records: StoreWriter) -> Iterator[None]:
    """Put the study's name before a UserError raised in the body, and delete the store if it is still empty."""
    try:
        yield
    except UserError as error:
        if not records.studies():
            records.delete_empty_table()
        raise error.at(study) from error
