"""The command `report STUDY`: verdicts, tables, figures and one offline page of a recorded study."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .options import add_store, add_study

EXAMPLES = """  python -m analysis report quick
  python -m analysis report quick --store runs --output /tmp/report"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `report`."""
    add_study(parser)
    add_store(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="the report's folder (default: STORE/reports/STUDY)"
    )


def execute(arguments: Namespace) -> int:
    """Compare the arms, draw the figures, write the page, and print the verdicts and the page's path."""
    from .. import figures, frames  # pandas and matplotlib load here, not for --help
    from ..comparing import compare
    from ..report import html
    from ..report.console import print_verdicts

    study = frames.study_name(arguments.study)
    record = frames.read(arguments.store, study)
    _print_progress(f"comparing {len(record.runs)} runs and trials")
    comparison = compare(record)
    drawings = figures.draw(comparison, notify=lambda title: _print_progress(f"drawing: {title}"))
    folder = arguments.output or arguments.store / "reports" / study
    _print_progress("writing the page")
    page = html.write(html.build(comparison, drawings), folder)
    print_verdicts(comparison)
    print(f"report: {page}")
    return 0


def _print_progress(text: str) -> None:
    """Print to standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)
