"""CBAM, scSE and their halves against timm's, SMP's and plain formulas."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention.channel.cse import Cse
from attention.channel_spatial.cbam import Cbam
from attention.channel_spatial.scse import Scse
from attention.spatial.sse import Sse

from .oracles import agree, copied, example, ours, parameters_agree, reference

CBAM = {
    "channel.fc1.weight": "mlp.reduce.weight", "channel.fc1.bias": "mlp.reduce.bias",
    "channel.fc2.weight": "mlp.expand.weight", "channel.fc2.bias": "mlp.expand.bias",
    "spatial.conv.bn.weight": "norm.weight", "spatial.conv.bn.bias": "norm.bias",
    "spatial.conv.bn.running_mean": "norm.running_mean", "spatial.conv.bn.running_var": "norm.running_var",
}  # fmt: skip
SCSE = {
    "cSE.1.weight": "mlp.reduce.weight", "cSE.1.bias": "mlp.reduce.bias", "cSE.3.weight": "mlp.expand.weight",
    "cSE.3.bias": "mlp.expand.bias", "sSE.0.weight": "conv.weight", "sSE.0.bias": "conv.bias",
}  # fmt: skip


def timms_cbam(module: nn.Module, kernel_size: int) -> Any:
    """timm's CBAM with the weights of ours; it takes the mean before the maximum."""
    theirs = reference("timm.layers.cbam").CbamModule(
        32, rd_channels=4, spatial_kernel_size=kernel_size, mlp_bias=True
    )
    copied(module, theirs, CBAM)
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
        logits = sum((mlp(z) for name, z in parts.items() if pool in (name, "both")), start=torch.tensor(0.0))
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


def test_scse_is_smps() -> None:
    module = ours(lambda: Scse(32, reduction=8, start="paper"))
    theirs = copied(module, reference("segmentation_models_pytorch").base.modules.SCSEModule(32, 8), SCSE)
    agree(module, theirs, example())
    parameters_agree(module, theirs, SCSE, example())


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("fusion", ["add", "max", "mul", "gate"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_scse_is_its_formula_at_every_kernel_and_fusion(kernel_size: int, fusion: str, start: str) -> None:
    module = ours(lambda: Scse(32, kernel_size=kernel_size, fusion=fusion, start=start))
    mlp, conv = module.get_submodule("mlp"), module.get_submodule("conv")
    scale = {"add": 1, "max": 2, "mul": 4, "gate": 2}[fusion] if start == "identity" else 1

    def plain(x: Tensor) -> Tensor:
        c = torch.sigmoid(mlp(x.mean(3).mean(2))).reshape(2, 32, 1, 1).expand_as(x)
        s = torch.sigmoid(conv(x)).expand_as(x)
        if fusion == "gate":
            a = torch.sigmoid(module.get_parameter("balance")).expand_as(x)
            return scale * x * (a * c + (1 - a) * s)
        fused = {"add": c + s, "max": torch.where(c > s, c, s), "mul": c * s}[fusion]
        return scale * x * fused

    agree(module, plain, example())


def test_scse_add_at_the_papers_setting_is_the_sum_of_its_halves() -> None:
    module = ours(lambda: Scse(32, start="paper"))
    cse, sse = Cse(32, start="paper").double(), Sse(32, bias=True, start="paper").double()
    state = module.state_dict()
    cse.load_state_dict({name: value for name, value in state.items() if name.startswith("mlp")})
    sse.load_state_dict({"squeeze.weight": state["conv.weight"], "squeeze.bias": state["conv.bias"]})
    agree(module, lambda x: cse(x) + sse(x), example())


def test_sse_weighs_each_place_by_its_own_channels() -> None:
    module = ours(lambda: Sse(3, start="paper"))
    weight = module.get_parameter("squeeze.weight").detach().flatten()
    x = example(1, 3, 2, 2)
    y = module(x)
    for row in range(2):
        for column in range(2):
            gate = 1 / (1 + torch.exp(-(weight @ x[0, :, row, column])))
            torch.testing.assert_close(y[0, :, row, column], gate * x[0, :, row, column])
