"""Which additions close a residual block, on models written for each case."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from attention.plugging.probed_model import ProbedModel
from attention.plugging.residual_branches import branches


class Model(nn.Module):
    """Applies a function to the input and three convolutions that keep the shape."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.a, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 1)
        self.drop_path = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.a, self.b, self.drop_path)


CASES: dict[str, tuple[Callable[..., Tensor], list[str]]] = {
    "a branch added to its input": (lambda x, a, b, d: x + a(x), ["a"]),
    "two layers added to their input": (lambda x, a, b, d: b(a(x)) + x, ["b"]),
    "a branch longer than its shortcut": (lambda x, a, b, d: b(a(x)) + b(x), ["b#1"]),
    "a scaled branch": (lambda x, a, b, d: x + 0.5 * a(x), ["a"]),
    "two blocks in series": (lambda x, a, b, d: (y := x + a(x)) + b(y), ["a", "b"]),
    "a branch behind drop_path": (lambda x, a, b, d: x + d(a(x)), ["drop_path"]),
    "parallel branches of one depth": (lambda x, a, b, d: a(x) + b(x), []),
    "a tensor added to itself": (lambda x, a, b, d: (y := a(x)) + y, []),
    "a branch without a layer": (lambda x, a, b, d: x + x.relu(), []),
    "an attention bias": (lambda x, a, b, d: (x + a(x)).softmax(1), []),
    "a sum of different shapes": (lambda x, a, b, d: x + a(x).mean((2, 3), keepdim=True), []),
}


@pytest.mark.parametrize("case", CASES)
def test_the_branch_is_found_where_there_is_one(case: str) -> None:
    function, names = CASES[case]
    probed = ProbedModel(Model(function), torch.rand(1, 3, 6, 6))
    assert [probed.name(branch.call, branch.entry) for branch in branches(probed)] == names


def test_a_branch_holds_its_tensor_and_the_time_of_its_addition() -> None:
    probed = ProbedModel(Model(lambda x, a, b, d: x + a(x)), torch.rand(1, 3, 6, 6))
    (branch,) = branches(probed)
    addition = probed.graph.nodes[branch.time]
    assert addition.operation == "add"
    assert branch.node in addition.parents
    assert branch.node is branch.call.outputs[None]
