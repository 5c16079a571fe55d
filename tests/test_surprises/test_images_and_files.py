"""Behaviors of torchvision, safetensors and pandas in docs/surprises.md: a version that changes one fails here."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, ToTensor, v2

from datasets.sources.image_decoding import ImageFormat, resize_mask

COLUMNS = torch.arange(64, dtype=torch.uint8).repeat(64, 1)
"""Each pixel's value is its column."""


def test_a_mask_resized_by_torchvision_lies_half_a_block_beside_its_image() -> None:
    mask, image = tv_tensors.Mask(COLUMNS[None]), tv_tensors.Image(COLUMNS[None])
    corners = v2.Resize((8, 8))(mask)[0, 0].tolist()
    assert corners == [0, 8, 16, 24, 32, 40, 48, 56]
    centers = v2.Resize((8, 8), interpolation=InterpolationMode.NEAREST_EXACT)(mask)[0, 0].tolist()
    assert centers == [4, 12, 20, 28, 36, 44, 52, 60]
    means = v2.Resize((8, 8), antialias=True)(image)[0, 0].double()
    assert abs(float((means - torch.tensor(centers)).mean())) < 0.5
    assert 3.5 <= float((means - torch.tensor(corners)).mean()) <= 4


def test_a_mask_resized_by_the_suite_lies_on_its_image() -> None:
    target = ImageFormat(height=8, width=8, fit="stretch", channels=3)
    assert resize_mask(COLUMNS.numpy(), target)[0].tolist() == [4, 12, 20, 28, 36, 44, 52, 60]


def test_only_the_first_plain_tensor_of_a_sample_is_transformed() -> None:
    image, mask = torch.arange(4.0).view(1, 1, 4), torch.arange(4).view(1, 1, 4)
    flipped, untouched = v2.RandomHorizontalFlip(1.0)(image, mask)
    assert flipped.flatten().tolist() == [3, 2, 1, 0]
    assert untouched.flatten().tolist() == [0, 1, 2, 3]
    _, also_flipped = v2.RandomHorizontalFlip(1.0)(image, tv_tensors.Mask(mask))
    assert also_flipped.flatten().tolist() == [3, 2, 1, 0]


def test_to_tensor_makes_the_brightest_pixel_of_sixteen_bits_negative() -> None:
    brightest = Image.fromarray(np.full((1, 1), 65535, np.uint16))
    tensor = ToTensor()(brightest)
    assert (tensor.dtype, tensor.item()) == (torch.int16, -1)


def test_copying_a_file_over_loaded_weights_changes_them(tmp_path: Path) -> None:
    ones, nines = tmp_path / "ones.safetensors", tmp_path / "nines.safetensors"
    save_file({"weight": torch.ones(4)}, ones)
    save_file({"weight": torch.full((4,), 9.0)}, nines)
    loaded = load_file(ones)["weight"]
    assert loaded.tolist() == [1, 1, 1, 1]
    shutil.copyfile(nines, ones)
    assert loaded.tolist() == [9, 9, 9, 9]
    save_file({"weight": torch.zeros(4)}, ones)  # writes beside it and renames
    assert loaded.tolist() == [9, 9, 9, 9]


def test_arms_with_the_names_of_missing_values_vanish_in_read_csv() -> None:
    table = "arm,score\nnan,1\nNA,2\nnull,3\nNone,4\nnone,5\ncbam,6\n"
    arms = pd.read_csv(io.StringIO(table))["arm"]
    assert arms.dropna().tolist() == ["none", "cbam"]
    assert pd.read_csv(io.StringIO(table), keep_default_na=False)["arm"].tolist()[:4] == [
        "nan",
        "NA",
        "null",
        "None",
    ]
