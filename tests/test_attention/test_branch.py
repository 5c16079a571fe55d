"""Branch modules and decoder gates against timm's and plain formulas."""

import pytest
import torch
from torch import Tensor, nn

from attention.branch.pyramid import Pyramid
from attention.branch.sk import Sk
from attention.branch.split_attention import SplitAttention
from attention.decoder.attention_gate import AttentionGate

from .oracles import agree, copied, example, ours, parameters_agree, reference

NORM = ("weight", "bias", "running_mean", "running_var")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("branches", [2, 3])
def test_the_selective_kernel_is_timms(branches: int, training: bool) -> None:
    module = ours(lambda: Sk(16, branches=branches, groups=4)).train(training)
    kernels = [3, 5, 7][:branches]
    theirs = reference("timm.layers.selective_kernel").SelectiveKernel(
        16, kernel_size=kernels, groups=4, rd_channels=32, split_input=False
    )
    names = {"attn.fc_reduce.weight": "reduce.0.weight", "attn.fc_select.weight": "select.weight"}
    names |= {f"attn.bn.{kind}": f"reduce.1.{kind}" for kind in NORM}
    for i in range(branches):
        names |= {f"paths.{i}.conv.weight": f"branches.{i}.0.weight"}
        names |= {f"paths.{i}.bn.{kind}": f"branches.{i}.1.{kind}" for kind in NORM}
    copied(module, theirs, names).train(training)
    agree(module, theirs, example(4, 16))
    parameters_agree(module, theirs, names, example(4, 16))


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
    copied(module, theirs, names).train(training)
    nn.init.zeros_(theirs.fc1.bias)
    agree(module, theirs, example(4, 16))


@pytest.mark.parametrize("make", [lambda: SplitAttention(6, radix=4), lambda: Pyramid(6)])
def test_channels_that_cannot_be_split_are_refused(make: type[nn.Module]) -> None:
    with pytest.raises(ValueError, match="does not divide 6 channels"):
        make()


def test_the_pyramid_is_its_formula() -> None:
    module = ours(lambda: Pyramid(32))
    mlp = module.get_submodule("mlp")

    def plain(x: Tensor) -> Tensor:
        maps = [module.get_submodule(f"branches.{i}")(x) for i in range(4)]
        gates = torch.stack([torch.sigmoid(mlp(m.flatten(2).mean(2))) for m in maps])
        weights = torch.exp(gates) / torch.exp(gates).sum(0)
        return torch.cat([m * w[..., None, None] for m, w in zip(maps, weights, strict=True)], 1)

    agree(module, plain, example(2, 32))
    assert [b.groups for b in module.get_submodule("branches").children() if isinstance(b, nn.Conv2d)] == [
        1,
        4,
        8,
        8,
    ]


@pytest.mark.parametrize("below", [(3, 4), (4, 5), (1, 1), (9, 11)])
def test_the_attention_gate_is_its_formula_for_a_context_of_any_size(below: tuple[int, int]) -> None:
    module = ours(lambda: AttentionGate(16, 6))
    part = module.get_submodule

    def plain(x: Tensor, context: Tensor) -> Tensor:
        up = nn.functional.interpolate(part("of_context")(context), (7, 9), mode="bilinear")
        y: Tensor = x * 2 * torch.sigmoid(part("psi")(torch.relu(part("of_skip")(x) + up)))
        return y

    agree(module, plain, example(2, 16), example(2, 6, *below))
