"""The spatial transformer against shifts, rotations and bilinear sampling by hand."""

import pytest
import torch

from attention.contracts.example_inputs import images, randomize
from attention.spatial.spatial_transformer import SpatialTransformer, sample

from ..oracles import example, ours


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
    assert bool(((randomize(SpatialTransformer(4))(x) - x).abs() > 0.1).any())


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_the_sampling_on_cuda_is_that_on_the_cpu(padding: str) -> None:
    module = randomize(SpatialTransformer(4, padding=padding))
    assert isinstance(module, SpatialTransformer)
    x = images(2, 4, (9, 7))
    sampled = sample(x, module.theta(x), padding, deterministic=True)
    torch.testing.assert_close(sampled, module(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("deterministic", [False, True])
def test_autocast_does_not_round_the_sampling_grid(deterministic: bool) -> None:
    module = randomize(SpatialTransformer(4))
    assert isinstance(module, SpatialTransformer)
    x = images(2, 4, (9, 7))
    theta = module.theta(x)
    expected = sample(x, theta, "border", deterministic=deterministic)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(sample(x, theta, "border", deterministic=deterministic), expected)
