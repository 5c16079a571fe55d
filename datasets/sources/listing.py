"""The contents of a data set on disk before anything is decoded: its examples, their classes, its own splits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from user_error import UserError

from ..masks.values import MaskMeaning
from . import image_decoding

Ints = NDArray[np.int64]
SPLITS = ("train", "validation", "test")
SYSTEM_FILES = frozenset(
    (
        *("thumbs.db", "desktop.ini", "__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found"),
        "system volume information",
    )
)
"""What operating systems and network drives add to folders, in lower case."""
MAX_NAMES = 3
"""How many names a message lists before it only counts the rest."""


class Reader(Protocol):
    """Reads the examples of a listing by position. Every method may raise `image_decoding.DECODE_ERRORS`."""

    def load_image(self, index: int) -> Image.Image:
        """Return the image as it is stored."""

    def load_mask(self, index: int) -> NDArray[np.int64]:
        """Return the class indices (h,w); segmentation only."""

    def hash_content(self, index: int) -> bytes:
        """Return the SHA-256 of the image, 32 bytes; in segmentation followed by the mask's, 64 bytes."""

    def mask_path(self, index: int) -> Path | None:
        """Return the file of the mask, or None where it is not a file of its own."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All N examples of a data set for one task.

    names (N): paths relative to the root, for messages; labels (N,): the classes, empty in segmentation;
    splits: positions of each split that the data set itself provides, origins: where each comes from, for messages;
    meaning: what the options say of mask values, None where the classes are the values; ignored: the mask values
    without a class, in words; problems: errors that rule out training, warnings: what is doubtful, one line each;
    fingerprint: a hash of the path, size and time of every file; layout: which folders were taken for what, in words.
    """

    reader: Reader
    names: Sequence[str]
    labels: Ints
    splits: dict[str, Ints]
    classes: tuple[str, ...]
    ignore_index: int | None = None
    meaning: MaskMeaning | None = None
    ignored: str = ""
    channels: int = 3
    origins: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    fingerprint: str = ""
    layout: str = ""


def join_names(names: Sequence[str], count: int | None = None) -> str:
    """Join names as 'a, b, c and 7 more'; `count` is their number where `names` holds only the first."""
    total = len(names) if count is None else count
    rest = total - min(len(names), MAX_NAMES)
    return ", ".join(names[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def printable(name: str) -> str:
    """Return a file name as one printable line, whatever bytes it holds."""
    plain = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in plain)


def list_folder(folder: Path) -> list[Path]:
    """Return the entries of a folder sorted by name, without hidden files and those that operating systems add.

    Raises UserError for a folder that cannot be read.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise UserError(f"{printable(str(folder))}: cannot be read ({error.strerror})") from error
    kept = [
        path for path in entries if not path.name.startswith(".") and path.name.lower() not in SYSTEM_FILES
    ]
    return sorted(kept, key=lambda path: os.fsencode(path.name))


def is_image_file(path: Path) -> bool:
    """Tell whether the file name has the extension of an image format."""
    return path.suffix.lower() in image_decoding.EXTENSIONS


def fingerprint_files(paths: Sequence[Path], root: Path) -> str:
    """Hash names, sizes and modification times without reading the files.

    The hash changes when a file is added, removed, renamed or written to.
    """
    total = hashlib.sha256()
    for path in paths:
        try:
            status = path.stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError as error:
            state = str(error.errno)
        total.update(os.fsencode(path.relative_to(root)) + b"\0" + state.encode() + b"\0")
    return total.hexdigest()


def hash_file(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def open_image(path: Path) -> Image.Image:
    """Open an image file and decode all of it. Raises one of `image_decoding.DECODE_ERRORS`."""
    with Image.open(path) as image:
        image.load()
        return image
