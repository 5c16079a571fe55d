"""Data sets that are files: a table's rows, and the options that all of them have.

They are prepared once (looked at, split, named by their content: `preparing`), then loaded by that name (`loading`).
Where the files lie is no part of what they are: a run names its data by the hash of their content, and the cache
remembers where that content was last seen (`remembering`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from user_error import UserError

from ..options import Option, Scalar, text
from . import image_decoding
from .listing import Listing

Options = Mapping[str, int | str]
LARGEST = 4096


def size_option(value: Scalar) -> str:
    """Height x width in one spelling: 64 and '64' are '64x64'; '' leaves it to the images."""
    written = str(value).strip().lower()
    found = re.fullmatch(r"(\d+)(?:\s*x\s*(\d+))?", written)
    if isinstance(value, bool | float) or (written and not found):
        raise UserError("write a number of pixels, or HEIGHTxWIDTH such as '180x240'")
    if found is None:
        return ""
    height, width = int(found[1]), int(found[2] or found[1])
    if not (1 <= height <= LARGEST and 1 <= width <= LARGEST):
        raise UserError(f"sides are from 1 to {LARGEST} pixels")
    return f"{height}x{width}"


COMMON: Mapping[str, Option] = {
    "root": Option(default="", read=text, help="the folder; beside the study file, or ~ and $VARIABLES"),
    "size": Option(default="", read=size_option, help="pixels, or HEIGHTxWIDTH; left out: as all images are"),
    "fit": Option(
        default="stretch",
        choices=image_decoding.FITS,
        help="to that size by stretching, or by cropping the middle",
    ),
    "validation": Option(default=10, low=1, high=50, help="percent of train/ drawn for it, without a val/"),
    "test": Option(
        default=0,
        low=0,
        high=80,
        help="percent drawn for it, without a test/; 0: half of val/, or 20 % of train/",
    ),
    "split_seed": Option(default=0, low=0, high=2**31 - 1, help="which images are drawn"),
}
"""The options of every data set on the disk."""


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """One row of the table: `read` lists what is at the options' root, for a task.

    url, megabytes, checksum and citation are those of the data as they are published; empty for own folders.
    """

    name: str
    title: str
    licence: str
    tasks: tuple[str, ...]
    read: Callable[[Options, str, Path], Listing]
    options: Mapping[str, Option]
    url: str = ""
    megabytes: int = 0
    checksum: str = ""
    citation: str = ""

    def check(self, options: Options) -> None:
        """Options of these data sets do not contradict each other."""
