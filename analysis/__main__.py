"""Explain what was trained: python -m analysis report STUDY --store runs"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from user_error import UserError

if TYPE_CHECKING:
    from .planning import Design

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


STORE = Path(os.environ.get("ABLATION_STORE", "runs"))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 2: the user's mistake, said in one line."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (ValueError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser(
        "report", help="verdicts, tables, figures and one offline page of a recorded study"
    )
    report.add_argument("study", metavar="STUDY", help="a recorded study's name, or its YAML file")
    _store_option(report)
    report.add_argument("--output", type=Path, help="the report's folder (default: STORE/reports/STUDY)")
    report.set_defaults(command=_report)
    _add_calibrate(commands)
    _add_power(commands)
    return parser


def _store_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        type=Path,
        default=STORE,
        help="the run store's folder (default: ABLATION_STORE, or else runs)",
    )


def _add_calibrate(commands: Commands) -> None:
    parser = commands.add_parser(
        "calibrate", help="shuffle the arms' labels and count this pipeline's false alarms"
    )
    parser.add_argument("study", metavar="STUDY", help="a recorded study's name, or its YAML file")
    _store_option(parser)
    parser.add_argument("--shuffles", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(command=_calibrate)


def _add_power(commands: Commands) -> None:
    parser = commands.add_parser("power", help="what a design can tell, before or after the compute is spent")
    parser.add_argument(
        "study",
        metavar="STUDY",
        nargs="?",
        help="a recorded study; left out: give --seeds, --arms, ...; -: designs as JSON from standard input",
    )
    parser.add_argument(
        "--spread", metavar="STUDY", help="with -: a study whose runs, if any, show the spread"
    )
    _store_option(parser)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--arms", type=int, default=5, help="arms compared with the baseline")
    parser.add_argument("--settings", type=int, default=1)
    parser.add_argument("--margin", type=float, default=1.0, help="points")
    parser.add_argument("--alpha", type=float, default=0.05)
    parser.add_argument("--sd", type=float, default=float("nan"), help="of paired differences, points")
    parser.set_defaults(command=_power)


def _report(options: argparse.Namespace) -> int:
    from . import figures, frames, report  # pandas and matplotlib load here, not for --help
    from .comparing import compare
    from .console import print_verdicts

    study = frames.study_name(options.study)
    recorded = frames.read(options.store, study)
    _say(f"comparing {len(recorded.runs)} runs and trials")
    comparison = compare(recorded)
    drawings = figures.draw(comparison, said=lambda title: _say(f"drawing: {title}"))
    folder = options.output or options.store / "reports" / study
    _say("writing the page")
    page = report.write(report.build(comparison, drawings), folder)
    print_verdicts(comparison)
    print(f"report: {page}")
    return 0


def _say(text: str) -> None:
    """Progress goes to standard error: standard output is for what was found."""
    print(text, file=sys.stderr, flush=True)


def _calibrate(options: argparse.Namespace) -> int:
    import numpy as np

    from . import calibrating, frames
    from .comparing import compare

    if options.shuffles < 1:
        raise UserError(f"--shuffles {options.shuffles}: must be 1 or more")
    comparison = compare(frames.read(options.store, frames.study_name(options.study)))
    rng = np.random.default_rng(options.seed)
    for family in comparison.families:
        print(*calibrating.lines(calibrating.calibrate(family, rng, shuffles=options.shuffles)), sep="\n")
        if found := calibrating.again(family, rng):
            print(calibrating.again_line(found))
    return 0


def _power(options: argparse.Namespace) -> int:
    from . import planning

    for design in _designs(options):
        more = [seeds for seeds in (6, 8, 10, 15) if seeds > design.seeds]
        print(*planning.lines(design, seeds=more[:2] if options.study else (3, 5, 6, 8, 10)), sep="\n")
    print(planning.LEGEND)
    return 0


def _designs(options: argparse.Namespace) -> list[Design]:
    from . import frames
    from .comparing.designs import recorded_designs
    from .planning import Design, read_designs

    if options.study == "-":
        return _with_spread(read_designs(sys.stdin.read()), options)
    if options.study is not None:
        return recorded_designs(frames.read(options.store, frames.study_name(options.study)))
    for name in ("seeds", "arms", "settings", "margin"):
        if getattr(options, name) <= 0:
            raise UserError(f"--{name} {getattr(options, name):g}: must be above 0")
    if not 0 < options.alpha < 0.5:
        raise UserError(f"--alpha {options.alpha:g}: must lie between 0 and 0.5")
    return [
        Design(
            "as given",
            options.seeds,
            options.arms,
            options.settings,
            options.margin,
            options.alpha,
            options.sd,
        )
    ]


def _with_spread(designs: list[Design], options: argparse.Namespace) -> list[Design]:
    """The designs, with the sd's that the runs of a recorded study show."""
    from . import frames
    from .comparing.designs import recorded_designs

    if not options.spread or not (options.store / "store.sqlite").exists():
        return designs
    if options.spread not in frames.studies(options.store):
        return designs
    shown = {d.title: d.sd for d in recorded_designs(frames.read(options.store, options.spread))}
    return [design._replace(sd=shown.get(design.title, design.sd)) for design in designs]


if __name__ == "__main__":
    sys.exit(main())
