"""Global response normalization against timm's."""

from attention.channel.grn import Grn

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference


def test_grn_is_timms() -> None:
    names = {"weight": "gamma", "bias": "beta"}
    module = ours(lambda: Grn(32))
    theirs = copy_weights(
        module, reference("timm.layers.grn").GlobalResponseNorm(32, channels_last=False), names
    )
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())
