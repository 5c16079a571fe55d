"""Efficient local attention against timm's and its formula."""

import torch
from torch import Tensor, nn

from attention.channel_spatial.ela import Ela

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference


def test_unshared_local_attention_is_timms_without_its_activation() -> None:
    module = ours(lambda: Ela(32, kernel_size=5, groups=1, shared=False, start="paper"))
    theirs = reference("timm.layers.coord_attn").EfficientLocalAttn(32, kernel_size=5, act_layer=nn.Identity)
    names = {
        f"{layer}_{axis}.{kind}": f"{mine}.{i}.{kind}"
        for axis, mine in (("h", "rows"), ("w", "columns"))
        for i, layer, kind in ((0, "conv", "weight"), (1, "norm", "weight"), (1, "norm", "bias"))
    }
    copy_weights(module, theirs, names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


def test_shared_local_attention_uses_one_convolution_and_norm_for_both_axes() -> None:
    module = ours(lambda: Ela(32))
    conv, norm = module.get_submodule("rows.0"), module.get_submodule("rows.1")
    assert isinstance(norm, nn.GroupNorm)
    assert norm.num_groups == 16

    def plain(x: Tensor) -> Tensor:
        rows, columns = (2 * torch.sigmoid(norm(conv(x.mean(axis)))) for axis in (3, 2))
        return x * rows[..., None] * columns[:, :, None]

    agree(module, plain, example())
