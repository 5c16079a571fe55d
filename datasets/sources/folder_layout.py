"""What own folders have in common: finding the splits, class names, and reading examples from files."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from user_error import UserError

from . import image_decoding, listing
from .listing import shown

SPLIT_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
CLASS_LIST = "classes.txt"


class FolderReader:
    """Pictures from files and, in segmentation, masks from files of equal number."""

    def __init__(
        self,
        images: Sequence[Path],
        masks: Sequence[Path] | None = None,
        palette: image_decoding.Bytes | None = None,
        recode: Callable[[NDArray[np.int64]], NDArray[np.int64]] | None = None,
    ) -> None:
        self.images, self.masks, self.palette, self.recode = images, masks, palette, recode

    def picture(self, index: int) -> Image.Image:
        return _told(self.images[index])

    def mask(self, index: int) -> NDArray[np.int64]:
        assert self.masks is not None
        try:
            mask = image_decoding.indices(_told(self.masks[index]), self.palette)
            return mask if self.recode is None else self.recode(mask)
        except image_decoding.UNREADABLE as error:
            raise UserError(f"mask {shown(self.masks[index].name)}: {error}") from error

    def digest(self, index: int) -> bytes:
        _refuse_pipe(self.images[index])
        image = listing.file_digest(self.images[index])
        if self.masks is None:
            return image
        _refuse_pipe(self.masks[index])
        return image + listing.file_digest(self.masks[index])


def _told(path: Path) -> Image.Image:
    """The picture, or why it is none, in words and without its path."""
    try:
        _refuse_pipe(path)
        return listing.opened(path)
    except UnidentifiedImageError:
        empty = path.stat().st_size == 0
        raise UserError(
            "an empty file" if empty else "no image, or of a kind that Pillow does not know"
        ) from None
    except OSError as error:
        raise UserError(error.strerror or str(error)) from error


def _refuse_pipe(path: Path) -> None:
    """To open one would wait for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise UserError("no file, but a pipe, socket or device")


def rooted(name: str, root: str) -> Path:
    """The root as a folder that is there; UserError says what to give."""
    if not root:
        raise UserError(f"data set {name}: give the folder, as dataset.options.root")
    path = Path(root).expanduser()
    if not path.is_dir():
        kind = "no such folder" if not path.exists() else "is a file, not a folder"
        raise UserError(f"data set {name}: root {shown(root)}: {kind}")
    return path


def split_folders(root: Path) -> dict[str, Path]:
    """The folders of the splits that are there; the root itself as `train` where there is none.

    Raises UserError where two folders name the same split, or training images are missing.
    """
    inside = {path.name: path for path in listing.children(root) if path.is_dir()}
    found: dict[str, Path] = {}
    for split, names in SPLIT_FOLDERS.items():
        there = [name for name in names if name in inside]
        if len(there) > 1:
            raise UserError(
                f"{shown(str(root))}: {there[0]}/ and {there[1]}/ are both its {split} split; keep one"
            )
        if there:
            found[split] = inside[there[0]]
    if found and "train" not in found:
        have = " and ".join(f"{path.name}/" for path in found.values())
        raise UserError(f"{shown(str(root))}: there is {have} but no train/")
    return found or {"train": root}


def class_names(root: Path, given: str) -> tuple[str, ...] | None:
    """From the option (separated by commas), or the lines of `classes.txt`; None where there is neither.

    Raises UserError for a name that is given twice and a list that cannot be read.
    """
    path = root / CLASS_LIST
    if given:
        names, source = [name.strip() for name in given.split(",")], "classes"
    elif path.is_file():
        try:
            names = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{shown(str(path))}: cannot be read as UTF-8 text ({error})") from error
        source = shown(str(path))
        names = [name for name in names if name]
    else:
        return None
    double = sorted({name for name in names if names.count(name) > 1})
    if double or not all(names):
        raise UserError(f"{source}: {'an empty name' if not all(names) else f'{double[0]!r} is named twice'}")
    return tuple(names)
