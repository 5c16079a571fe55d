"""Load prepared data by their content: from the cache, put there first if there is room, else streamed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from user_error import UserError

from . import array_cache
from .array_cache import Array, CachedArrays, ChunkedArray
from .preparation.index import map_in_threads
from .preparation.known_locations import recall
from .preparation.prepare import Inspected, decoded_bytes, image_format, inspect, pixel_folder
from .sources import image_decoding
from .sources.file_dataset import FileDataset, Options
from .sources.image_decoding import Bytes, ImageFormat
from .sources.listing import SPLITS, Ints, printable

NAMES = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "targets")]


class LoadedArrays(NamedTuple):
    """Arrays or streamed rows by name, `<split>_images` and `<split>_targets`, with their classes."""

    arrays: dict[str, Any]
    classes: tuple[str, ...]
    ignore_index: int | None


def load_content(
    dataset: FileDataset, task: str, options: Options, content: str, *, cache: Path, is_kept: bool = True
) -> LoadedArrays:
    """Load prepared data by their content: from the cache, put there first if there is room, else streamed.

    is_kept: False streams what is not in the cache, for those who look at a few rows. Raises UserError if the files
    have changed since they were prepared.
    """
    folder = pixel_folder(cache, content, options)
    stored = array_cache.load(folder, names=[*NAMES, "meta"])
    if stored is None:
        decoder = _find_again(dataset, task, options, content, cache)
        stored = _fill_cache(decoder, folder, cache) if is_kept else None
        if stored is None:
            listing = decoder.listing
            return LoadedArrays(decoder.stream_rows(), listing.classes, listing.ignore_index)
    meta = json.loads(stored.arrays.pop("meta").tobytes())
    return LoadedArrays(stored.arrays, tuple(meta["classes"]), meta["ignore"])


def _find_again(dataset: FileDataset, task: str, options: Options, content: str, cache: Path) -> _RowDecoder:
    """Inspect the files where this content was last found. Raises UserError if it is another one now."""
    known = recall(cache, content)
    inspected = inspect(dataset, task, {**known, **options}, {}, cache)
    problems = inspected.prepared.report.problems
    if problems or inspected.prepared.content != content:
        reason = problems[0] if problems else "the content differs"
        raise UserError(
            f"data set {dataset.name}: {printable(known['root'])} has changed since it was planned ({reason})"
        )
    target = image_format(options, inspected.listing.channels)
    return _RowDecoder(inspected, target, masks=task == "segmentation")


def _fill_cache(decoder: _RowDecoder, folder: Path, cache: Path) -> CachedArrays | None:
    """Decode everything into the cache; where that is impossible say why and return None."""
    size = decoded_bytes(decoder.splits, decoder.target, decoder.masks)
    reason = array_cache.explain_lack_of_space(cache, size)
    if not reason:
        try:
            return array_cache.fetch(folder, decoder.make_arrays, names=[*NAMES, "meta"])
        except OSError as error:
            reason = f"{folder}: {error.strerror or error}"
    print(f"the data are decoded again in every epoch: {reason}", file=sys.stderr)
    return None


class _RowDecoder:
    """Decodes the examples of a listing: all of them for the cache, or row by row."""

    def __init__(self, inspected: Inspected, target: ImageFormat, *, masks: bool) -> None:
        self.listing, self.splits = inspected.listing, inspected.splits
        self.target, self.masks = target, masks

    def decode_image(self, position: int) -> Bytes:
        """Return one image, uint8 (C,H,W)."""
        return image_decoding.image_to_array(self.listing.reader.load_image(position), self.target)

    def decode_mask(self, position: int) -> Bytes:
        """Return one mask, uint8 (H,W)."""
        mask = self.listing.reader.load_mask(position).astype(np.uint8)
        return image_decoding.resize_mask(mask, self.target)

    def make_arrays(self) -> dict[str, Array | ChunkedArray]:
        """Return every array for the cache, decoded while it is written."""
        meta = json.dumps({"classes": self.listing.classes, "ignore": self.listing.ignore_index})
        arrays: dict[str, Array | ChunkedArray] = {"meta": np.frombuffer(meta.encode(), np.uint8)}
        return arrays | self._each_split(_chunk_rows)

    def stream_rows(self) -> dict[str, Any]:
        """Return the same arrays as rows that are decoded when they are indexed."""
        from .streaming import StreamedRows

        return self._each_split(
            lambda decode, positions, shape: StreamedRows(
                lambda row: decode(int(positions[row])), (len(positions), *shape)
            )
        )

    def _each_split(
        self, make_rows: Callable[[Callable[[int], Bytes], Ints, tuple[int, ...]], Any]
    ) -> dict[str, Any]:
        """Make the rows of every split's images and masks; labels are there already."""
        side = (self.target.height, self.target.width)
        rows: dict[str, Any] = {}
        for split, positions in self.splits.items():
            rows[f"{split}_images"] = make_rows(self.decode_image, positions, (self.target.channels, *side))
            rows[f"{split}_targets"] = (
                make_rows(self.decode_mask, positions, side) if self.masks else self.listing.labels[positions]
            )
        return rows


def _chunk_rows(decode: Callable[[int], Bytes], positions: Ints, shape: tuple[int, ...]) -> ChunkedArray:
    rows = (row[None] for row in map_in_threads(lambda position: decode(int(position)), positions))
    return ChunkedArray((len(positions), *shape), np.uint8, rows)
