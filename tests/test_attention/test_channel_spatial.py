"""CBAM, scSE and their halves against timm's, SMP's and plain formulas."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention.channel.cse import Cse
from attention.channel_spatial.bam import Bam
from attention.channel_spatial.cbam import Cbam
from attention.channel_spatial.coord import Coord
from attention.channel_spatial.efficient_multi_scale import EfficientMultiScale
from attention.channel_spatial.ela import Ela
from attention.channel_spatial.gam import Gam
from attention.channel_spatial.lka import Lka
from attention.channel_spatial.lsk import Lsk
from attention.channel_spatial.mlca import Mlca
from attention.channel_spatial.multi_scale_scse import MultiScaleScse
from attention.channel_spatial.nam import Nam
from attention.channel_spatial.polarized import Polarized
from attention.channel_spatial.scse import Scse
from attention.channel_spatial.scse_outputs import ScseOutputs
from attention.channel_spatial.shuffle import Shuffle
from attention.channel_spatial.simam import Simam
from attention.channel_spatial.triplet import Triplet
from attention.spatial.sse import Sse

from .oracles import agree, copied, example, ours, parameters_agree, reference

CBAM = {
    "channel.fc1.weight": "mlp.reduce.weight", "channel.fc1.bias": "mlp.reduce.bias",
    "channel.fc2.weight": "mlp.expand.weight", "channel.fc2.bias": "mlp.expand.bias",
    "spatial.conv.bn.weight": "norm.weight", "spatial.conv.bn.bias": "norm.bias",
    "spatial.conv.bn.running_mean": "norm.running_mean", "spatial.conv.bn.running_var": "norm.running_var",
}  # fmt: skip
SCSE = {
    "cSE.1.weight": "mlp.reduce.weight", "cSE.1.bias": "mlp.reduce.bias", "cSE.3.weight": "mlp.expand.weight",
    "cSE.3.bias": "mlp.expand.bias", "sSE.0.weight": "conv.weight", "sSE.0.bias": "conv.bias",
}  # fmt: skip


def timms_cbam(module: nn.Module, kernel_size: int) -> Any:
    """timm's CBAM with the weights of ours; it takes the mean before the maximum."""
    theirs = reference("timm.layers.cbam").CbamModule(
        32, rd_channels=4, spatial_kernel_size=kernel_size, mlp_bias=True
    )
    copied(module, theirs, CBAM)
    weight = module.get_submodule("conv").weight
    assert isinstance(weight, Tensor)
    theirs.spatial.conv.conv.weight.data = weight.detach().flip(1)
    return theirs


@pytest.mark.parametrize("kernel_size", [3, 7])
@pytest.mark.parametrize("training", [False, True])
def test_cbam_is_timms(kernel_size: int, training: bool) -> None:
    module = ours(lambda: Cbam(32, reduction=8, kernel_size=kernel_size, start="paper")).train(training)
    theirs = timms_cbam(module, kernel_size).train(training)
    if training:
        theirs.spatial.conv.bn.momentum = 0.01
    agree(module, theirs, example(), tolerance=1e-8)
    parameters_agree(module, theirs, CBAM, example())


@pytest.mark.parametrize("order", ["cs", "sc", "parallel"])
@pytest.mark.parametrize("pool", ["avg", "max", "both"])
def test_cbam_is_its_formula_at_every_order_and_pool(order: str, pool: str) -> None:
    module = ours(lambda: Cbam(32, kernel_size=3, order=order, pool=pool, norm="none"))
    mlp, conv = module.get_submodule("mlp"), module.get_submodule("conv")

    def channel(x: Tensor) -> Tensor:
        parts = {"avg": x.flatten(2).mean(2), "max": x.flatten(2).max(2).values}
        logits = sum((mlp(z) for name, z in parts.items() if pool in (name, "both")), start=torch.tensor(0.0))
        return 2 * torch.sigmoid(logits).reshape(2, 32, 1, 1)

    def spatial(x: Tensor) -> Tensor:
        parts = {"max": x.max(1).values, "avg": x.mean(1)}
        maps = torch.stack([m for name, m in parts.items() if pool in (name, "both")], 1)
        return 2 * torch.sigmoid(conv(maps))

    def plain(x: Tensor) -> Tensor:
        if order == "parallel":
            return x * channel(x) * spatial(x)
        first, second = (channel, spatial) if order == "cs" else (spatial, channel)
        y = x * first(x)
        return y * second(y)

    agree(module, plain, example())


@pytest.mark.parametrize("order", ["cs", "sc", "parallel"])
def test_the_gate_of_cbam_times_x_is_its_output(order: str) -> None:
    module = ours(lambda: Cbam(32, order=order)).eval()
    assert isinstance(module, Cbam)
    torch.testing.assert_close(module.gate(example()) * example(), module(example()))


def test_scse_is_smps() -> None:
    module = ours(lambda: Scse(32, reduction=8, start="paper"))
    theirs = copied(module, reference("segmentation_models_pytorch").base.modules.SCSEModule(32, 8), SCSE)
    agree(module, theirs, example())
    parameters_agree(module, theirs, SCSE, example())


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("fusion", ["add", "max", "mul", "gate"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_scse_is_its_formula_at_every_kernel_and_fusion(kernel_size: int, fusion: str, start: str) -> None:
    module = ours(lambda: Scse(32, kernel_size=kernel_size, fusion=fusion, start=start))
    mlp, conv = module.get_submodule("mlp"), module.get_submodule("conv")
    scale = {"add": 1, "max": 2, "mul": 4, "gate": 2}[fusion] if start == "identity" else 1

    def plain(x: Tensor) -> Tensor:
        c = torch.sigmoid(mlp(x.mean(3).mean(2))).reshape(2, 32, 1, 1).expand_as(x)
        s = torch.sigmoid(conv(x)).expand_as(x)
        if fusion == "gate":
            a = torch.sigmoid(module.get_parameter("balance")).expand_as(x)
            return scale * x * (a * c + (1 - a) * s)
        fused = {"add": c + s, "max": torch.where(c > s, c, s), "mul": c * s}[fusion]
        return scale * x * fused

    agree(module, plain, example())


@pytest.mark.parametrize("fusion", ["max", "mul", "concat"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_scse_of_outputs_fuses_maps_and_differs_where_x_is_negative(fusion: str, start: str) -> None:
    module = ours(lambda: ScseOutputs(32, kernel_size=3, fusion=fusion, start=start))
    part = module.get_submodule
    scale = 2 if (fusion, start) == ("max", "identity") else 1

    def plain(x: Tensor) -> Tensor:
        c = scale * x * torch.sigmoid(part("mlp")(x.flatten(2).mean(2)))[..., None, None]
        s = scale * x * torch.sigmoid(part("conv")(x))
        if fusion == "concat":
            both: Tensor = part("mix")(torch.cat([c, s], 1))
            return both + x if start == "identity" else both
        return torch.where(c > s, c, s) if fusion == "max" else c * s

    agree(module, plain, example())


def test_scse_add_at_the_papers_setting_is_the_sum_of_its_halves() -> None:
    module = ours(lambda: Scse(32, start="paper"))
    cse, sse = Cse(32, start="paper").double(), Sse(32, bias=True, start="paper").double()
    state = module.state_dict()
    cse.load_state_dict({name: value for name, value in state.items() if name.startswith("mlp")})
    sse.load_state_dict({"squeeze.weight": state["conv.weight"], "squeeze.bias": state["conv.bias"]})
    agree(module, lambda x: cse(x) + sse(x), example())


def test_sse_weighs_each_place_by_its_own_channels() -> None:
    module = ours(lambda: Sse(3, start="paper"))
    weight = module.get_parameter("squeeze.weight").detach().flatten()
    x = example(1, 3, 2, 2)
    y = module(x)
    for row in range(2):
        for column in range(2):
            gate = 1 / (1 + torch.exp(-(weight @ x[0, :, row, column])))
            torch.testing.assert_close(y[0, :, row, column], gate * x[0, :, row, column])


@pytest.mark.parametrize("training", [False, True])
def test_bam_is_its_formula(training: bool) -> None:
    module = ours(lambda: Bam(32, dilation=2)).train(training)
    channel, spatial = module.get_submodule("channel"), module.get_submodule("spatial")

    def plain(x: Tensor) -> Tensor:
        c = channel(x.flatten(2).mean(2)).reshape(4, 32, 1, 1).expand_as(x)
        return x * (1 + torch.sigmoid(c + spatial(x).expand_as(x))) / 1.5

    agree(module, plain, example(4))
    assert [m.dilation for m in spatial.children() if isinstance(m, nn.Conv2d)] == [
        (1, 1),
        (2, 2),
        (2, 2),
        (1, 1),
    ]


@pytest.mark.parametrize("scales", ["1-2", "1-2-4", "2-4"])
@pytest.mark.parametrize("shared", [False, True])
def test_multi_scale_scse_pools_before_it_convolves(scales: str, shared: bool) -> None:
    """By its definition the windows are averaged first; ours convolves first."""
    module = ours(lambda: MultiScaleScse(16, scales=scales, shared=shared))
    weight, bias = (module.get_parameter(f"conv.{kind}") for kind in ("weight", "bias"))

    def plain(x: Tensor) -> Tensor:
        logits = []
        for i, scale in enumerate(map(int, scales.split("-"))):
            row = 0 if shared else i
            pooled = nn.functional.avg_pool2d(x, scale, ceil_mode=True)
            one = nn.functional.conv2d(pooled, weight[row : row + 1], bias[row : row + 1])
            logits.append(one.repeat_interleave(scale, 2).repeat_interleave(scale, 3)[:, :, :7, :9])
        c = torch.sigmoid(module.get_submodule("mlp")(x.mean((2, 3))))[..., None, None]
        return x * (c + torch.sigmoid(torch.stack(logits).mean(0)))

    agree(module, plain, example(2, 16))


COORD = {
    "conv1.weight": "reduce.weight", "bn1.weight": "norm.weight", "bn1.bias": "norm.bias",
    "bn1.running_mean": "norm.running_mean", "bn1.running_var": "norm.running_var",
    "conv_h.weight": "rows.weight", "conv_h.bias": "rows.bias",
    "conv_w.weight": "columns.weight", "conv_w.bias": "columns.bias",
}  # fmt: skip


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


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("spatial", [False, True])
def test_triplet_attention_rotates_as_its_paper_does(training: bool, spatial: bool) -> None:
    module = ours(lambda: Triplet(16, kernel_size=3, spatial=spatial, start="paper")).train(training)

    def gated(branch: str, x: Tensor) -> Tensor:
        pools = torch.stack([x.max(1).values, x.mean(1)], 1)
        return x * torch.sigmoid(module.get_submodule(branch)(pools))

    def plain(x: Tensor) -> Tensor:
        turned_h = gated("over_height", x.permute(0, 2, 1, 3)).permute(0, 2, 1, 3)
        turned_w = gated("over_width", x.permute(0, 3, 2, 1)).permute(0, 3, 2, 1)
        outputs = [turned_h, turned_w, *([gated("over_channels", x)] if spatial else [])]
        return torch.stack(outputs).mean(0)

    agree(module, plain, example(2, 16))


def test_simam_is_its_closed_form() -> None:
    def plain(x: Tensor) -> Tensor:
        d = (x - x.mean((2, 3), keepdim=True)).square()
        energy = d / (4 * (torch.var(x, (2, 3), keepdim=True) + 1e-3)) + 0.5
        return x / (1 + torch.exp(-energy))

    agree(Simam(32, penalty=1e-3), plain, example())


def test_efficient_multi_scale_attention_is_its_formula() -> None:
    module = ours(lambda: EfficientMultiScale(16, groups=4))
    strip, wide, norm = (module.get_submodule(part) for part in ("strip", "wide", "norm"))
    amount = module.get_parameter("onset.amount")

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in torch.chunk(x, 4, 1):
            rows, columns = torch.sigmoid(strip(g.mean(3))), torch.sigmoid(strip(g.mean(2)))
            one = norm(g * rows[:, :, :, None] * columns[:, :, None, :])
            two = wide(g)
            logits = torch.einsum("bc,bchw->bhw", torch.softmax(one.mean((2, 3)), 1), two)
            logits = logits + torch.einsum("bc,bchw->bhw", torch.softmax(two.mean((2, 3)), 1), one)
            parts.append(g * (1 + amount * (torch.sigmoid(logits)[:, None] - 1)))
        return torch.cat(parts, 1)

    agree(module, plain, example(2, 16))


@pytest.mark.parametrize("shuffle", [False, True])
def test_shuffle_attention_is_its_formula(shuffle: bool) -> None:
    module = ours(lambda: Shuffle(16, groups=4, shuffle=shuffle, start="paper"))
    p = dict(module.named_parameters())

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in torch.chunk(x, 4, 1):
            a, b = g[:, :2], g[:, 2:]
            mean = a.mean((2, 3), keepdim=True)
            parts.append(a * torch.sigmoid(p["channel_weight"] * mean + p["channel_bias"]))
            normed = (b - b.mean((2, 3), keepdim=True)) / (
                b.var((2, 3), keepdim=True, correction=0) + 1e-5
            ).sqrt()
            normed = normed * p["norm_weight"][:, None, None] + p["norm_bias"][:, None, None]
            parts.append(b * torch.sigmoid(p["spatial_weight"] * normed + p["spatial_bias"]))
        y = torch.cat(parts, 1)
        return y[:, [i // 2 + 8 * (i % 2) for i in range(16)]] if shuffle else y

    agree(module, plain, example(2, 16))


@pytest.mark.parametrize("training", [False, True])
def test_nam_is_its_formula(training: bool) -> None:
    module = ours(lambda: Nam(16, start="paper")).train(training)
    norm = module.get_submodule("norm")

    def plain(x: Tensor) -> Tensor:
        gamma = module.get_parameter("norm.weight")
        share = gamma.abs() / gamma.abs().sum()
        return x * torch.sigmoid(norm(x) * share[:, None, None])

    agree(module, plain, example(2, 16))


def test_gam_is_its_formula() -> None:
    module = ours(lambda: Gam(16, kernel_size=3, start="paper")).eval()
    p = dict(module.named_parameters())

    def plain(x: Tensor) -> Tensor:
        places = x.permute(0, 2, 3, 1)
        hidden = torch.relu(places @ p["reduce.weight"][:, :, 0, 0].T + p["reduce.bias"])
        gate = torch.sigmoid(hidden @ p["expand.weight"][:, :, 0, 0].T + p["expand.bias"]).permute(0, 3, 1, 2)
        y = x * gate
        return y * torch.sigmoid(module.get_submodule("spatial")(y))

    agree(module, plain, example(2, 16))


@pytest.mark.parametrize("grid", [(7, 9), (10, 15), (3, 4)])
def test_mlca_is_its_formula(grid: tuple[int, int]) -> None:
    module = ours(lambda: Mlca(16, local=0.25))
    local, overall = (module.get_parameter(f"mix_{part}.weight") for part in ("local", "global"))

    def plain(x: Tensor) -> Tensor:
        cells = nn.functional.adaptive_avg_pool2d(x, (5, 5))
        by_cell = torch.stack(
            [
                nn.functional.conv1d(cells[:, :, i, j][:, None], local, padding=1)
                for i in range(5)
                for j in range(5)
            ],
            3,
        )
        gate = 0.25 * 2 * torch.sigmoid(by_cell[:, 0].reshape(2, 16, 5, 5))
        whole = nn.functional.conv1d(cells.mean((2, 3))[:, None], overall, padding=1)[:, 0]
        gate = gate + 0.75 * 2 * torch.sigmoid(whole)[..., None, None]
        return x * nn.functional.adaptive_avg_pool2d(gate, grid)

    agree(module, plain, example(2, 16, *grid))


@pytest.mark.parametrize("order", ["parallel", "sequential"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_polarized_attention_is_its_formula_in_the_papers_order(order: str, start: str) -> None:
    """The paper projects every place, then multiplies; ours multiplies first."""
    module = ours(lambda: Polarized(16, order=order, start=start))
    scale = 2 if (order, start) == ("sequential", "identity") else 1

    def linear(part: str, x: Tensor) -> Tensor:
        return torch.einsum("oc,bcn->bon", module.get_parameter(f"{part}.weight"), x) + module.get_parameter(
            f"{part}.bias"
        ).reshape(-1, 1)

    def by_channel(x: Tensor) -> Tensor:
        query = torch.softmax(module.get_submodule("channel_query")(x).flatten(1), 1)
        z = (linear("channel_value", x.flatten(2)) * query[:, None]).sum(2)
        logits = module.get_submodule("norm")(module.get_submodule("channel_out")(z))
        return scale * torch.sigmoid(logits)[..., None, None]

    def by_place(x: Tensor) -> Tensor:
        query = torch.softmax(linear("spatial_query", x.flatten(2)).mean(2), 1)
        logits = (query[:, :, None] * linear("spatial_value", x.flatten(2))).sum(1)
        return scale * torch.sigmoid(logits).reshape(2, 1, 7, 9)

    def plain(x: Tensor) -> Tensor:
        if order == "parallel":
            return x * by_channel(x) + x * by_place(x)
        y = x * by_channel(x)
        return y * by_place(y)

    agree(module, plain, example(2, 16))


def test_large_kernel_attention_reaches_as_far_as_its_kernels_do() -> None:
    module = ours(lambda: Lka(2))
    assert isinstance(module, Lka)
    x = example(1, 2, 41, 41).requires_grad_()
    torch.autograd.backward(module.gate(x)[0, 0, 20, 20])
    assert x.grad is not None
    rows = x.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert (int(rows.min()), int(rows.max())) == (20 - 11, 20 + 11)
    agree(module, lambda y: y * module.mix(module.far(module.near(y))), example(1, 2, 9, 9))


def test_large_selective_kernel_is_its_formula() -> None:
    module = ours(lambda: Lsk(16))
    part = module.get_submodule

    def plain(x: Tensor) -> Tensor:
        near = part("near")(x)
        one, two = part("narrow_near")(near), part("narrow_far")(part("far")(near))
        both = torch.cat([one, two], 1)
        pools = torch.stack([both.mean(1), both.max(1).values], 1)
        w = torch.sigmoid(part("select")(pools))
        out: Tensor = x * part("out")(one * w[:, 0, None] + two * w[:, 1, None])
        return out

    agree(module, plain, example(2, 16))
