"""Loading prepared data by their content: from the cache, made there if there is room, else streamed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from user_error import UserError

from . import array_cache
from .array_cache import Array, Parts
from .preparation import index
from .preparation.known_locations import recall
from .preparation.prepare import SPLITS, Seen, folder_of, frame_of, see, size_of
from .sources import image_decoding
from .sources.file_dataset import OnDisk, Options
from .sources.image_decoding import Bytes, Frame
from .sources.listing import Ints, shown


class Loaded(NamedTuple):
    """Arrays or streamed rows by name, `<split>_images` and `<split>_targets`, and what they mean."""

    arrays: dict[str, Any]
    classes: tuple[str, ...]
    ignore: int | None


def load(row: OnDisk, task: str, options: Options, content: str, *, cache: Path) -> Loaded:
    """Prepared data by their content: from the cache, made there if there is room, else streamed.

    Raises UserError where the files have changed since they were prepared.
    """
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "targets")]
    folder = folder_of(cache, content, options)
    stored = array_cache.found(folder, names=[*names, "meta"])
    if stored is None:
        place = recall(cache, content)
        seen = see(row, task, {**place, **options}, {}, cache)
        if seen.prepared.report.problems or seen.prepared.content != content:
            changed = (*seen.prepared.report.problems, "the content is another one")[0]
            raise UserError(
                f"data set {row.name}: {shown(place['root'])} has changed since it was planned ({changed})"
            )
        made = _Rows(seen, frame_of(options, seen.listing.channels), masks=task == "segmentation")
        why = array_cache.no_room(cache, size_of(seen.parts, made.frame, made.masks))
        try:
            stored = None if why else array_cache.fetch(folder, made.all, names=[*names, "meta"])
        except OSError as error:
            why = f"{folder}: {error.strerror or error}"
        if stored is None:
            print(f"data are decoded anew in every epoch: {why}", file=sys.stderr)
            return Loaded(made.streamed(), seen.listing.classes, seen.listing.ignore)
    meta = json.loads(stored.arrays.pop("meta").tobytes())
    return Loaded(stored.arrays, tuple(meta["classes"]), meta["ignore"])


class _Rows:
    """Makes the arrays of a listing, or each of their rows."""

    def __init__(self, seen: Seen, frame: Frame, *, masks: bool) -> None:
        self.listing, self.parts, self.frame, self.masks = seen.listing, seen.parts, frame, masks

    def image(self, position: int) -> Bytes:
        return image_decoding.image(self.listing.reader.picture(position), self.frame)

    def mask(self, position: int) -> Bytes:
        return image_decoding.mask(self.listing.reader.mask(position).astype(np.uint8), self.frame)

    def all(self) -> dict[str, Array | Parts]:
        """Every array, made while it is written."""
        meta = json.dumps({"classes": self.listing.classes, "ignore": self.listing.ignore})
        made: dict[str, Array | Parts] = {"meta": np.frombuffer(meta.encode(), np.uint8)}
        side = (self.frame.height, self.frame.width)
        for split, positions in self.parts.items():
            made[f"{split}_images"] = _parts(self.image, positions, (self.frame.channels, *side))
            made[f"{split}_targets"] = (
                _parts(self.mask, positions, side) if self.masks else self.listing.labels[positions]
            )
        return made

    def streamed(self) -> dict[str, Any]:
        """The same arrays' rows, decoded when they are asked for."""
        from .streaming import Streamed

        side = (self.frame.height, self.frame.width)
        made: dict[str, Any] = {}
        for split, positions in self.parts.items():
            count = len(positions)
            made[f"{split}_images"] = Streamed(
                _at(self.image, positions), (count, self.frame.channels, *side)
            )
            made[f"{split}_targets"] = (
                Streamed(_at(self.mask, positions), (count, *side))
                if self.masks
                else self.listing.labels[positions]
            )
        return made


def _at(make: Callable[[int], Bytes], positions: Ints) -> Callable[[int], Bytes]:
    return lambda row: make(int(positions[row]))


def _parts(make: Callable[[int], Bytes], positions: Ints, shape: tuple[int, ...]) -> Parts:
    rows = (row[None] for row in index.mapped(lambda at: make(int(at)), positions))
    return Parts((len(positions), *shape), np.uint8, rows)
