"""How many bad inputs are tried: the promise is at least 150, over all the borders where a user's world comes in."""

from collections.abc import Collection

from . import test_command_lines, test_data, test_environment_variables, test_own_modules
from .studies import DESIGNS, PLAIN_MISTAKES

BORDERS: dict[str, Collection[str]] = {
    "study": {**PLAIN_MISTAKES, **DESIGNS},
    "command line": {
        **test_command_lines.EXPERIMENTS,
        **test_command_lines.ANALYSIS,
        **test_command_lines.UNKNOWN_WORDS,
    },
    "data": {**test_data.IMAGES, **test_data.MASKS},
    "own module": test_own_modules.MISTAKES,
    "environment": test_environment_variables.MISTAKES,
}


def test_at_least_150_bad_inputs_are_tried_and_some_at_each_border() -> None:
    counts = {border: len(mistakes) for border, mistakes in BORDERS.items()}
    print(counts)
    assert sum(counts.values()) >= 150
    assert min(counts.values()) >= 10
