"""scSE, its halves and its multi-scale form against SMP's and plain formulas."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel.cse import Cse
from attention.channel_spatial.multi_scale_scse import MultiScaleScse
from attention.channel_spatial.scse import Scse
from attention.channel_spatial.scse_outputs import ScseOutputs
from attention.spatial.sse import Sse

from ..oracles import agree, copied, example, ours, parameters_agree, reference

SCSE = {
    "cSE.1.weight": "mlp.reduce.weight",
    "cSE.1.bias": "mlp.reduce.bias",
    "cSE.3.weight": "mlp.expand.weight",
    "cSE.3.bias": "mlp.expand.bias",
    "sSE.0.weight": "conv.weight",
    "sSE.0.bias": "conv.bias",
}


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


@pytest.mark.parametrize("fusion", ["max", "mul", "concat"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_scse_of_outputs_fuses_maps_and_differs_where_x_is_negative(fusion: str, start: str) -> None:
    module = ours(lambda: ScseOutputs(32, kernel_size=3, fusion=fusion, start=start))
    part = module.get_submodule
    scale = 2 if (fusion, start) == ("max", "identity") else 1

    def plain(x: Tensor) -> Tensor:
        c = scale * x * torch.sigmoid(part("mlp")(x.flatten(2).mean(2)))[..., None, None]
        s = scale * x * torch.sigmoid(part("conv")(x))
        if fusion == "concat":
            both: Tensor = part("mix")(torch.cat([c, s], 1))
            return both + x if start == "identity" else both
        return torch.where(c > s, c, s) if fusion == "max" else c * s

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


@pytest.mark.parametrize("scales", ["1-2", "1-2-4", "2-4"])
@pytest.mark.parametrize("shared", [False, True])
def test_multi_scale_scse_pools_before_it_convolves(scales: str, shared: bool) -> None:
    """By its definition the windows are averaged first; ours convolves first."""
    module = ours(lambda: MultiScaleScse(16, scales=scales, shared=shared))
    weight, bias = (module.get_parameter(f"conv.{kind}") for kind in ("weight", "bias"))

    def plain(x: Tensor) -> Tensor:
        logits = []
        for i, scale in enumerate(map(int, scales.split("-"))):
            row = 0 if shared else i
            pooled = nn.functional.avg_pool2d(x, scale, ceil_mode=True)
            one = nn.functional.conv2d(pooled, weight[row : row + 1], bias[row : row + 1])
            logits.append(one.repeat_interleave(scale, 2).repeat_interleave(scale, 3)[:, :, :7, :9])
        c = torch.sigmoid(module.get_submodule("mlp")(x.mean((2, 3))))[..., None, None]
        return x * (c + torch.sigmoid(torch.stack(logits).mean(0)))

    agree(module, plain, example(2, 16))
