"""`where STUDY`: the commands and paths that lead to a study's search, W&B runs and report."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ...config.command_line.exit_codes import DONE
from ..options import add_store

if TYPE_CHECKING:
    pass


EXAMPLES = "  python -m experiments where quick"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("study", metavar="STUDY", help="a recorded study")
    add_store(parser)


def execute(arguments: Namespace) -> int:
    """Print commands that open the search and W&B, and last the report's path."""
    from ..records import open_reader, study_name

    path: Path = arguments.store
    with open_reader(path) as records:
        name = study_name(records, arguments.study)
        has_search = records.study(name).spec["search"] is not None
    if has_search:
        journal = shlex.quote(str(path / "optuna" / f"{name}.journal"))
        print(f"search:  {_executable('optuna-dashboard')} {journal}")
    print(f"W&B:     {_executable('wandb')} sync {shlex.quote(str(path / 'wandb'))}/offline-run-*")
    print(f"report:  {path / 'reports' / name / 'report.html'}")
    return DONE


def _executable(name: str) -> str:
    """Return a program of this Python environment as typed in this folder; the environment need not be active."""
    program = Path(sys.executable).parent / name
    here = Path.cwd()
    return shlex.quote(str(program.relative_to(here) if program.is_relative_to(here) else program))
