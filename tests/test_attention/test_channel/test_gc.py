"""Global context against timm's."""

import pytest
from torch import nn

from attention.channel.gc import GlobalContext

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

GC = {
    "conv_attn.weight": "look.weight",
    **{
        f"mlp_{theirs}.{layer}.{kind}": f"{mine}.{i}.{kind}"
        for theirs, mine in (("add", "shift"), ("scale", "scale"))
        for layer, i in (("fc1", 0), ("norm", 1), ("fc2", 3))
        for kind in ("weight", "bias")
    },
}


@pytest.mark.parametrize("fusion", ["add", "scale", "both"])
@pytest.mark.parametrize("pool", ["attention", "mean"])
def test_gc_is_timms(fusion: str, pool: str) -> None:
    module = ours(lambda: GlobalContext(32, reduction=4, fusion=fusion, pool=pool, start="paper"))
    theirs = reference("timm.layers.global_context").GlobalContext(
        32,
        rd_channels=8,
        use_attn=pool == "attention",
        fuse_add=fusion != "scale",
        fuse_scale=fusion != "add",
    )
    names = {k: v for k, v in GC.items() if k in theirs.state_dict()}
    copy_weights(module, theirs, names)
    for name in ("mlp_add", "mlp_scale"):
        if getattr(theirs, name) is not None:
            getattr(theirs, name).norm.eps = 1e-5
    if pool == "attention":
        nn.init.zeros_(theirs.conv_attn.bias)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())
