"""Data sets made of files: one entry of the catalog, and the options that all of them have.

They are prepared once (`preparation.prepare`: checked, split and named by a hash of their content) and then loaded
by that hash (`cached_loading`). The location of the files is not part of a run: a run names its data by their content,
and the cache remembers where that content is (`preparation.known_locations`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from user_error import UserError

from ..options import Option, Scalar, parse_text
from . import image_decoding
from .listing import Listing

Options = Mapping[str, int | str]
MAX_SIDE = 4096


def parse_size(value: Scalar) -> str:
    """Return a size as HEIGHTxWIDTH: 64 and '64' become '64x64'; '' means the size of the images themselves.

    Raises UserError for any other text and for sides outside 1 to 4096 pixels.
    """
    written = str(value).strip().lower()
    match = re.fullmatch(r"(\d+)(?:\s*x\s*(\d+))?", written)
    if isinstance(value, bool | float) or (written and not match):
        raise UserError("write a number of pixels, or HEIGHTxWIDTH such as '180x240'")
    if match is None:
        return ""
    height, width = int(match[1]), int(match[2] or match[1])
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise UserError(f"sides must be from 1 to {MAX_SIDE} pixels")
    return f"{height}x{width}"


COMMON_OPTIONS: Mapping[str, Option] = {
    "root": Option(
        default="", parse=parse_text, help="the folder, relative to the study file; ~ and $VARIABLES work"
    ),
    "size": Option(
        default="", parse=parse_size, help="pixels, or HEIGHTxWIDTH; default: the size of the images"
    ),
    "fit": Option(
        default="stretch",
        choices=image_decoding.FITS,
        help="how images get that size: by stretching, or by cropping the center",
    ),
    "validation": Option(
        default=10, low=1, high=50, help="percent of train/ drawn for validation where there is no val/"
    ),
    "test": Option(
        default=0,
        low=0,
        high=80,
        help="percent drawn for testing where there is no test/; 0: half of val/, or 20 % of train/",
    ),
    "split_seed": Option(
        default=0, low=0, high=2**31 - 1, help="the seed that decides which images are drawn"
    ),
}
"""The options of every data set on disk."""


@dataclass(frozen=True, kw_only=True)
class FileDataset:
    """One entry of the catalog whose examples are files.

    `list_examples(options, task, cache)` lists what is below the option `root`. url, megabytes, checksum and citation
    describe the data as published; they are empty for the user's own folders.
    """

    name: str
    title: str
    license: str
    tasks: tuple[str, ...]
    list_examples: Callable[[Options, str, Path], Listing]
    options: Mapping[str, Option]
    url: str = ""
    megabytes: int = 0
    checksum: str = ""
    citation: str = ""

    def check_options(self, options: Options) -> None:
        """Accept any combination: the options of these data sets cannot contradict each other."""
