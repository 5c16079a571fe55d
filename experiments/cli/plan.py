"""`plan STUDY`: check a study, and print what it would run and cost."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from user_error import UserError

from ..config.command_line.exit_codes import DONE
from .options import add_modules, add_store, add_study, add_workers, cache_folder, count_workers

if TYPE_CHECKING:
    from ..config.study_spec import StudySpec

EXAMPLES = """  python -m experiments plan quick
  python -m experiments plan my_study.yaml --set seeds=12 --workers 8"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    add_study(parser)
    add_modules(parser)
    add_store(parser)
    add_workers(parser)


def execute(arguments: Namespace) -> int:
    """Print the plan. Raises UserError for a study that cannot run."""
    from ..config.study_file import read_study

    study = read_study(arguments.study, changes=arguments.changes, modules=arguments.modules)
    workers = count_workers(arguments.workers)
    path: Path = arguments.store
    cache = cache_folder(path)
    try:
        _print_plan(study, path, cache, workers)
    except UserError as error:
        raise error.at(arguments.study) from error
    return DONE


def _print_plan(study: StudySpec, store: Path, cache: Path, workers: int) -> None:
    # These import torch: only once the arguments are known to be valid.
    from ..planning.power import start_forecast
    from ..planning.summary import summarize_plan

    with start_forecast(study, store) as read_forecast:
        for text in summarize_plan(study, store, cache, workers):
            print(text, flush=True)
        print(read_forecast())
