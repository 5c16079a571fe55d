"""Effective squeeze-and-excitation against timm's."""

from attention.channel.ese import Ese

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

layers = reference("timm.layers")


def test_ese_is_timms() -> None:
    names = {"fc.weight": "mix.weight", "fc.bias": "mix.bias"}
    module = ours(lambda: Ese(32, start="paper"))
    theirs = copy_weights(module, layers.EffectiveSEModule(32), names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())
