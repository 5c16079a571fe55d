"""The non-local block against timm's and its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.token.non_local import NonLocal

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

NON_LOCAL = {
    "t.weight": "theta.weight",
    "t.bias": "theta.bias",
    "p.weight": "phi.weight",
    "g.weight": "g.weight",
    "z.weight": "out.weight",
    "norm.weight": "norm.weight",
    "norm.bias": "norm.bias",
    "norm.running_mean": "norm.running_mean",
    "norm.running_var": "norm.running_var",
}


@pytest.mark.parametrize("training", [False, True])
def test_non_local_is_timms_without_its_cancelled_biases(training: bool) -> None:
    module = ours(lambda: NonLocal(32, reduction=4)).train(training)
    theirs = copy_weights(
        module,
        reference("timm.layers.non_local_attn").NonLocalAttn(32, rd_channels=8, use_scale=False),
        NON_LOCAL,
    )
    for name in ("p.bias", "g.bias", "z.bias"):
        nn.init.zeros_(theirs.get_parameter(name))
    theirs.train(training)
    agree(module, theirs, example(), tolerance=1e-8)
    parameters_agree(module, theirs, NON_LOCAL, example())


def plain_non_local(module: nn.Module, x: Tensor, mode: str, sub_sample: int, scale: str) -> Tensor:
    """Compute equations 1 to 6, position by position."""
    theta, phi, g = (module.get_submodule(part)(x) for part in ("theta", "phi", "g"))
    if sub_sample > 1:
        phi, g = (nn.functional.max_pool2d(t, sub_sample, ceil_mode=True) for t in (phi, g))
    theta, phi, g = (t.flatten(2) for t in (theta, phi, g))
    places = []
    for i in range(theta.shape[2]):
        f = (theta[:, :, i, None] * phi).sum(1)
        if mode == "dot":
            weights = f / phi.shape[2]
        else:
            weights = torch.softmax(f / theta.shape[1] ** 0.5 if scale == "sqrt" else f, 1)
        places.append((weights[:, None] * g).sum(2))
    y = torch.stack(places, 2).reshape(len(x), -1, *x.shape[2:])
    z: Tensor = x + module.get_submodule("norm")(module.get_submodule("out")(y))
    return z


@pytest.mark.parametrize("mode", ["embedded", "gaussian", "dot"])
@pytest.mark.parametrize("sub_sample", [1, 2])
@pytest.mark.parametrize("scale", ["none", "sqrt"])
def test_non_local_is_its_formula_in_every_mode(mode: str, sub_sample: int, scale: str) -> None:
    module = ours(lambda: NonLocal(16, mode=mode, sub_sample=sub_sample, scale=scale)).eval()
    agree(module, lambda x: plain_non_local(module, x, mode, sub_sample, scale), example(2, 16, 4, 5))
