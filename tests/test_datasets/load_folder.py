"""Prepare and load a folder of images, and compare the loaded splits."""

from __future__ import annotations

from pathlib import Path

import torch

from datasets import catalog
from datasets.catalog import Splits
from datasets.preparation.prepare import Prepared


def prepare(root: Path, cache: Path, **options: str | int) -> Prepared:
    kind = "mask_folder" if (root / "train/images").is_dir() else "image_folder"
    task = catalog.find(kind).tasks[0]
    return catalog.prepare(kind, task, {"root": str(root), **options}, cache=cache)


def load(prepared: Prepared, cache: Path, kind: str = "image_folder") -> Splits:
    task = catalog.find(kind).tasks[0]
    return catalog.load(kind, task, prepared.options, cache=cache, content=prepared.content)


def all_rows(splits: Splits) -> list[torch.Tensor]:
    parts = (splits.train, splits.validation, splits.test)
    return [rows[slice(None)] for part in parts for rows in (part.images, part.targets)]


def equal_rows(one: Splits, other: Splits) -> bool:
    return all(torch.equal(a, b) for a, b in zip(all_rows(one), all_rows(other), strict=True))
