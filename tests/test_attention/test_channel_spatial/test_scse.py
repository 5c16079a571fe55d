"""scSE against SMP's, its gates and its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel.cse import Cse
from attention.channel_spatial.scse import Scse
from attention.spatial.sse import Sse

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

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
    theirs = copy_weights(
        module, reference("segmentation_models_pytorch").base.modules.SCSEModule(32, 8), SCSE
    )
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
