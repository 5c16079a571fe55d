"""Coordinate attention against timm's."""

import pytest
from torch import nn

from attention.channel_spatial.coord import Coord

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

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
    copy_weights(module, theirs, COORD)
    nn.init.zeros_(theirs.conv1.bias)
    theirs.train(training)
    agree(module, theirs, example())
    parameters_agree(module, theirs, COORD, example())
