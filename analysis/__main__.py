"""python -m analysis report STUDY --store runs"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 2: the user's mistake, said in one line."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser(
        "report", help="verdicts, tables, figures and one offline page of a recorded study"
    )
    report.add_argument("study", metavar="STUDY", help="a recorded study's name, or its YAML file")
    report.add_argument(
        "--store", type=Path, default=Path("runs"), help="the run store's folder (default: runs)"
    )
    report.add_argument("--output", type=Path, help="the report's folder (default: STORE/reports/STUDY)")
    report.set_defaults(command=_report)
    return parser


def _report(options: argparse.Namespace) -> int:
    from . import figures, frames, report  # pandas and matplotlib load here, not for --help
    from .comparing import compare
    from .console import print_verdicts

    study = frames.study_name(options.study)
    comparison = compare(frames.read(options.store, study))
    folder = options.output or options.store / "reports" / study
    page = report.write(report.build(comparison, figures.draw(comparison)), folder)
    print_verdicts(comparison)
    print(f"report: {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
