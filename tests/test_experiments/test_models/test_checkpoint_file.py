"""Files of weights are read in the forms that trainings write, and nothing in them is executed."""

import argparse
import importlib
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from experiments.models.checkpoint_file import read_weights
from user_error import UserError


class Small(nn.Module):
    """A network of one layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 3)


def filled(value: float) -> dict[str, Tensor]:
    return {"layer.weight": torch.full((3, 2), value), "layer.bias": torch.full((3,), value)}


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def value_of(path: Path, averaged: bool | None = None) -> float:
    """The one value of all tensors that are read."""
    state = read_weights(path, averaged=averaged).state
    assert sorted(state) == ["layer.bias", "layer.weight"]
    (value,) = {number for tensor in state.values() for number in tensor.flatten().tolist()}
    return float(value)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """`model_best.pth.tar` as timm's own train.py writes it: weights of 1, their moving average of 2."""
    model = Small()
    model.load_state_dict(filled(1.0))
    training: Any = importlib.import_module("timm.utils")
    ema = training.ModelEmaV3(model)
    ema.module.load_state_dict(filled(2.0))
    args = argparse.Namespace(model="resnet10t", lr=0.1, data_dir=None)
    saver = training.CheckpointSaver(
        model,
        torch.optim.SGD(model.parameters(), 0.1),
        args=args,
        model_ema=ema,
        checkpoint_dir=str(tmp_path),
    )
    saver.save_checkpoint(0, metric=0.5)
    return tmp_path / "model_best.pth.tar"


def test_a_checkpoint_of_timms_training_cannot_be_read_by_torch_alone(checkpoint: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match="Namespace"):
        torch.load(checkpoint, weights_only=True)


def test_a_checkpoint_of_timms_training_gives_its_average_or_its_weights_as_asked(checkpoint: Path) -> None:
    assert [value_of(checkpoint, averaged) for averaged in (None, True, False)] == [2.0, 2.0, 1.0]
    found = read_weights(checkpoint)
    assert (found.key, found.other) == ("state_dict_ema", "state_dict")
    left = read_weights(checkpoint, averaged=False)
    assert (left.key, left.other) == ("state_dict", "state_dict_ema")


@pytest.mark.parametrize(
    "content",
    [
        filled(3.0),
        {"state_dict": filled(3.0), "epoch": 4},
        {"model": filled(3.0), "args": argparse.Namespace(lr=0.1)},
        {"model": filled(3.0), "model_ema": None},
        {"state_dict": filled(3.0), "best": np.float64(0.5), "last": np.float32(1), "n": np.int64(3)},
        {"state_dict": {f"module.{name}": value for name, value in filled(3.0).items()}},
        {"state_dict": {f"_orig_mod.{name}": value for name, value in filled(3.0).items()}},
        {"model_ema": {"n_averaged": torch.tensor(7), **{f"module.{k}": v for k, v in filled(3.0).items()}}},
    ],
)
def test_the_forms_of_checkpoints_give_the_same_tensors(content: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", content)
    assert value_of(path) == 3.0
    assert read_weights(path).other == ""


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(filled(4.0), tmp_path / "model.safetensors")
    assert value_of(tmp_path / "model.safetensors") == 4.0


@pytest.mark.parametrize(
    ("content", "averaged", "message"),
    [
        (filled(1.0), True, "backbone.ema: true, but .* holds no moving average"),
        ({"state_dict_ema": filled(1.0)}, False, "backbone.ema: false, but .* nothing but the average"),
    ],
)
def test_weights_that_the_file_does_not_hold_are_an_error(
    content: Any, averaged: bool, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        read_weights(saved(tmp_path / "model.pth", content), averaged=averaged)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_numbers_that_are_not_finite_are_refused(value: float, dtype: torch.dtype, tmp_path: Path) -> None:
    state = {name: tensor.to(dtype) for name, tensor in filled(1.0).items()}
    state["layer.bias"][1] = value
    state["step"] = torch.tensor(3)
    with pytest.raises(
        UserError, match=r"model.pth: 1 of 3 tensors hold NaN or infinity, first layer\.bias;"
    ):
        read_weights(saved(tmp_path / "model.pth", {"state_dict": state}))
    save_file({**state, "layer.weight": state["layer.weight"] * value}, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="2 of 3 tensors hold NaN or infinity, first layer"):
        read_weights(tmp_path / "a.safetensors")


def test_a_limit_that_infinity_switches_off_is_read_and_one_that_is_no_number_is_refused(
    tmp_path: Path,
) -> None:
    state = {**filled(1.0), "layer.input_min": torch.tensor(-float("inf"))}
    read = read_weights(saved(tmp_path / "model.pth", state))
    assert "layer.input_min" in str(read)
    state["layer.input_min"] = torch.tensor(float("nan"))
    with pytest.raises(UserError, match=r"1 of 3 tensors hold NaN or infinity, first layer\.input_min;"):
        read_weights(saved(tmp_path / "model.pth", state))


def test_numbers_that_float32_cannot_hold_are_refused(tmp_path: Path) -> None:
    state = {**filled(1.0), "layer.bias": torch.full((3,), 1e300, dtype=torch.float64)}
    with pytest.raises(UserError, match="1 of 2 tensors hold NaN or infinity"):
        read_weights(saved(tmp_path / "model.pth", state))


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (torch.ones(3, dtype=torch.complex64), "holds complex numbers"),
        (torch.ones(3, device="meta"), "has a shape and no numbers"),
        (torch.ones(3).to_sparse(), "is sparse"),
    ],
)
def test_tensors_that_are_no_plain_numbers_are_refused(tensor: Tensor, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"model.pth: layer\.bias {says}; weights are plain real numbers"):
        read_weights(saved(tmp_path / "model.pth", {**filled(1.0), "layer.bias": tensor}))


class Acts:
    """Unpickled, it would write a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


@pytest.mark.parametrize("form", ["zip", "legacy", "pickle"])
@pytest.mark.parametrize("place", ["state_dict", "args"])
def test_what_would_act_is_refused_in_one_line_without_a_warning(
    form: str, place: str, tmp_path: Path
) -> None:
    trace, path = tmp_path / "acted", tmp_path / "model.pth"
    content: dict[str, Any] = {"state_dict": filled(1.0), place: Acts(str(trace))}
    if form == "pickle":
        path.write_bytes(pickle.dumps(content, protocol=4))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    trace.unlink(missing_ok=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(UserError, match="cannot be read as weights") as error:
            read_weights(path)
    assert "\n" not in str(error.value)
    assert told == []
    assert not trace.exists()


def test_the_class_that_a_file_would_need_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", {"state_dict": filled(1.0), "config": Small()})
    with pytest.raises(UserError, match=r"more than weights, .*test_checkpoint_file\.Small.*not unpickled"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([1, 2], "holds no dictionary of tensors"),
        (torch.zeros(2), "holds no dictionary of tensors"),
        ({}, "holds nothing; weights are a dictionary of tensors"),
        ({1: torch.ones(2), "a": torch.ones(3)}, "holds tensors under 1, which are no texts"),
        ({"model": {(1, 2): torch.ones(2)}}, r"holds tensors under \(1, 2\), which are no texts"),
        ({None: torch.ones(2), b"a": torch.ones(2)}, "holds tensors under None, b'a', which are no texts"),
        ({1: torch.ones(2), "a\nb": 3}, r"holds 'a\\nb', which are no tensors"),
        ({"net": filled(1.0), "epoch": 3}, "holds net, epoch, which are no tensors; .* at state_dict, model"),
        ({"state_dict": {"layer": filled(1.0)}}, "holds layer, which are no tensors"),
    ],
)
def test_what_is_no_dictionary_of_tensors_is_said_so(content: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"backbone.pretrained: .*model.pth {says}"):
        read_weights(saved(tmp_path / "model.pth", content))


def test_timms_own_reader_takes_the_same_weights(checkpoint: Path) -> None:
    theirs = timm.models.load_state_dict(str(checkpoint))
    ours = read_weights(checkpoint).state
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
