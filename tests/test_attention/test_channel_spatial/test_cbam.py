"""CBAM against timm's and plain formulas."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.cbam import Cbam

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

CBAM = {
    "channel.fc1.weight": "mlp.reduce.weight",
    "channel.fc1.bias": "mlp.reduce.bias",
    "channel.fc2.weight": "mlp.expand.weight",
    "channel.fc2.bias": "mlp.expand.bias",
    "spatial.conv.bn.weight": "norm.weight",
    "spatial.conv.bn.bias": "norm.bias",
    "spatial.conv.bn.running_mean": "norm.running_mean",
    "spatial.conv.bn.running_var": "norm.running_var",
}


def timms_cbam(module: nn.Module, kernel_size: int) -> Any:
    """timm's CBAM with the weights of ours; it takes the mean before the maximum."""
    theirs = reference("timm.layers.cbam").CbamModule(
        32, rd_channels=4, spatial_kernel_size=kernel_size, mlp_bias=True
    )
    copy_weights(module, theirs, CBAM)
    weight = module.get_submodule("conv").weight
    assert isinstance(weight, Tensor)
    theirs.spatial.conv.conv.weight.data = weight.detach().flip(1)
    return theirs


@pytest.mark.parametrize("kernel_size", [3, 7])
@pytest.mark.parametrize("training", [False, True])
def test_cbam_is_timms(kernel_size: int, training: bool) -> None:
    module = ours(lambda: Cbam(32, reduction=8, kernel_size=kernel_size, start="paper")).train(training)
    theirs = timms_cbam(module, kernel_size).train(training)
    if training:
        theirs.spatial.conv.bn.momentum = 0.01
    agree(module, theirs, example(), tolerance=1e-8)
    parameters_agree(module, theirs, CBAM, example())


@pytest.mark.parametrize("order", ["cs", "sc", "parallel"])
@pytest.mark.parametrize("pool", ["avg", "max", "both"])
def test_cbam_is_its_formula_at_every_order_and_pool(order: str, pool: str) -> None:
    module = ours(lambda: Cbam(32, kernel_size=3, order=order, pool=pool, norm="none"))
    mlp, conv = module.get_submodule("mlp"), module.get_submodule("conv")

    def channel(x: Tensor) -> Tensor:
        parts = {"avg": x.flatten(2).mean(2), "max": x.flatten(2).max(2).values}
        logits = sum(
            (mlp(z) for name, z in parts.items() if pool in (name, "both")),
            start=torch.tensor(0.0),
        )
        return 2 * torch.sigmoid(logits).reshape(2, 32, 1, 1)

    def spatial(x: Tensor) -> Tensor:
        parts = {"max": x.max(1).values, "avg": x.mean(1)}
        maps = torch.stack([m for name, m in parts.items() if pool in (name, "both")], 1)
        return 2 * torch.sigmoid(conv(maps))

    def plain(x: Tensor) -> Tensor:
        if order == "parallel":
            return x * channel(x) * spatial(x)
        first, second = (channel, spatial) if order == "cs" else (spatial, channel)
        y = x * first(x)
        return y * second(y)

    agree(module, plain, example())


@pytest.mark.parametrize("order", ["cs", "sc", "parallel"])
def test_the_gate_of_cbam_times_x_is_its_output(order: str) -> None:
    module = ours(lambda: Cbam(32, order=order)).eval()
    assert isinstance(module, Cbam)
    torch.testing.assert_close(module.gate(example()) * example(), module(example()))
