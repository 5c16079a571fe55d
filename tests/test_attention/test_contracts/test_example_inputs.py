"""Modules and maps are the same every time; randomizing redraws everything."""

import pytest
import torch
from torch import nn

from attention import CATALOG
from attention.contracts.example_inputs import (
    fixed_seed,
    fresh_module,
    images,
    inputs,
    randomize,
    values_of,
    variants,
)
from attention.options import Choice, LogRange


def test_a_fixed_seed_leaves_the_global_generator_unchanged() -> None:
    before = torch.get_rng_state()
    with fixed_seed(3):
        first = torch.rand(4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, torch.rand(4, generator=torch.Generator().manual_seed(3)))


def test_a_fresh_module_is_that_of_seed_zero() -> None:
    with fixed_seed(0):
        expected = CATALOG["se"].make(16).state_dict()
    found = fresh_module(CATALOG["se"], channels=16).state_dict()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_randomizing_redraws_weights_and_statistics_reproducibly() -> None:
    norm, other = randomize(nn.BatchNorm2d(64)), randomize(nn.BatchNorm2d(64))
    for name, value in norm.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    variance = norm.get_buffer("running_var")
    assert 0.5 <= float(variance.min()) < float(variance.max()) <= 1.5
    assert float(norm.get_parameter("weight").detach().std()) == pytest.approx(0.5, rel=0.3)
    assert not torch.equal(
        norm.get_parameter("weight"), randomize(nn.BatchNorm2d(64), 2).get_parameter("weight")
    )


def test_images_are_reproducible_and_not_centered_on_zero() -> None:
    x = images(8, 8, (40, 40))
    assert torch.equal(x, images(8, 8, (40, 40)))
    assert not torch.equal(x, images(8, 8, (40, 40), seed=3))
    assert (float(x.mean()), float(x.std())) == pytest.approx((0.3, 1.0), abs=0.02)


@pytest.mark.parametrize(("grid", "half"), [((7, 9), (3, 4)), ((1, 1), (1, 1))])
def test_two_input_modules_get_a_context_of_half_the_size(
    grid: tuple[int, int], half: tuple[int, int]
) -> None:
    x = images(2, 8, grid)
    assert inputs(CATALOG["se"], x) == (x,)
    assert inputs(CATALOG["attention_gate"], x)[1].shape == (2, 8, *half)


def test_variants_change_one_option_at_a_time() -> None:
    assert list(variants(CATALOG["sse"])) == [{}, {"bias": True}, {"start": "paper"}]
    frequencies = [v["frequencies"] for v in variants(CATALOG["fca"], 24) if "frequencies" in v]
    assert frequencies == [1, 2, 4, 8]


def test_a_continuous_domain_gives_its_ends() -> None:
    assert values_of(Choice("a", "b")) == ("a", "b")
    assert values_of(LogRange(0.1, 10.0)) == (0.1, 10.0)
