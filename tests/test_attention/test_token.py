"""Token modules against timm's and against attention by its definition; the fused kernel is really taken."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention.contracts import images
from attention.token.fused import attend, dense, tokens
from attention.token.non_local import NonLocal

from .oracles import agree, copied, example, ours, parameters_agree, reference

NON_LOCAL = {
    "t.weight": "theta.weight", "t.bias": "theta.bias", "p.weight": "phi.weight", "g.weight": "g.weight",
    "z.weight": "out.weight", "norm.weight": "norm.weight", "norm.bias": "norm.bias",
    "norm.running_mean": "norm.running_mean", "norm.running_var": "norm.running_var",
}  # fmt: skip


@pytest.mark.parametrize("training", [False, True])
def test_non_local_is_timms_without_its_cancelled_biases(training: bool) -> None:
    module = ours(lambda: NonLocal(32, reduction=4)).train(training)
    theirs = copied(
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
    """Equations 1 to 6, place by place."""
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


@pytest.mark.parametrize(("query_width", "value_width"), [(8, 8), (4, 16), (16, 4)])
def test_fused_attention_is_its_definition_at_equal_and_unequal_widths(
    query_width: int, value_width: int
) -> None:
    q, k = example(2, 3, 10, query_width), example(2, 3, 6, query_width).flip(0)
    v = example(2, 3, 6, value_width)
    agree(lambda *t: attend(*t, scale=0.3), lambda *t: dense(*t, scale=0.3), q, k, v)


@pytest.mark.parametrize("module", [NonLocal(32), NonLocal(32, mode="gaussian"), NonLocal(32, sub_sample=2)])
def test_token_modules_take_the_fused_kernel(module: nn.Module) -> None:
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        y = module(images(2, 32, (6, 7)).requires_grad_())
    y.sum().backward()


def test_tokens_are_contiguous_places() -> None:
    x = images(2, 6, (3, 4))
    t = tokens(x, heads=2)
    assert t.shape == (2, 2, 12, 3)
    assert t.is_contiguous()
    assert torch.equal(t[1, 1, 5], x[1, 3:, 1, 1])
