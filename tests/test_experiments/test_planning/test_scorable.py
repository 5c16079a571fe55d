"""Masks are looked at as networks see them: what vanishes at a small size cannot be scored."""

from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.catalog import Split, Splits
from datasets.streaming import StreamedRows
from experiments.config.run_spec import DatasetSpec
from experiments.planning.resolver import Resolver
from experiments.planning.scorable import check_scorable
from tests.test_datasets.own_data import mask, picture
from tests.test_experiments.made import setting


def splits(classes: int, ignore: int | None = None, *, streamed: bool = False, **values: int) -> Splits:
    """Splits of 70 masks; the last one's last pixel of a split has the value given for it, all others 0."""
    parts = {}
    for name in ("train", "validation", "test"):
        masks = np.zeros((70, 4, 4), np.uint8)
        masks[-1, -1, -1] = values.get(name, 1)
        rows = StreamedRows(masks.__getitem__, masks.shape) if streamed else torch.from_numpy(masks)
        parts[name] = Split(torch.zeros(70, 3, 4, 4, dtype=torch.uint8), rows)
    return Splits(**parts, classes=tuple("abcd"[:classes]), ignore_index=ignore, content="")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_without_foreground_is_refused(split: str, streamed: bool) -> None:
    check_scorable(splits(2, streamed=streamed))
    message = rf"^the {split} split cannot be scored: at 4x4 pixels none of its 70 masks has a pixel of 'b'"
    with pytest.raises(ValueError, match=message):
        check_scorable(splits(2, streamed=streamed, **{split: 0}))


def test_with_more_classes_one_counted_pixel_is_enough() -> None:
    check_scorable(splits(3, validation=0))
    check_scorable(splits(3, ignore=0))
    with pytest.raises(
        ValueError, match=r"^the test split cannot be scored: .* has a pixel that is not ignored"
    ):
        check_scorable(splits(3, ignore=0, test=0))


def test_a_size_at_which_the_foreground_vanishes_is_refused_by_the_plan(tmp_path: Path) -> None:
    spot = np.zeros((64, 64), np.uint8)
    spot[30, 30] = 1
    for at, split in enumerate(("train", "val", "test")):
        for number in range(4):
            picture(tmp_path / "d" / split / "images" / f"{number}.png", 10 * at + number, size=(64, 64))
            mask(tmp_path / "d" / split / "masks" / f"{number}.png", spot)
    base = setting("segmentation", batch_size=2)

    def resolve(size: int) -> None:
        data = DatasetSpec(name="mask_folder", options={"root": str(tmp_path / "d"), "size": size})
        Resolver(tmp_path / "cache").resolve_setting("s", base.model_copy(update={"dataset": data}))

    resolve(64)
    with pytest.raises(ValueError, match=r"at 32x32 pixels none of its 4 masks has a pixel of 'class 1'"):
        resolve(32)
