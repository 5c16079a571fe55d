"""The bilinear attentional transform against timm's."""

import pytest

from attention.token.bat import Bat

from ..oracles import agree, copy_weights, example, ours, reference

BAT = {
    f"{theirs}.{layer}.{kind}": f"{mine}.{i}.{kind}"
    for theirs, mine in (
        ("conv1", "reduce"),
        ("ba.conv1", "summary"),
        ("ba.conv2", "mixed"),
        ("conv2", "out"),
    )
    for i, layer, kinds in (
        (0, "conv", ["weight"]),
        (1, "bn", ["weight", "bias", "running_mean", "running_var"]),
    )
    for kind in kinds
} | {
    f"ba.conv_{theirs}.{kind}": f"{mine}.{kind}"
    for theirs, mine in (("p", "rows"), ("q", "columns"))
    for kind in ("weight", "bias")
}


@pytest.mark.parametrize("training", [False, True])
def test_the_bilinear_transform_is_timms_where_blocks_divide_the_map(training: bool) -> None:
    module = ours(lambda: Bat(32, start="paper")).train(training)
    theirs = reference("timm.layers.non_local_attn").BatNonLocalAttn(32, rd_channels=8, drop_rate=0.0)
    theirs = copy_weights(module, theirs, BAT).train(training)
    agree(module, theirs, example(2, 32, 7, 14), tolerance=1e-8)


def test_the_bilinear_transform_refuses_groups_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="bat: 4 groups do not divide 10 hidden channels"):
        Bat(40, groups=4)
