"""What all layouts of image folders share: roots, class names, and reading examples from files."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from user_error import UserError

from ..masks.decoding import UnknownMaskValuesError, mask_to_classes
from ..masks.lossy_formats import require_lossless
from . import image_decoding, listing
from .image_decoding import Bytes
from .listing import printable

CLASS_LIST = "classes.txt"


class MaskCoding(NamedTuple):
    """How the stored values of masks become classes.

    palette (k,3): the color of each class; table (256,): the class of each stored value; both None: as they are.
    """

    palette: Bytes | None = None
    table: NDArray[np.int64] | None = None


class FolderReader:
    """Reads images from files and, in segmentation, their masks from as many files."""

    def __init__(
        self,
        images: Sequence[Path],
        masks: Sequence[Path] | None = None,
        coding: MaskCoding | None = None,
    ) -> None:
        self.images, self.masks, self.coding = images, masks, coding or MaskCoding()

    def load_image(self, index: int) -> Image.Image:
        return _load_image(self.images[index])

    def load_mask(self, index: int) -> NDArray[np.int64]:
        assert self.masks is not None
        try:
            stored = _load_image(self.masks[index])
            require_lossless(stored, self.masks[index])
            mask = mask_to_classes(image_decoding.apply_exif_orientation(stored), self.coding.palette)
        except UnknownMaskValuesError:
            raise
        except image_decoding.DECODE_ERRORS as error:
            raise UserError(f"its mask: {error}") from error
        return mask if self.coding.table is None else self.coding.table[mask.clip(0, 255)]

    def hash_content(self, index: int) -> bytes:
        _require_regular_file(self.images[index])
        image = listing.hash_file(self.images[index])
        if self.masks is None:
            return image
        _require_regular_file(self.masks[index])
        return image + listing.hash_file(self.masks[index])

    def mask_path(self, index: int) -> Path | None:
        return None if self.masks is None else self.masks[index]


def _load_image(path: Path) -> Image.Image:
    """Load an image; UserError gives the reason in words, without the path."""
    try:
        _require_regular_file(path)
        return listing.open_image(path)
    except UnidentifiedImageError:
        is_empty = path.stat().st_size == 0
        is_tiff = path.suffix.lower() in (".tif", ".tiff")
        limit = (
            ", such as TIFF of more than six bands or of several bands of floating-point numbers"
            if is_tiff
            else ""
        )
        raise UserError(
            "an empty file" if is_empty else f"not an image that Pillow can read{limit}"
        ) from None
    except OSError as error:
        raise UserError(error.strerror or str(error)) from error


def _require_regular_file(path: Path) -> None:
    """Raise UserError for a pipe, socket or device: to open one would wait forever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise UserError("not a regular file, but a pipe, socket or device")


def require_root(name: str, root: str) -> Path:
    """Return the root of the data set `name` as an existing folder. Raises UserError otherwise."""
    if not root:
        raise UserError(f"data set {name}: no folder given; set dataset.options.root")
    path = Path(root).expanduser()
    if not path.is_dir():
        kind = "no such folder" if not path.exists() else "is a file, not a folder"
        raise UserError(f"data set {name}: root {printable(root)}: {kind}")
    return path


def number_splits(counts: Mapping[str, int]) -> dict[str, NDArray[np.int64]]:
    """Return the positions of each split where the splits follow each other in the listing."""
    ends = np.cumsum([0, *counts.values()])
    return {split: np.arange(*ends[number : number + 2]) for number, split in enumerate(counts)}


def find_class_list(root: Path, base: Path) -> Path | None:
    """Return the `classes.txt` in `root`, in `base` below it or in a folder between them; None for none.

    Raises UserError for two that differ.
    """
    inner = base.relative_to(root).parts
    paths = [root.joinpath(*inner[:depth], CLASS_LIST) for depth in range(len(inner) + 1)]
    found = [path for path in paths if path.is_file()]
    for other in found[1:]:
        if _read_lines(other) != _read_lines(found[0]):
            both = f"{printable(str(found[0]))} and {printable(str(other))}"
            raise UserError(
                f"{both} list different classes; keep one, or name them with the option `classes`"
            )
    return found[0] if found else None


def read_class_names(root: Path, option: str, base: Path | None = None) -> tuple[str, ...] | None:
    """Return class names from the option (separated by commas), else from the lines of `classes.txt`, else None.

    base: the folder below `root` that the data start in; the list may be in both and between them.
    Raises UserError for an empty name, a name that appears twice and a list that cannot be read.
    """
    path = None if option else find_class_list(root, base or root)
    if option:
        names, source = [name.strip() for name in option.split(",")], "classes"
    elif path:
        names, source = _read_lines(path), printable(str(path))
    else:
        return None
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if not all(names):
        raise UserError(f"{source}: an empty name")
    if duplicates:
        raise UserError(f"{source}: {duplicates[0]!r} is listed twice")
    return tuple(names)


def _read_lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{printable(str(path))}: cannot be read as UTF-8 text ({error})") from error
    return [line for line in lines if line]
