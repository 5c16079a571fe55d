"""BAM against its formula."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from attention.channel_spatial.bam import Bam

from ..oracles import agree, batch_norm, example, ours


@pytest.mark.parametrize("training", [False, True])
def test_bam_is_its_formula(training: bool) -> None:
    module = ours(lambda: Bam(32, dilation=2)).train(training)
    p = {name: tensor.clone() for name, tensor in module.state_dict().items()}

    def relu_of_norm(x: Tensor, name: str) -> Tensor:
        return torch.relu(batch_norm(x, p, name, training=training))

    def plain(x: Tensor) -> Tensor:
        hidden = relu_of_norm(x.mean((2, 3)) @ p["channel.0.weight"].T, "channel.1")
        by_channel = batch_norm(hidden @ p["channel.3.weight"].T, p, "channel.4", training=training)
        y = relu_of_norm(functional.conv2d(x, p["spatial.0.weight"]), "spatial.1")
        for conv, norm in (("spatial.3", "spatial.4"), ("spatial.6", "spatial.7")):
            y = relu_of_norm(functional.conv2d(y, p[f"{conv}.weight"], padding=2, dilation=2), norm)
        last = functional.conv2d(y, p["spatial.9.weight"])
        by_place = batch_norm(last, p, "spatial.10", training=training)
        return x * (1 + torch.sigmoid(by_channel[..., None, None] + by_place)) / 1.5

    agree(module, plain, example(4))


def test_the_dilated_convolutions_are_as_many_as_said() -> None:
    spatial = Bam(32, dilation=6, convolutions=3).spatial
    dilations = [layer.dilation[0] for layer in spatial.children() if isinstance(layer, nn.Conv2d)]
    assert dilations == [1, 6, 6, 6, 1]
