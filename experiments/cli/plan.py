"""`plan STUDY`: what the study would run and cost, checked and counted before anything runs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..config.exit_codes import DONE
from ..config.study_file import read_study
from .options import add_modules, add_store, add_study, add_workers, cache_of, workers_of

EXAMPLES = """  python -m experiments plan quick
  python -m experiments plan my_study.yaml --set seeds=12 --workers 8"""


def add_arguments(parser: ArgumentParser) -> None:
    add_study(parser)
    add_modules(parser)
    add_store(parser)
    add_workers(parser)


def execute(arguments: Namespace) -> int:
    """Print everything that can be known before the first run."""
    spec = read_study(arguments.study, changes=arguments.changes, modules=arguments.modules)
    slots = workers_of(arguments.workers)
    path: Path = arguments.store
    from ..planning.power import forecast
    from ..planning.summary import planned_lines  # imports torch, after what can be refused without it

    with forecast(spec, path) as power:
        for text in planned_lines(spec, path, cache_of(path), slots):
            print(text, flush=True)
        print(power())
    return DONE
