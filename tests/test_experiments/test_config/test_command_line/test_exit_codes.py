"""Exit codes keep their values: scripts of users depend on them."""

import os

from experiments.config.command_line import exit_codes


def test_exit_codes_keep_their_values() -> None:
    codes = {name: value for name, value in vars(exit_codes).items() if name.isupper()}
    assert codes == {
        "DONE": 0,
        "SOMETHING_FAILED": 1,
        "REFUSED": 2,
        "NOT_RUNNABLE": 3,
        "INTERNAL_ERROR": os.EX_SOFTWARE,
        "INTERRUPTED": 128 + 2,
    }
