"""Masks are looked at as networks see them: what vanishes at a small size cannot be scored."""

from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.catalog import Split, Splits
from datasets.preparation.report import Report
from datasets.streaming import StreamedRows
from experiments.config.run_spec import DatasetSpec
from experiments.planning.resolver import Resolver
from experiments.planning.scorable import add_warnings, check_scorable, find_weak
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


@pytest.mark.parametrize("streamed", [False, True])
def test_a_split_that_shows_one_of_three_classes_at_this_size_is_a_warning(streamed: bool) -> None:
    said = "the test split shows only 'a' at 4x4 pixels: its score says nothing of the other classes"
    assert list(find_weak(splits(3, test=0, streamed=streamed))) == [said]
    assert list(find_weak(splits(3, streamed=streamed))) == []
    assert list(find_weak(splits(2, test=0))) == []
    only_one = [text.split(" at ")[0] for text in find_weak(splits(4, ignore=0))]
    assert only_one == [f"the {name} split shows only 'b'" for name in ("train", "validation", "test")]


def test_what_the_report_says_of_the_full_size_is_not_said_again_of_the_smaller_one() -> None:
    told = Report(
        warnings=("the test split shows only 'a': its score says nothing of the other classes", "x")
    )
    assert add_warnings(told, find_weak(splits(3, test=0))) == told
    assert len(add_warnings(told, find_weak(splits(3, test=0, train=0))).warnings) == 3
