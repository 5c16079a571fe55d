"""The catalog: names, options and loading by name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import datasets
from datasets import catalog


def tensor(rows: object) -> torch.Tensor:
    assert isinstance(rows, torch.Tensor)
    return rows


def digits() -> catalog.GeneratedDataset:
    row = catalog.find("cluttered_digits")
    assert isinstance(row, catalog.GeneratedDataset)
    return row


SMALL = {"train": 64, "validation": 32, "test": 48}


def test_the_package_is_ours() -> None:
    assert datasets.__file__ is not None
    assert Path(datasets.__file__).parent == Path(__file__).parents[2] / "datasets"


def test_resolving_options_imports_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys; from datasets import catalog; catalog.resolve('cluttered_digits', {});"
        "print(*({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_resolving_fills_in_every_default() -> None:
    resolved = catalog.resolve("cluttered_digits", {"noise": 7})
    defaults = {key: option.default for key, option in catalog.find("cluttered_digits").options.items()}
    assert resolved == {**defaults, "noise": 7}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nosie": 3}, "data set cluttered_digits: no option 'nosie'; did you mean 'noise'?"),
        ({"noise": 300}, "noise is 300, must be a whole number from 0 to 255"),
        ({"noise": True}, "noise is True, must be a whole number"),
        ({"noise": 3.0}, "noise is 3.0, must be a whole number"),
        ({"mask": "soft"}, "mask is 'soft', must be one of binary, multiclass"),
        ({"smallest": 30, "largest": 20}, "smallest is 30, must be <= largest, which is 20"),
    ],
)
def test_a_wrong_option_is_answered_in_one_line(given: dict[str, int | str], message: str) -> None:
    with pytest.raises(ValueError) as error:
        catalog.resolve("cluttered_digits", given)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_misspelled_data_set_or_task_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no data set 'cluttered_digit'; did you mean 'cluttered_digits'"):
        catalog.resolve("cluttered_digit", {})
    with pytest.raises(ValueError, match="no task 'segment'; did you mean 'segmentation'"):
        catalog.load("cluttered_digits", "segment", {}, cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_option_without_effect_in_a_task_is_an_error_and_left_out() -> None:
    with pytest.raises(ValueError, match="mask has no effect in classification"):
        catalog.resolve("cluttered_digits", {"mask": "multiclass"}, task="classification")
    assert "mask" not in catalog.resolve("cluttered_digits", {"mask": "binary"}, task="classification")
    assert catalog.resolve("cluttered_digits", {}, task="segmentation")["mask"] == "binary"


def test_splits_have_the_shapes_and_types_of_their_task(tmp_path: Path) -> None:
    digits = catalog.load("cluttered_digits", "classification", SMALL, cache=tmp_path)
    masks = catalog.load("cluttered_digits", "segmentation", SMALL, cache=tmp_path)
    for split, count in SMALL.items():
        images, labels = getattr(digits, split)
        assert (images.dtype, tuple(images.shape)) == (torch.uint8, (count, 1, 48, 48))
        assert (labels.dtype, tuple(labels.shape)) == (torch.int64, (count,))
        same, mask = getattr(masks, split)
        assert torch.equal(same, images)
        assert (mask.dtype, tuple(mask.shape)) == (torch.uint8, (count, 48, 48))
    assert digits.classes == tuple("0123456789")
    assert masks.classes == ("background", "digit")
    assert digits.ignore_index is None
    assert len({digits.content, masks.content}) == 2


def test_the_content_hash_follows_the_data_alone(tmp_path: Path) -> None:
    def content(task: str, folder: str, **given: int | str) -> str:
        return catalog.load("cluttered_digits", task, {**SMALL, **given}, cache=tmp_path / folder).content

    assert content("classification", "a") == content("classification", "b")
    assert content("classification", "a") != content("classification", "a", seed=1)
    assert content("segmentation", "a") != content("segmentation", "a", mask="multiclass")


def test_writing_to_a_loaded_tensor_leaves_the_cache_alone(tmp_path: Path) -> None:
    first = catalog.load("cluttered_digits", "classification", SMALL, cache=tmp_path)
    tensor(first.train.images).zero_()
    again = catalog.load("cluttered_digits", "classification", SMALL, cache=tmp_path)
    assert again.content == first.content
    assert tensor(again.train.images).any()


def test_other_code_or_other_options_never_share_a_cached_folder() -> None:
    row = digits()
    filled = catalog.resolve("cluttered_digits", {})
    folders = {
        catalog._cache_folder_name(row, filled),
        catalog._cache_folder_name(replace(row, code="edited"), filled),
        catalog._cache_folder_name(row, {**filled, "noise": 1}),
    }
    assert len(folders) == 3


def test_scaling_brings_the_scenes_near_zero_mean_and_unit_spread(tmp_path: Path) -> None:
    row = digits()
    grey = tensor(catalog.load(row.name, "classification", SMALL, cache=tmp_path).train.images).float() / 255
    assert len(row.mean) == len(row.std) == row.channels
    assert abs(float((grey.mean() - row.mean[0]) / row.std[0])) < 0.5
    assert 0.7 < float(grey.std() / row.std[0]) < 1.4
