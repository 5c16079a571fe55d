"""Channel gates against timm's, torchvision's and plain formulas."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel.cse import Cse
from attention.channel.eca import Eca, adaptive_kernel
from attention.channel.se import Se

from .oracles import agree, copied, example, ours, parameters_agree, reference

layers = reference("timm.layers")

FULLY = {
    "fc1.weight": "mlp.reduce.weight", "fc1.bias": "mlp.reduce.bias",
    "fc2.weight": "mlp.expand.weight", "fc2.bias": "mlp.expand.bias",
}  # fmt: skip


@pytest.mark.parametrize(("squash", "layer"), [("sigmoid", "sigmoid"), ("hard_sigmoid", "hard_sigmoid")])
def test_se_is_timms(squash: str, layer: str) -> None:
    module = ours(lambda: Se(32, reduction=4, squash=squash, start="paper"))
    theirs = copied(module, layers.SEModule(32, rd_channels=8, gate_layer=layer), FULLY)
    agree(module, theirs, example())
    parameters_agree(module, theirs, FULLY, example())


def test_se_is_torchvisions() -> None:
    module = ours(lambda: Se(32, reduction=8, start="paper"))
    theirs = copied(module, reference("torchvision").ops.SqueezeExcitation(32, 4), FULLY)
    agree(module, theirs, example())


def test_se_with_the_identity_start_is_twice_the_papers_gate() -> None:
    module = ours(lambda: Se(32))
    paper = Se(32, start="paper").double()
    paper.load_state_dict(module.state_dict())
    assert torch.equal(module(example()), 2 * paper(example()))


@pytest.mark.parametrize("pool", ["max", "both"])
def test_se_pools_by_maximum_too(pool: str) -> None:
    module = ours(lambda: Se(32, pool=pool, start="paper"))

    def plain(x: Tensor) -> Tensor:
        logits = module.get_submodule("mlp")(x.flatten(2).max(2).values)
        if pool == "both":
            logits = logits + module.get_submodule("mlp")(x.flatten(2).mean(2))
        return x * torch.sigmoid(logits).reshape(2, 32, 1, 1)

    agree(module, plain, example())


def test_cse_is_se_with_reduction_two() -> None:
    module = ours(lambda: Cse(32))
    theirs = Se(32, reduction=2).double()
    theirs.load_state_dict(module.state_dict())
    agree(module, theirs, example())


@pytest.mark.parametrize("kernel_size", [3, 5, 7, 9])
def test_eca_is_timms_at_each_kernel_size(kernel_size: int) -> None:
    names = {"conv.weight": "mix.weight"}
    module = ours(lambda: Eca(32, kernel_size=kernel_size, start="paper"))
    theirs = copied(module, layers.EcaModule(kernel_size=kernel_size), names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


def test_circular_eca_is_timms() -> None:
    module = ours(lambda: Eca(32, kernel_size=5, padding="circular", start="paper"))
    names = {"conv.weight": "mix.weight"}
    agree(module, copied(module, layers.CecaModule(kernel_size=5), names), example())


@pytest.mark.parametrize(("channels", "size"), [(4, 3), (64, 3), (128, 5), (256, 5), (512, 5), (2048, 7)])
def test_the_adaptive_kernel_follows_the_papers_formula(channels: int, size: int) -> None:
    assert adaptive_kernel(channels, 2, 1) == size
    assert layers.EcaModule(channels).conv.kernel_size == (size,)


def test_eca_sees_the_neighbouring_channels_only() -> None:
    module = ours(lambda: Eca(8, kernel_size=3))
    x = torch.zeros(1, 8, 2, 2, dtype=torch.float64)
    x[:, 4] = 1
    gate = module(x + 1e-9)[0, :, 0, 0] / (x + 1e-9)[0, :, 0, 0]
    assert ((gate - 1).abs() > 1e-6).nonzero().flatten().tolist() == [3, 4, 5]


def test_circular_padding_wider_than_the_map_is_refused() -> None:
    with pytest.raises(ValueError, match="circular padding of 9 taps needs 4 channels"):
        Eca(2, kernel_size=9, padding="circular")


def test_se_fits_timms_own_slot() -> None:
    model = reference("timm").create_model(
        "resnet10t", block_args={"attn_layer": lambda c, **_: Eca(c)}, num_classes=2
    )
    assert sum(isinstance(m, Eca) for m in model.modules()) == 4
    assert isinstance(model, nn.Module)
