"""From the values that all masks hold to the classes of the data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ..masks.values import MaskMeaning, assign_classes
from ..sources.listing import Ints, Listing, Reader
from .index import Index
from .value_check import find_value_problems


class RecodedReader:
    """Reads another reader's examples; `table` (256,) holds the class of each value of its masks."""

    def __init__(self, reader: Reader, table: Ints) -> None:
        self.reader, self.table = reader, table

    def load_image(self, index: int) -> Image.Image:
        return self.reader.load_image(index)

    def load_mask(self, index: int) -> Ints:
        classes: Ints = self.table[self.reader.load_mask(index)]
        return classes

    def hash_content(self, index: int) -> bytes:
        return self.reader.hash_content(index)

    def mask_path(self, index: int) -> Path | None:
        return self.reader.mask_path(index)


def settle_classes(listing: Listing, index: Index) -> tuple[Listing, Index]:
    """Return the listing with its classes, its problems with values, and masks that hold the classes' indices.

    An ignored value is no class. The index counts the pixels of each class where it counted those of each value.
    """
    meaning = listing.meaning or MaskMeaning(listing.classes, ignore=listing.ignore_index)
    problems = listing.problems or tuple(find_value_problems(meaning, listing, index))
    found = np.flatnonzero(index.values.sum(0))
    classes, ignore_index, table = assign_classes(meaning, found)
    settled = replace(
        listing, classes=classes, ignore_index=ignore_index, ignored=meaning.ignored, problems=problems
    )
    if not problems and listing.meaning and meaning.ignore not in (None, *found.tolist()):
        settled = replace(settled, warnings=(*listing.warnings, _describe_unused(meaning, meaning.ignore)))
    if table is None:
        return settled, index
    values = np.zeros_like(index.values)
    np.add.at(values.T, table, index.values.T)
    return replace(settled, reader=RecodedReader(listing.reader, table)), index._replace(values=values)


def _describe_unused(meaning: MaskMeaning, ignore: int | None) -> str:
    """Say that what is to be ignored occurs in no mask: a typing error, or an option that is not needed."""
    value = f"'{meaning.palette[ignore]}'" if meaning.palette and ignore is not None else str(ignore)
    return f"ignore: {value} occurs in no mask, so no pixel is ignored by it; correct it or leave it out"
