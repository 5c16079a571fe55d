"""Spatial gates, masks and the transformer against references and plain formulas."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.cbam import Cbam
from attention.contracts.example_inputs import images, randomised
from attention.spatial.direct_conv import DirectConv
from attention.spatial.hard import Gumbel, TopK
from attention.spatial.masks import CentreCrop, MaxPoolMask
from attention.spatial.sge import Sge
from attention.spatial.spatial_gate import SpatialGate
from attention.spatial.spatial_transformer import SpatialTransformer, sample_deterministically
from attention.spatial.sse import Sse
from tests.test_attention.oracles import agree, example, ours, reference


@pytest.mark.parametrize("norm", ["batch", "none"])
def test_the_spatial_gate_is_cbams_half(norm: str) -> None:
    module = ours(lambda: SpatialGate(32, norm=norm)).eval()
    cbam = Cbam(32, norm=norm).double().eval()
    state = {**cbam.state_dict(), **module.state_dict()}
    for name in state:
        if name.startswith("mlp.expand"):
            state[name] = torch.zeros_like(state[name])
    cbam.load_state_dict(state)
    agree(module, cbam, example())


def test_the_spatial_gate_is_timms() -> None:
    module = ours(lambda: SpatialGate(32, start="paper")).eval()
    theirs = reference("timm.layers.cbam").SpatialAttn().double().eval()
    theirs.conv.bn.load_state_dict(module.get_submodule("norm").state_dict())
    theirs.conv.conv.weight.data = module.get_parameter("conv.weight").detach().flip(1)
    agree(module, theirs, example())


def test_a_direct_convolution_of_one_place_is_sse() -> None:
    module = ours(lambda: DirectConv(32, kernel_size=1, bias=False))
    sse = Sse(32).double()
    sse.load_state_dict({"squeeze.weight": module.get_parameter("conv.weight")})
    agree(module, sse, example())


def test_a_direct_convolution_sees_all_channels_around_a_place() -> None:
    module = ours(lambda: DirectConv(3, kernel_size=3, start="paper"))
    weight, bias = (module.get_parameter(f"conv.{kind}") for kind in ("weight", "bias"))

    def plain(x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, (1, 1, 1, 1))
        rows = [
            [(padded[:, :, i : i + 3, j : j + 3] * weight[0]).sum((1, 2, 3)) + bias for j in range(5)]
            for i in range(4)
        ]
        return x * torch.sigmoid(torch.stack([torch.stack(row, 1) for row in rows], 1)[:, None])

    agree(module, plain, example(2, 3, 4, 5))


def test_sge_is_its_formula() -> None:
    module = ours(lambda: Sge(12, groups=4))

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in range(4):
            part = x[:, 3 * g : 3 * g + 3].flatten(2)
            c = (part * part.mean(2, keepdim=True)).sum(1)
            c = (c - c.mean(1, keepdim=True)) / (c.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
            gamma, beta = (module.get_parameter(name)[g].flatten() for name in ("gamma", "beta"))
            parts.append(part * 2 * torch.sigmoid(gamma * c + beta)[:, None])
        return torch.cat(parts, 1).reshape(x.shape)

    agree(module, plain, example(2, 12))


def test_sge_refuses_groups_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="sge: 8 groups do not divide 12 channels"):
        Sge(12)


def test_the_centre_crop_keeps_the_middle() -> None:
    mask = CentreCrop(1, percent=50).gate(torch.ones(1, 1, 4, 6))
    assert mask[0, 0].tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert CentreCrop(1, percent=25).gate(torch.ones(1, 1, 1, 1)).item() == 1


def test_the_max_pool_mask_keeps_each_windows_maximum() -> None:
    x = torch.tensor([[[[1.0, 5.0, 2.0], [3.0, 4.0, 2.0], [7.0, 6.0, -1.0]]]])
    assert MaxPoolMask(1)(x)[0, 0].tolist() == [[0, 5, 2], [0, 0, 2], [7, 0, -1]]


def test_top_k_keeps_the_highest_scores_and_learns_through_the_sigmoid() -> None:
    module = ours(lambda: TopK(3, percent=25))
    weight = module.get_parameter("score.weight").flatten()
    x = example(2, 3, 4, 5)
    score = torch.einsum("c,bchw->bhw", weight.detach(), x)
    for sample in range(2):
        kept = (module(x)[sample] != 0).any(0)
        assert int(kept.sum()) == 5
        assert float(score[sample][kept].min()) > float(score[sample][~kept].max())
    module(x).sum().backward()
    soft = (x * torch.sigmoid(torch.einsum("c,bchw->bhw", weight, x))[:, None]).sum()
    expected = torch.autograd.grad(soft, weight)[0]
    grad = module.get_parameter("score.weight").grad
    assert grad is not None
    torch.testing.assert_close(grad.flatten(), expected)


def test_gumbel_keeps_places_by_the_sigmoid_of_their_score() -> None:
    module = Gumbel(1)
    nn.init.constant_(module.score.weight, 1.0)
    module.train()
    x = torch.full((1, 1, 100, 100), 1.5)
    share = float((module(x) != 0).float().mean())
    assert share == pytest.approx(1 / (1 + torch.exp(torch.tensor(-1.5)).item()), abs=0.02)
    module.eval()
    assert bool((module(x) == x).all())
    assert bool((module(-x) == 0).all())


def test_gumbel_draws_from_its_own_generator_and_resumes() -> None:
    module = Gumbel(2).train()
    x = images(2, 2, (5, 5))
    before = torch.get_rng_state()
    module(x)
    saved = {name: value.clone() for name, value in module.state_dict().items()}
    second, third = module(x), module(x)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(second, third)
    resumed = Gumbel(2).train()
    resumed.load_state_dict(saved)
    assert torch.equal(resumed(x), second)
    assert torch.equal(resumed(x), third)


def test_the_transformer_shifts_by_whole_places() -> None:
    module = SpatialTransformer(3, transform="scale_translate", padding="zeros")
    x = images(1, 3, (4, 8))
    with torch.no_grad():
        module.point.bias.copy_(torch.tensor([1.0, 1.0, 0.5, 0.25]))
    torch.testing.assert_close(module(x)[:, :, :3, :7], x[:, :, 1:, 1:])
    assert bool((module(x)[:, :, 3] == 0).all())


def test_the_transformer_turns_by_a_right_angle() -> None:
    module = SpatialTransformer(3, transform="rotation")
    with torch.no_grad():
        module.point.bias.fill_(torch.pi / 2)
    x = images(1, 3, (5, 5))
    turned = module(x)
    assert any(torch.allclose(turned, torch.rot90(x, k, (2, 3)), atol=1e-5) for k in (1, 3))


def test_the_transformers_theta_is_the_papers_and_is_sampled_bilinearly() -> None:
    module = ours(lambda: SpatialTransformer(4, padding="zeros"))
    assert isinstance(module, SpatialTransformer)
    x = example(1, 4, 3, 5)
    theta, y = module.theta(x)[0], torch.zeros_like(x)
    for i in range(3):
        for j in range(5):
            at = theta @ torch.tensor([(2 * j + 1) / 5 - 1, (2 * i + 1) / 3 - 1, 1.0], dtype=torch.float64)
            column, row = ((at[0] + 1) * 5 - 1) / 2, ((at[1] + 1) * 3 - 1) / 2
            for a in range(3):
                for b in range(5):
                    near = (1 - (row - a).abs()).clamp(min=0) * (1 - (column - b).abs()).clamp(min=0)
                    y[0, :, i, j] += near * x[0, :, a, b]
    torch.testing.assert_close(module(x), y)


def test_a_fresh_transformer_returns_the_map_within_rounding() -> None:
    x = images(2, 4, (9, 7))
    for transform in ("affine", "scale_translate", "rotation"):
        assert bool(((SpatialTransformer(4, transform=transform)(x) - x).abs() < 1e-5).all())
    assert bool(((randomised(SpatialTransformer(4))(x) - x).abs() > 0.1).any())


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_the_transformers_sampling_on_cuda_is_that_on_the_cpu(padding: str) -> None:
    module = randomised(SpatialTransformer(4, padding=padding))
    assert isinstance(module, SpatialTransformer)
    x = images(2, 4, (9, 7))
    theta = module.theta(x)
    found = sample_deterministically(x, theta, padding)
    torch.testing.assert_close(found, module(x), rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(sample_deterministically(x, theta, padding), found)
