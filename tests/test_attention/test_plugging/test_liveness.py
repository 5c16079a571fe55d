"""Which sites reach the output depends on the architecture, not on the weights."""

import pytest
import torch
from torch import nn

from attention import reach_output, sites
from attention.contracts.example_inputs import fixed_seed, images
from tests.test_attention.oracles import reference

timm = reference("timm")
smp = reference("segmentation_models_pytorch")


def narrow(decoder: str, seed: int) -> nn.Module:
    """A segmenter so narrow that some of its ReLUs are dead from the start."""
    with fixed_seed(seed):
        model: nn.Module = smp.create_model(
            decoder,
            "tu-resnet10t",
            encoder_weights=None,
            in_channels=1,
            classes=2,
            channels=[8, 8, 8, 8],
            stem_width=4,
        )
    return model


@pytest.mark.parametrize("decoder", ["linknet", "unet", "fpn"])
def test_it_is_the_same_at_every_seed(decoder: str) -> None:
    x = images(1, 1, (64, 64))
    found = {
        tuple(reach_output(model, sites(model, "skip", example=x), example=x))
        for model in (narrow(decoder, seed) for seed in (1, 2, 8, 12))
    }
    wanted = (False, True, True, True, True) if decoder == "fpn" else (True,) * 5
    assert found == {wanted}


def test_zero_weights_kill_no_site() -> None:
    model, x = timm.create_model("resnet18"), images(1, 3, (64, 64))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert all(reach_output(model, sites(model, "stage", example=x), example=x))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
