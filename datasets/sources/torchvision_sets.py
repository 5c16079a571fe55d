"""Benchmark data sets through torchvision's own classes: read where the files are, downloaded otherwise."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

from . import folder_layout, listing
from .layout.folder_tree import read_folder
from .listing import Ints, Listing, printable

Recode = Callable[[NDArray[np.int64]], NDArray[np.int64]]
IGNORE_INDEX = 255
TIMEOUT = 20.0
"""Seconds after which a server that does not answer is given up."""
FILE_ATTRIBUTES = ("_images", "_image_files", "images")
LABEL_ATTRIBUTES = ("_labels", "targets", "labels")
"""Where torchvision's data sets keep the paths of their files and their labels."""


class TorchvisionSource(NamedTuple):
    """How to read a benchmark with a class of torchvision.datasets.

    loader: the name of the class; folder: what it creates below the root; splits: its keyword arguments for each
    split; archives: the files to download by hand, and inside: where to put them, below the root; classes: the class
    names where the loader does not know them; recode: mask values to classes, segmentation only.
    """

    loader: str
    folder: str
    splits: Mapping[str, Mapping[str, str | bool]]
    archives: Sequence[str]
    inside: str = ""
    classes: tuple[str, ...] = ()
    channels: int = 3
    recode: Recode | None = None


class TorchvisionReader:
    """Reads the examples of several torchvision data sets, one after the other."""

    def __init__(self, datasets: Sequence[Any], recode: Recode | None) -> None:
        self.datasets, self.recode = datasets, recode
        self.ends = np.cumsum([len(dataset) for dataset in datasets])

    def locate(self, index: int) -> tuple[Any, int]:
        """Return the data set that holds a position, and the position in it."""
        number = int(np.searchsorted(self.ends, index, side="right"))
        return self.datasets[number], index - (int(self.ends[number - 1]) if number else 0)

    def load_image(self, index: int) -> Image.Image:
        dataset, position = self.locate(index)
        image: Image.Image = dataset[position][0]
        return image

    def load_mask(self, index: int) -> NDArray[np.int64]:
        assert self.recode is not None
        dataset, position = self.locate(index)
        return self.recode(np.asarray(dataset[position][1]).astype(np.int64))

    def hash_content(self, index: int) -> bytes:
        dataset, position = self.locate(index)
        image, target = dataset[position]
        image_hash = _hash_pixels(image)
        return image_hash if self.recode is None else image_hash + _hash_pixels(target)

    def mask_path(self, index: int) -> Path | None:
        return None


def _hash_pixels(image: Image.Image) -> bytes:
    return hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).digest()


def list_examples(name: str, source: TorchvisionSource, root: str, cache: Path, *, url: str) -> Listing:
    """List a benchmark's examples below `root`, or below the cache's download folder where `root` is empty.

    Raises UserError, which says which files to put where, if they are missing and cannot be downloaded.
    """
    folder = Path(root).expanduser() if root else cache / "downloads"
    datasets = {
        split: _open_dataset(name, source, keywords, folder, url) for split, keywords in source.splits.items()
    }
    is_segmentation = source.recode is not None
    files = list(read_folder(folder / source.folder, []).walk())
    return Listing(
        reader=TorchvisionReader(list(datasets.values()), source.recode),
        names=[text for split, dataset in datasets.items() for text in _list_names(split, dataset, folder)],
        labels=np.empty(0, np.int64) if is_segmentation else _collect_labels(datasets.values()),
        splits=folder_layout.number_splits({split: len(dataset) for split, dataset in datasets.items()}),
        classes=source.classes or tuple(str(word) for word in next(iter(datasets.values())).classes),
        ignore_index=IGNORE_INDEX if is_segmentation else None,
        channels=source.channels,
        origins={split: f"its {split} images" for split in datasets},
        fingerprint=listing.fingerprint_files(files, folder),
    )


def _list_names(split: str, dataset: Any, root: Path) -> Iterator[str]:
    files = next((getattr(dataset, name) for name in FILE_ATTRIBUTES if hasattr(dataset, name)), None)
    for number in range(len(dataset)):
        yield f"{split}[{number}]" if files is None else str(Path(files[number]).relative_to(root))


def _collect_labels(datasets: Iterable[Any]) -> Ints:
    labels = [
        next(getattr(dataset, name) for name in LABEL_ATTRIBUTES if hasattr(dataset, name))
        for dataset in datasets
    ]
    return np.concatenate([np.asarray(of_split, dtype=np.int64) for of_split in labels])


def _open_dataset(
    name: str, source: TorchvisionSource, keywords: Mapping[str, str | bool], folder: Path, url: str
) -> Any:
    """Open one split, downloading it if needed. Raises UserError if that fails."""
    from torchvision import datasets

    loader = getattr(datasets, source.loader)
    # SVHN alone among them creates no folder of its own
    root = str(folder / source.folder) if source.loader == "SVHN" else str(folder)
    try:
        return loader(root, **keywords)
    except (RuntimeError, OSError, ImportError):
        pass
    try:
        with _socket_timeout(), redirect_stdout(StringIO()):
            folder.mkdir(parents=True, exist_ok=True)
            return loader(root, **keywords, download=True)
    except (RuntimeError, OSError, EOFError, ImportError, HTTPException, TarError) as error:
        location = printable(str(folder / source.inside))
        files = " and ".join(source.archives)
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"data set {name}: not found in {location}, and the download failed ({reason});"
            f" put {files} there, from {url}"
        ) from error


@contextmanager
def _socket_timeout() -> Iterator[None]:
    """Give up a silent server after `TIMEOUT`; torchvision's downloads have no timeout of their own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
