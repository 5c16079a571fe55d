"""Folder layouts that people bring, each with what becomes of it, worked out by hand.

Paths are written with braces: `train/{cat,dog}/{1,2}.jpg` are four files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

Paths = Sequence[str]


class Layout(NamedTuple):
    """Files, and what becomes of them.

    photos, masks, others: the files, those of `others` empty; a name that ends in a slash is an empty folder.
    classes: the images of each split and class; pairs: the images of each split and their masks, in the same order;
    refused: or else a pattern of the message that refuses the layout; warning: a pattern of a warning.
    seen, becomes: the row of this layout in docs/data.md, if it has one.
    """

    name: str
    photos: Paths
    masks: Paths = ()
    others: Paths = ()
    classes: Mapping[str, Mapping[str, str]] = {}
    pairs: Mapping[str, tuple[str, str]] = {}
    refused: str = ""
    warning: str = ""
    seen: str = ""
    becomes: str = ""

    @property
    def kind(self) -> str:
        """The data set that it is."""
        return "mask_folder" if self.pairs else "image_folder"


def expand(path: str) -> list[str]:
    """Return the paths that braces stand for: 'a/{1,2}' are 'a/1' and 'a/2'."""
    parts = [part.strip("{}").split(",") for part in re.split(r"(\{[^}]*\})", path)]
    return ["".join(words) for words in itertools.product(*parts)]


def make(layout: Layout, root: Path) -> Path:
    """Write the files of a layout below `root`; every photo has other pixels."""
    seeds = itertools.count()
    root.mkdir()
    for kind, paths in (("photo", layout.photos), ("mask", layout.masks), ("", layout.others)):
        for path in itertools.chain.from_iterable(map(expand, paths)):
            target = root / path
            (target if path.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
            if kind:
                _save(target, next(seeds), is_mask=kind == "mask")
            elif not path.endswith("/"):
                target.write_bytes(b"")
    return root


def _save(path: Path, seed: int, *, is_mask: bool) -> None:
    generator = np.random.default_rng(seed)
    size, levels = ((8, 8), 2) if is_mask else ((8, 8, 3), 256)
    pixels = generator.integers(levels, size=size, dtype=np.uint8)
    with path.open("wb") as file:
        Image.fromarray(pixels).save(file, format="PNG")  # whatever the name says: Pillow goes by content
