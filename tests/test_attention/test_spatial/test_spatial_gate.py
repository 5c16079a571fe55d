"""CBAM's spatial gate against CBAM and timm's."""

import pytest
import torch

from attention.channel_spatial.cbam import Cbam
from attention.spatial.spatial_gate import SpatialGate

from ..oracles import agree, example, ours, reference


@pytest.mark.parametrize("norm", ["batch", "none"])
def test_the_spatial_gate_is_cbams_half(norm: str) -> None:
    module = ours(lambda: SpatialGate(32, norm=norm)).eval()
    cbam = Cbam(32, norm=norm).double().eval()
    state = {**cbam.state_dict(), **module.state_dict()}
    for name in state:
        if name.startswith("mlp.expand"):
            state[name] = torch.zeros_like(state[name])
    cbam.load_state_dict(state)
    agree(module, cbam, example())


def test_the_spatial_gate_is_timms() -> None:
    module = ours(lambda: SpatialGate(32, start="paper")).eval()
    theirs = reference("timm.layers.cbam").SpatialAttn().double().eval()
    theirs.conv.bn.load_state_dict(module.get_submodule("norm").state_dict())
    theirs.conv.conv.weight.data = module.get_parameter("conv.weight").detach().flip(1)
    agree(module, theirs, example())
