"""Split attention against timm's."""

import pytest
from torch import nn

from attention.branch.split_attention import SplitAttention

from ..oracles import agree, copy_weights, example, ours, reference

NORM = ("weight", "bias", "running_mean", "running_var")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("radix", [1, 2, 4])
def test_split_attention_is_timms(radix: int, training: bool) -> None:
    module = ours(lambda: SplitAttention(16, radix=radix)).train(training)
    theirs = reference("timm.layers.split_attn").SplitAttn(16, radix=radix, norm_layer=nn.BatchNorm2d)
    names = {"conv.weight": "conv.0.weight", "fc1.weight": "reduce.0.weight"}
    names |= {f"fc2.{kind}": f"select.{kind}" for kind in ("weight", "bias")}
    names |= {
        f"bn{i}.{kind}": f"{mine}.1.{kind}" for i, mine in enumerate(("conv", "reduce")) for kind in NORM
    }
    copy_weights(module, theirs, names).train(training)
    nn.init.zeros_(theirs.fc1.bias)
    agree(module, theirs, example(4, 16))


def test_a_radix_that_does_not_divide_the_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="split_attention: radix 4 does not divide 6 channels"):
        SplitAttention(6, radix=4)
