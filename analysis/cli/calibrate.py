"""The command `calibrate STUDY`: shuffle the arms' labels and count this pipeline's false alarms."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from user_error import UserError

from .options import add_store, add_study

EXAMPLES = "  python -m analysis calibrate quick --shuffles 10000"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `calibrate`."""
    add_study(parser)
    add_store(parser)
    parser.add_argument(
        "--shuffles", type=int, default=1_000, metavar="N", help="number of shuffled studies (default: 1000)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="SEED", help="seed of the shuffling (default: 0)"
    )


def execute(arguments: Namespace) -> int:
    """Print the share of false alarms of each family of comparisons. Raises UserError for --shuffles below 1."""
    if arguments.shuffles < 1:
        raise UserError(f"--shuffles {arguments.shuffles}: must be 1 or more")
    import numpy as np

    from .. import calibration, frames
    from ..comparing import compare

    comparison = compare(frames.read(arguments.store, frames.study_name(arguments.study)))
    rng = np.random.default_rng(arguments.seed)
    for family in comparison.families:
        result = calibration.calibrate(family, rng, shuffles=arguments.shuffles)
        print(*calibration.format_calibration(result), sep="\n")
        if self_comparison := calibration.compare_with_itself(family, rng):
            print(calibration.format_self_comparison(self_comparison))
    return 0
