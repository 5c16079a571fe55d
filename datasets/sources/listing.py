"""What a data set on the disk holds before anything is decoded: its examples, their classes, its own splits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from user_error import UserError

from . import image_decoding

Ints = NDArray[np.int64]
LITTER = {"thumbs.db", "desktop.ini", "__macosx"}
SHOWN = 3
"""How many names a line gives before it only counts."""


class Reader(Protocol):
    """The examples of a listing, by their position in it. All may raise what `pictures.UNREADABLE` names."""

    def picture(self, index: int) -> Image.Image:
        """The picture as it is stored."""

    def mask(self, index: int) -> NDArray[np.int64]:
        """Class indices (h,w); only in segmentation."""

    def digest(self, index: int) -> bytes:
        """SHA-256 of the picture's content, 32 bytes; in segmentation of the mask's as well, 64."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All examples of a data set for one task.

    names: for people, relative to the root; labels: class of each (classification), else empty; given: the
    positions of each split that the data set brings along; problems: what makes it useless, warnings: what is
    doubtful, both a line each; files: relative path, size and time of all that was looked at.
    """

    reader: Reader
    names: Sequence[str]
    labels: Ints
    given: dict[str, Ints]
    classes: tuple[str, ...]
    ignore: int | None = None
    channels: int = 3
    places: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    stamp: str = ""


def some(names: Sequence[str], count: int | None = None) -> str:
    """'a, b, c and 7 more'."""
    total = len(names) if count is None else count
    rest = total - min(len(names), SHOWN)
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def shown(name: str) -> str:
    """A file's name as it can be printed on one line, whatever its bytes are."""
    plain = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in plain)


class Found(Protocol):
    """A list that lines for people are added to."""

    def append(self, line: str, /) -> None: ...


def files(folder: Path, *, doubts: Found, root: Path) -> Iterator[Path]:
    """All files below a folder in the order of their names, links followed; loops and litter are told and left out."""
    yield from _files(folder, doubts, root, {folder.resolve()})


def _files(folder: Path, doubts: Found, root: Path, above: set[Path]) -> Iterator[Path]:
    for path in children(folder):
        if path.is_dir():
            real = path.resolve()
            if real in above:
                doubts.append(
                    f"{shown(str(path.relative_to(root)))}: a link back to a folder above it, left out"
                )
            else:
                yield from _files(path, doubts, root, above | {real})
        else:
            yield path


def children(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, hidden files and what systems leave behind not counted.

    Raises UserError, one line, for a folder that cannot be read.
    """
    try:
        inside = list(folder.iterdir())
    except OSError as error:
        raise UserError(f"{shown(str(folder))}: cannot be read ({error.strerror})") from error
    kept = [path for path in inside if not path.name.startswith(".") and path.name.lower() not in LITTER]
    return sorted(kept, key=lambda path: os.fsencode(path.name))


def is_picture(path: Path) -> bool:
    """By its name alone."""
    return path.suffix.lower() in image_decoding.EXTENSIONS


def stamp(paths: Sequence[Path], root: Path) -> str:
    """Changes when a file is added, removed, renamed or written to: names, sizes and times, nothing read."""
    total = hashlib.sha256()
    for path in paths:
        try:
            about = path.stat()
            state = f"{about.st_size} {about.st_mtime_ns}"
        except OSError as error:
            state = str(error.errno)
        total.update(os.fsencode(path.relative_to(root)) + b"\0" + state.encode() + b"\0")
    return total.hexdigest()


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def opened(path: Path) -> Image.Image:
    """A picture file, decoded to its end. Raises what `pictures.UNREADABLE` names."""
    with Image.open(path) as picture:
        picture.load()
        return picture
