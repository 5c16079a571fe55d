"""Benchmark sets through torchvision's own loaders: downloaded where the network allows, read where they lie."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from http.client import HTTPException
from io import StringIO
from pathlib import Path
from tarfile import TarError
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from user_error import UserError

from . import listing
from .listing import Ints, Listing, shown

Recode = Callable[[NDArray[np.int64]], NDArray[np.int64]]
IGNORED = 255
TIMEOUT = 20.0
"""Seconds after which a server that says nothing is given up."""
FILES = ("_images", "_image_files", "images")
LABELS = ("_labels", "targets", "labels")
"""Where torchvision's data sets keep their files and labels."""


class Source(NamedTuple):
    """One of torchvision's data sets: its class, the folder that it makes below the root, arguments of each split."""

    loader: str
    folder: str
    splits: Mapping[str, Mapping[str, str | bool]]
    archives: Sequence[str]
    """What the user is told to put there."""
    inside: str = ""
    """Where the archives go, below the root."""
    classes: tuple[str, ...] = ()
    """Where the loader does not know them."""
    channels: int = 3
    recode: Recode | None = None
    """From mask values to classes; only in segmentation."""


class TorchvisionReader:
    """Examples of several torchvision data sets, one after the other."""

    def __init__(self, sets: Sequence[Any], recode: Recode | None) -> None:
        self.sets, self.recode = sets, recode
        self.ends = np.cumsum([len(one) for one in sets])

    def at(self, index: int) -> tuple[Any, int]:
        """The data set that holds a position, and the position in it."""
        number = int(np.searchsorted(self.ends, index, side="right"))
        return self.sets[number], index - (int(self.ends[number - 1]) if number else 0)

    def picture(self, index: int) -> Image.Image:
        one, place = self.at(index)
        picture: Image.Image = one[place][0]
        return picture

    def mask(self, index: int) -> NDArray[np.int64]:
        assert self.recode is not None
        one, place = self.at(index)
        return self.recode(np.asarray(one[place][1]).astype(np.int64))

    def digest(self, index: int) -> bytes:
        one, place = self.at(index)
        picture, target = one[place]
        found = _pixels(picture)
        return found if self.recode is None else found + _pixels(target)


def _pixels(picture: Image.Image) -> bytes:
    return hashlib.sha256(f"{picture.mode} {picture.size}".encode() + picture.tobytes()).digest()


def read(name: str, source: Source, root: str, cache: Path, *, url: str) -> Listing:
    """Through the loader. Raises UserError, one line: what to put where, when it is not there and cannot be had."""
    folder = Path(root).expanduser() if root else cache / "downloads"
    sets = {split: _opened(name, source, dict(given), folder, url) for split, given in source.splits.items()}
    ends = np.cumsum([0, *(len(one) for one in sets.values())])
    given = {split: np.arange(*ends[number : number + 2]) for number, split in enumerate(sets)}
    below = folder / source.folder
    return Listing(
        reader=TorchvisionReader(list(sets.values()), source.recode),
        names=[text for split, one in sets.items() for text in _names(split, one, folder)],
        labels=_labels(sets.values()) if source.recode is None else np.empty(0, np.int64),
        given=given,
        classes=source.classes or tuple(str(word) for word in next(iter(sets.values())).classes),
        ignore=None if source.recode is None else IGNORED,
        channels=source.channels,
        places={split: f"its {split} images" for split in sets},
        stamp=listing.stamp(list(listing.files(below, doubts=[], root=folder)), folder),
    )


def _names(split: str, one: Any, root: Path) -> Iterator[str]:
    files = next((getattr(one, name) for name in FILES if hasattr(one, name)), None)
    for number in range(len(one)):
        yield f"{split}[{number}]" if files is None else str(Path(files[number]).relative_to(root))


def _labels(sets: Iterator[Any] | Any) -> Ints:
    found = [next(getattr(one, name) for name in LABELS if hasattr(one, name)) for one in sets]
    return np.concatenate([np.asarray(labels, dtype=np.int64) for labels in found])


def _opened(name: str, source: Source, given: dict[str, str | bool], folder: Path, url: str) -> Any:
    from torchvision import datasets

    make = getattr(datasets, source.loader)
    root = str(folder)
    if source.loader == "SVHN":
        root = str(folder / source.folder)  # alone among them, it makes no folder of its own
    try:
        return make(root, **given)
    except (RuntimeError, OSError, ImportError):
        pass
    try:
        with _patience(), redirect_stdout(StringIO()):
            folder.mkdir(parents=True, exist_ok=True)
            return make(root, **given, download=True)
    except (RuntimeError, OSError, EOFError, ImportError, HTTPException, TarError) as error:
        where = shown(str(folder / source.inside))
        files = " and ".join(source.archives)
        why = " ".join(str(error).split())[:120]
        raise UserError(
            f"data set {name}: not in {where}, and no download ({why}); put {files} there, from {url}"
        ) from error


@contextmanager
def _patience() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
