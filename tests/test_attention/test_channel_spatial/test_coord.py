"""Coordinate attention and efficient local attention against timm's."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.coord import Coord
from attention.channel_spatial.ela import Ela

from ..oracles import agree, copied, example, ours, parameters_agree, reference

COORD = {
    "conv1.weight": "reduce.weight",
    "bn1.weight": "norm.weight",
    "bn1.bias": "norm.bias",
    "bn1.running_mean": "norm.running_mean",
    "bn1.running_var": "norm.running_var",
    "conv_h.weight": "rows.weight",
    "conv_h.bias": "rows.bias",
    "conv_w.weight": "columns.weight",
    "conv_w.bias": "columns.bias",
}


@pytest.mark.parametrize("training", [False, True])
def test_coordinate_attention_is_timms(training: bool) -> None:
    module = ours(lambda: Coord(32, start="paper")).train(training)
    theirs = reference("timm.layers.coord_attn").CoordAttn(32, rd_channels=8, bias=True)
    copied(module, theirs, COORD)
    nn.init.zeros_(theirs.conv1.bias)
    theirs.train(training)
    agree(module, theirs, example())
    parameters_agree(module, theirs, COORD, example())


def test_unshared_local_attention_is_timms_without_its_activation() -> None:
    module = ours(lambda: Ela(32, kernel_size=5, groups=1, shared=False, start="paper"))
    theirs = reference("timm.layers.coord_attn").EfficientLocalAttn(32, kernel_size=5, act_layer=nn.Identity)
    names = {
        f"{layer}_{axis}.{kind}": f"{mine}.{i}.{kind}"
        for axis, mine in (("h", "rows"), ("w", "columns"))
        for i, layer, kind in ((0, "conv", "weight"), (1, "norm", "weight"), (1, "norm", "bias"))
    }
    copied(module, theirs, names)
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
