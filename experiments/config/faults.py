"""Faults of this repository, told from what libraries and a user's own code raise."""

import traceback
from pathlib import Path

from .command_line.shell import PACKAGES
from .paths import ROOT


def is_fault_of_ours(error: BaseException) -> bool:
    """Tell whether an error was raised by a line of this repository that is no call of torch with unfit shapes."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    file = Path(frame.f_code.co_filename)
    is_ours = any(file.is_relative_to(ROOT / package) for package in PACKAGES)
    return is_ours and not isinstance(error, RuntimeError)
