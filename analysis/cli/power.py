"""The command `power [STUDY]`: what a design can detect, before or after the runs."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from user_error import UserError

from .options import add_store

if TYPE_CHECKING:
    from ..power import Design

EXAMPLES = """  python -m analysis power --seeds 6 --arms 5 --sd 1.2
  python -m analysis power quick"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `power`."""
    parser.add_argument(
        "study",
        metavar="STUDY",
        nargs="?",
        help="a recorded study; without it, describe a design by --seeds, --arms, ...; -: read designs as JSON from "
        "standard input",
    )
    parser.add_argument(
        "--spread", metavar="STUDY", help="with -: take the spread from this study's runs, if there are any"
    )
    add_store(parser)
    parser.add_argument("--seeds", type=int, default=6, metavar="N", help="seeds per arm (default: 6)")
    parser.add_argument(
        "--arms", type=int, default=5, metavar="N", help="arms compared with the baseline (default: 5)"
    )
    parser.add_argument("--settings", type=int, default=1, metavar="N", help="settings (default: 1)")
    parser.add_argument(
        "--margin",
        type=float,
        default=1.0,
        metavar="POINTS",
        help="smallest difference that matters (default: 1)",
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="level of the tests (default: 0.05)")
    parser.add_argument(
        "--sd", type=float, default=float("nan"), metavar="POINTS", help="spread of paired differences"
    )


def execute(arguments: Namespace) -> int:
    """Print what each design can detect, and what more or fewer seeds would."""
    from .. import power

    for design in _designs(arguments):
        more = [seeds for seeds in (6, 8, 10, 15) if seeds > design.seeds]
        print(*power.format_design(design, seeds=more[:2] if arguments.study else (3, 5, 6, 8, 10)), sep="\n")
    print(power.LEGEND)
    return 0


def _designs(arguments: Namespace) -> list[Design]:
    from .. import frames
    from ..comparing.designs import study_designs
    from ..power import read_designs

    if arguments.study == "-":
        return _with_spread(read_designs(sys.stdin.read()), arguments)
    if arguments.study is not None:
        return study_designs(frames.read(arguments.store, frames.study_name(arguments.study)))
    return [_design_from_options(arguments)]


def _design_from_options(arguments: Namespace) -> Design:
    """Build the design that the options describe. Raises UserError for an option out of its range."""
    from ..power import Design

    for name in ("seeds", "arms", "settings", "margin"):
        if not 0 < getattr(arguments, name) < math.inf:
            raise UserError(f"--{name} {getattr(arguments, name):g}: must be a number above 0")
    if arguments.sd <= 0 or math.isinf(arguments.sd):
        raise UserError(f"--sd {arguments.sd:g}: must be a number above 0; leave it out if it is not known")
    if not 0 < arguments.alpha < 0.5:
        raise UserError(f"--alpha {arguments.alpha:g}: must lie between 0 and 0.5")
    names = ("seeds", "arms", "settings", "margin", "alpha", "sd")
    return Design("as given", *(getattr(arguments, name) for name in names))


def _with_spread(designs: list[Design], arguments: Namespace) -> list[Design]:
    """Fill in the standard deviations that the runs of the study named by --spread show."""
    from .. import frames
    from ..comparing.designs import study_designs

    if not arguments.spread or not (arguments.store / "store.sqlite").exists():
        return designs
    if arguments.spread not in frames.studies(arguments.store):
        return designs
    spreads = {d.title: d.sd for d in study_designs(frames.read(arguments.store, arguments.spread))}
    return [design._replace(sd=spreads.get(design.title, design.sd)) for design in designs]
