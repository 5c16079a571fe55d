"""`where STUDY`: where everything of a study is; the last lines of run_all.sh."""

import shlex
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ...config.exit_codes import DONE
from ..options import add_store, reading, recorded_name

EXAMPLES = "  python -m experiments where quick"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a recorded study")
    add_store(parser)


def execute(arguments: Namespace) -> int:
    """Print commands that open the search and W&B, and the report's path last."""
    path: Path = arguments.store
    with reading(path) as records:
        name = recorded_name(records, arguments.study)
        searched = records.study(name).spec["search"] is not None
    if searched:
        journal = shlex.quote(str(path / "optuna" / f"{name}.journal"))
        print(f"search:  {_program('optuna-dashboard')} {journal}")
    print(f"W&B:     {_program('wandb')} sync {shlex.quote(str(path / 'wandb'))}/offline-run-*")
    print(f"report:  {path / 'reports' / name / 'report.html'}")
    return DONE


def _program(name: str) -> str:
    """A program of this environment as it can be typed here, whether or not the environment is activated."""
    program = Path(sys.executable).parent / name
    here = Path.cwd()
    return shlex.quote(str(program.relative_to(here) if program.is_relative_to(here) else program))
