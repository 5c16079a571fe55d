"""Hashes depend on names, types, shapes and bits, and on nothing else."""

import hashlib

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from experiments.reproducibility.tensor_hash import hash_array, hash_network, hash_tensors


def written_out(named: dict[str, Tensor]) -> str:
    """The same with numpy, in one piece."""
    content = b"".join(
        f"{name}:{named[name].dtype}:{tuple(named[name].shape)}".encode() + named[name].numpy().tobytes()
        for name in sorted(named)
    )
    return hashlib.sha256(content).hexdigest()


def test_the_hash_is_sha256_over_names_types_shapes_and_bytes() -> None:
    named = {"b": torch.arange(6.0).view(2, 3), "a": torch.tensor(3), "c": torch.zeros(0)}
    assert hash_tensors(named.items()) == written_out(named)


def test_order_and_layout_do_not_matter() -> None:
    image = torch.randn(2, 3, 4, 5)
    one = hash_tensors([("a", image), ("b", torch.ones(2))])
    assert (
        hash_tensors([("b", torch.ones(2)), ("a", image.contiguous(memory_format=torch.channels_last))])
        == one
    )


@pytest.mark.parametrize(
    "other",
    [
        {"b": torch.tensor([0.0, 1.0])},
        {"a": torch.tensor([0.0, 1.0], dtype=torch.float64)},
        {"a": torch.tensor([[0.0, 1.0]])},
        {"a": torch.tensor([-0.0, 1.0])},
        {"a": torch.tensor([0.0, 1.0000001])},
    ],
)
def test_name_type_shape_and_every_bit_matter(other: dict[str, Tensor]) -> None:
    assert hash_tensors(other.items()) != hash_tensors([("a", torch.tensor([0.0, 1.0]))])


def test_the_hash_of_an_array_is_sha256_over_type_shape_and_bytes() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    assert hash_array(array) == hashlib.sha256(b"int32:(2, 3)" + array.tobytes()).hexdigest()
    assert hash_array(array.T) == hash_array(array.T.copy()) != hash_array(array)
    assert hash_array(array.astype(np.int64)) != hash_array(array)


def test_plugs_can_be_left_out_of_the_hash_of_a_network() -> None:
    torch.manual_seed(0)
    bare, plugged = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2))
    plugged.load_state_dict(bare.state_dict())
    plugged.add_module("plugs", nn.ModuleDict({"here": nn.Linear(3, 3)}))
    assert hash_network(plugged, without_plugs=True) == hash_network(bare)
    assert hash_network(plugged) != hash_network(bare)


def test_buffers_count_as_well() -> None:
    norm = nn.BatchNorm2d(2)
    before = hash_network(norm)
    assert norm.running_mean is not None
    norm.running_mean += 1
    assert hash_network(norm) != before
