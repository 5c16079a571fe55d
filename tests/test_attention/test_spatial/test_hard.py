"""Learned hard attention: which positions it keeps, its gradients and its noise."""

import pytest
import torch
from torch import nn

from attention.contracts.example_inputs import images
from attention.spatial.hard import Gumbel, TopK

from ..oracles import example, ours


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


def test_gumbel_keeps_positions_with_the_sigmoid_of_their_score() -> None:
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
