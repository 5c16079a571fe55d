"""The learning rate of every step, weight decay, and the moving average of the weights."""

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from experiments.config.run_spec import RecipeSpec
from experiments.reproducibility.seeding import local_seed
from experiments.training.optimizer import create_optimizer, resolve_momentum

STEPS = 40


def recipe(**changes: Any) -> RecipeSpec:
    return resolve_momentum(RecipeSpec(learning_rate=0.2, **changes))


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def rates(**changes: Any) -> list[float]:
    """The learning rate at which each step is made."""
    moving = create_optimizer(network(), recipe(**changes), steps=STEPS)
    found = []
    for step in range(STEPS):
        moving.schedule.step_update(step)
        found.append(float(moving.optimizer.param_groups[0]["lr"]))
    return found


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25])
def test_cosine_rises_in_a_line_and_falls_to_nothing(warmup: float) -> None:
    rising = round(warmup * STEPS)
    falling = [0.1 * (1 + math.cos(math.pi * step / (STEPS - rising))) for step in range(STEPS - rising)]
    expected = [0.2 * step / rising for step in range(rising)] + falling
    assert rates(warmup=warmup) == pytest.approx(expected, abs=1e-12)


def test_constant_rises_in_a_line_and_stays() -> None:
    expected = [0.2 * step / 10 for step in range(10)] + [0.2] * 30
    assert rates(warmup=0.25, schedule="constant") == pytest.approx(expected, abs=1e-12)


def test_no_rate_is_negative_or_above_the_recipes() -> None:
    for schedule in ("cosine", "constant"):
        found = rates(warmup=0.3, schedule=schedule)
        assert all(0 <= rate <= 0.2 for rate in found)
        assert max(found) == pytest.approx(0.2)


def test_the_rate_of_a_step_does_not_depend_on_the_steps_before_it() -> None:
    moving = create_optimizer(network(), recipe(warmup=0.25), steps=STEPS)
    moving.schedule.step_update(27)
    assert moving.optimizer.param_groups[0]["lr"] == pytest.approx(rates(warmup=0.25)[27])


def test_cosine_falls_from_step_to_step() -> None:
    assert all(later < earlier for earlier, later in pairwise(rates(warmup=0.0)))


def test_norms_and_biases_are_not_decayed() -> None:
    moving = create_optimizer(network(), recipe(weight_decay=0.01), steps=STEPS)
    decays = {
        len(parameter.shape): group["weight_decay"]
        for group in moving.optimizer.param_groups
        for parameter in group["params"]
    }
    assert decays == {1: 0.0, 2: 0.01}


@pytest.mark.parametrize(("optimizer", "momentum"), [("sgd", 0.9), ("adamw", None)])
def test_momentum_is_set_if_the_optimizer_has_one(optimizer: str, momentum: float | None) -> None:
    assert recipe(optimizer=optimizer).momentum == momentum


def test_a_momentum_that_the_optimizer_ignores_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"recipe\.momentum: adamw has no momentum"):
        recipe(optimizer="adamw", momentum=0.9)


def test_zero_momentum_is_an_error_for_nesterov_optimizers() -> None:
    with pytest.raises(ValueError, match="momentum"):
        recipe(momentum=0.0)


def test_a_misspelt_optimizer_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"recipe\.optimizer: no 'adamm' in timm; did you mean 'adam"):
        recipe(optimizer="adamm")


def test_the_moving_average_follows_the_weights() -> None:
    model = network()
    moving = create_optimizer(model, recipe(ema=0.5), steps=STEPS)
    assert moving.average is not None
    weight = "0.weight"
    before = model.state_dict()[weight].clone()
    with torch.no_grad():
        model.get_parameter(weight).add_(1)
    moving.average.update(model, step=10**6)
    assert torch.allclose(moving.average.module.state_dict()[weight], before + 0.5)
    assert create_optimizer(model, recipe(), steps=STEPS).average is None


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw"])
def test_torchs_own_optimizers_move_all_weights_in_one_kernel_and_as_without(name: str) -> None:
    def moved(**options: Any) -> list[torch.Tensor]:
        with local_seed(0, "test"):
            model = nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 2))
            images = torch.randn(8, 5)
        optimizer = create_optimizer(model, recipe(optimizer=name), steps=5).optimizer
        assert {group["fused"] for group in optimizer.param_groups} == {True}
        for group in optimizer.param_groups:
            group.update(options)
        for _ in range(5):
            optimizer.zero_grad()
            model(images).square().mean().backward()
            optimizer.step()
        return [weight.detach() for weight in model.parameters()]

    for one, other in zip(moved(), moved(fused=False, foreach=False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


class _LateBranch(nn.Module):
    """A branch that takes part from the third step on, and one that is left out at random."""

    def __init__(self) -> None:
        super().__init__()
        self.always, self.late, self.random = nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 5)
        self.steps = 0

    def forward(self, x_BC: torch.Tensor) -> torch.Tensor:
        self.steps += 1
        y_BC: torch.Tensor = self.always(x_BC)
        if self.steps > 2:
            y_BC = y_BC * self.late(x_BC).sigmoid()
        if self.steps in (2, 5):
            y_BC = y_BC + self.random(x_BC)
        return y_BC


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw", "adagrad"])
def test_weights_whose_first_gradient_comes_late_move_as_without_the_one_kernel(name: str) -> None:
    def moved(**options: Any) -> list[torch.Tensor]:
        with local_seed(0, "test"):
            model, images = _LateBranch(), torch.randn(8, 5)
        optimizer = create_optimizer(model, recipe(optimizer=name, weight_decay=0.1), steps=6).optimizer
        for group in optimizer.param_groups:
            assert group["fused"]
            group.update(options)
        if options:
            optimizer._optimizer_step_pre_hooks.clear()
        for _ in range(6):
            optimizer.zero_grad()
            model(images).square().mean().backward()
            optimizer.step()
        return [weight.detach() for weight in model.parameters()]

    for one, other in zip(moved(), moved(fused=False, foreach=False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_weights_that_all_have_a_gradient_from_the_first_step_have_the_bits_of_torchs_own_optimizer() -> None:
    def moved(*, is_plain: bool) -> list[torch.Tensor]:
        with local_seed(0, "test"):
            model, images = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 2)), torch.randn(8, 5)
        optimizer = create_optimizer(model, recipe(optimizer="sgd"), steps=5).optimizer
        assert optimizer._optimizer_step_pre_hooks
        if is_plain:
            optimizer._optimizer_step_pre_hooks.clear()
        for _ in range(5):
            optimizer.zero_grad()
            model(images).square().mean().backward()
            optimizer.step()
        return [weight.detach() for weight in model.parameters()]

    assert all(map(torch.equal, moved(is_plain=False), moved(is_plain=True)))


def test_complex_weights_are_moved_as_well() -> None:
    model = nn.Linear(3, 2, dtype=torch.complex64)
    optimizer = create_optimizer(model, recipe(optimizer="sgd"), steps=5).optimizer
    before = model.weight.detach().clone()
    model(torch.ones(1, 3, dtype=torch.complex64)).abs().sum().backward()
    optimizer.step()
    assert not torch.equal(before, model.weight)
