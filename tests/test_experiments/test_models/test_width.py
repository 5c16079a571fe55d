"""The width of an architecture, against the number of parameters of the networks that it gives."""

from typing import Any

import pytest
import timm
import torch

from experiments.models.width import add_width_arguments, scale_channels


def parameters(name: str, args: dict[str, Any]) -> int:
    with torch.device("meta"):
        model = timm.create_model(name, **args)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("resnet18", "channels"),
        ("convnext_atto", "dims"),
        ("pvt_v2_b0", "embed_dims"),
        ("vit_tiny_patch16_224", "embed_dim"),
    ],
)
def test_the_width_found_builds_the_same_network_and_twice_of_it_a_larger_one(
    name: str, argument: str
) -> None:
    found = add_width_arguments(name, {})
    assert list(found) == [argument]
    assert parameters(name, found) == parameters(name, {})
    assert parameters(name, scale_channels(found, 2.0)) > 2 * parameters(name, {})


def test_widths_that_are_given_are_the_ones_that_count() -> None:
    args = {"channels": [16, 16, 32, 32], "stem_width": 8}
    assert add_width_arguments("resnet10t", args) == args


def test_an_architecture_that_cannot_be_widened_says_so() -> None:
    with pytest.raises(ValueError, match="timm's efficientnet_b0 has no argument that widens it"):
        add_width_arguments("efficientnet_b0", {})
