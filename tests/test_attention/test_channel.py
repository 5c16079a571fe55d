"""Channel gates against timm's, torchvision's and plain formulas."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from attention.channel.cse import Cse
from attention.channel.eca import Eca
from attention.channel.ese import Ese
from attention.channel.fca import FREQUENCIES, Fca
from attention.channel.gc import GlobalContext
from attention.channel.gct import Gct
from attention.channel.gct_gauss import GctGauss
from attention.channel.ge import GatherExcite
from attention.channel.grn import Grn
from attention.channel.lct import Lct
from attention.channel.se import Se
from attention.channel.srm import Srm
from attention.layers.pooling import adaptive_kernel_size
from tests.test_attention.oracles import (
    agree,
    batch_normed,
    copied,
    example,
    ours,
    parameters_agree,
    reference,
)

layers = reference("timm.layers")

FULLY = {
    "fc1.weight": "mlp.reduce.weight",
    "fc1.bias": "mlp.reduce.bias",
    "fc2.weight": "mlp.expand.weight",
    "fc2.bias": "mlp.expand.bias",
}


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
    assert adaptive_kernel_size(channels, 2, 1) == size
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


def test_ese_is_timms() -> None:
    names = {"fc.weight": "mix.weight", "fc.bias": "mix.bias"}
    module = ours(lambda: Ese(32, start="paper"))
    theirs = copied(module, layers.EffectiveSEModule(32), names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


@pytest.mark.parametrize("extent", [0, 2, 4, 8])
def test_plain_gather_excite_is_timms(extent: int) -> None:
    theirs = reference("timm.layers.gather_excite").GatherExcite(32, extent=extent, use_mlp=False)
    agree(GatherExcite(32, extent=extent, gather="mean", excite="plain"), theirs, example(2, 32, 8, 16))


@pytest.mark.parametrize("gather", ["mean", "conv"])
def test_gather_excite_gathers_by_windows_and_repeats(gather: str) -> None:
    module = ours(lambda: GatherExcite(32, extent=4, gather=gather)).eval()
    p = dict(module.state_dict())

    def plain(x: Tensor) -> Tensor:
        if gather == "mean":
            padded, ones = (
                nn.functional.pad(x, (3, 3, 3, 3)),
                nn.functional.pad(torch.ones_like(x), (3, 3, 3, 3)),
            )
            windows = [padded[:, :, i : i + 7, j : j + 7] for i in range(0, 7, 4) for j in range(0, 9, 4)]
            counts = [ones[:, :, i : i + 7, j : j + 7] for i in range(0, 7, 4) for j in range(0, 9, 4)]
            means = [w.sum((2, 3)) / c.sum((2, 3)) for w, c in zip(windows, counts, strict=True)]
            gathered = torch.stack(means, 2).reshape(2, 32, 2, 3)
        else:
            low = nn.functional.conv2d(x, p["gather.0.weight"], stride=2, padding=1, groups=32)
            low = torch.relu(batch_normed(low, p, "gather.1", training=False))
            low = nn.functional.conv2d(low, p["gather.3.weight"], stride=2, padding=1, groups=32)
            gathered = batch_normed(low, p, "gather.4", training=False)
        hidden = torch.relu(nn.functional.conv2d(gathered, p["excite.0.weight"], p["excite.0.bias"]))
        gate = 2 * torch.sigmoid(nn.functional.conv2d(hidden, p["excite.2.weight"], p["excite.2.bias"]))
        return x * gate.repeat_interleave(4, 2).repeat_interleave(4, 3)[:, :, :7, :9]

    agree(module, plain, example())


GC = {
    "conv_attn.weight": "look.weight",
    **{
        f"mlp_{theirs}.{layer}.{kind}": f"{mine}.{i}.{kind}"
        for theirs, mine in (("add", "shift"), ("scale", "scale"))
        for layer, i in (("fc1", 0), ("norm", 1), ("fc2", 3))
        for kind in ("weight", "bias")
    },
}


@pytest.mark.parametrize("fusion", ["add", "scale", "both"])
@pytest.mark.parametrize("pool", ["attention", "mean"])
def test_gc_is_timms(fusion: str, pool: str) -> None:
    module = ours(lambda: GlobalContext(32, reduction=4, fusion=fusion, pool=pool, start="paper"))
    theirs = reference("timm.layers.global_context").GlobalContext(
        32,
        rd_channels=8,
        use_attn=pool == "attention",
        fuse_add=fusion != "scale",
        fuse_scale=fusion != "add",
    )
    names = {k: v for k, v in GC.items() if k in theirs.state_dict()}
    copied(module, theirs, names)
    for name in ("mlp_add", "mlp_scale"):
        if getattr(theirs, name) is not None:
            getattr(theirs, name).norm.eps = 1e-5
    if pool == "attention":
        nn.init.zeros_(theirs.conv_attn.bias)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


@pytest.mark.parametrize("training", [False, True])
def test_srm_is_its_formula(training: bool) -> None:
    module = ours(lambda: Srm(32)).train(training)
    weight, norm = module.get_parameter("weight"), module.get_submodule("norm")

    def plain(x: Tensor) -> Tensor:
        mean = x.flatten(2).mean(2)
        deviation = ((x.flatten(2) - mean[..., None]).square().mean(2) + 1e-5).sqrt()
        z = norm((torch.stack([mean, deviation], 2) * weight).sum(2))
        return x * 2 * torch.sigmoid(z)[..., None, None]

    agree(module, plain, example(4))


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_gct_is_its_formula(norm: str) -> None:
    module = ours(lambda: Gct(32, norm=norm))
    alpha, gamma, beta = (module.get_parameter(name).flatten() for name in ("alpha", "gamma", "beta"))

    def plain(x: Tensor) -> Tensor:
        flat = x.flatten(2)
        s = alpha * ((flat.square().sum(2) + 1e-5).sqrt() if norm == "l2" else flat.abs().sum(2))
        spread = (s.square().mean(1) + 1e-5).sqrt() if norm == "l2" else s.abs().mean(1) + 1e-5
        return x * (1 + torch.tanh(gamma * s / spread[:, None] + beta))[..., None, None]

    agree(module, plain, example())


def test_gct_does_not_overflow_half_precision() -> None:
    y = Gct(4).half()(torch.full((1, 4, 128, 128), 10.0, dtype=torch.float16))
    assert y.isfinite().all()


def gaussian(x: Tensor, width: float) -> Tensor:
    """exp(-z^2 / (2 c^2)) of the normalised means."""
    z = x.flatten(2).mean(2)
    z = (z - z.mean(1, keepdim=True)) / (z.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    return x * torch.exp(-z.square() / (2 * width**2))[..., None, None]


def test_the_gaussian_context_transformer_is_its_formula() -> None:
    agree(GctGauss(32, width=3), lambda x: gaussian(x, 3), example())
    learned = GctGauss(32, learned=True).double()
    agree(learned, lambda x: gaussian(x, 2), example())
    with torch.no_grad():
        learned.get_parameter("theta").fill_(-1.0)
    agree(learned, lambda x: gaussian(x, 1 + 2 / (1 + math.e)), example())


def test_fca_with_one_frequency_is_se_of_seven_times_the_mean() -> None:
    module = ours(lambda: Fca(32, frequencies=1))
    mlp = module.get_submodule("mlp")
    agree(
        module,
        lambda x: x * 2 * torch.sigmoid(mlp(7 * x.mean((2, 3))))[..., None, None],
        example(2, 32, 7, 14),
        tolerance=1e-6,
    )


@pytest.mark.parametrize("choose", ["top", "low"])
@pytest.mark.parametrize("grid", [(7, 7), (10, 9), (3, 1)])
def test_fca_describes_each_group_by_its_cosine(choose: str, grid: tuple[int, int]) -> None:
    module = ours(lambda: Fca(16, frequencies=8, choose=choose))
    mlp = module.get_submodule("mlp")

    def plain(x: Tensor) -> Tensor:
        pooled, z = nn.functional.adaptive_avg_pool2d(x, (7, 7)), []
        for channel in range(16):
            u, v = (FREQUENCIES[choose][axis][channel // 2] for axis in (0, 1))
            place = torch.arange(7, dtype=torch.float64) + 0.5
            row, column = (
                torch.cos(torch.pi * f * place / 7) * (2 if f else 1) ** 0.5 / 7**0.5 for f in (u, v)
            )
            z.append((pooled[:, channel] * row[:, None] * column).sum((1, 2)))
        return x * 2 * torch.sigmoid(mlp(torch.stack(z, 1)))[..., None, None]

    agree(module, plain, example(2, 16, *grid), tolerance=1e-6)


@pytest.mark.parametrize("make", [lambda: Fca(24), lambda: Lct(6), lambda: Lct(4)])
def test_groups_that_do_not_divide_the_channels_are_refused(make: Callable[[], nn.Module]) -> None:
    with pytest.raises(ValueError, match=r"do not divide (24|6|4) channels"):
        make()


def test_grn_is_timms() -> None:
    names = {"weight": "gamma", "bias": "beta"}
    module = ours(lambda: Grn(32))
    theirs = copied(module, reference("timm.layers.grn").GlobalResponseNorm(32, channels_last=False), names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


def test_lct_is_its_formula() -> None:
    module = ours(lambda: Lct(32, groups=4))

    def plain(x: Tensor) -> Tensor:
        z = nn.functional.group_norm(x.mean((2, 3)), 4, eps=1e-5)
        return (
            x
            * 2
            * torch.sigmoid(module.get_parameter("weight") * z + module.get_parameter("bias"))[
                ..., None, None
            ]
        )

    agree(module, plain, example())
