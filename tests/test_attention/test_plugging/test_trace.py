"""The graph of one forward: parents, operations and calls, and that the model stays unchanged."""

import torch
from torch import Tensor, nn

from attention.plugging.trace import ancestors, evaluation_mode, trace_forward


class Branching(nn.Module):
    """Adds two convolutions of the input, and calls one of them twice; returns a list."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        y = self.left(x)
        return [y + self.right(x), self.left(y)]


EXAMPLE = torch.rand(1, 3, 4, 5)


def test_calls_are_recorded_in_order_with_their_numbers() -> None:
    graph = trace_forward(Branching(), EXAMPLE)
    assert [(call.name, call.number) for call in graph.calls] == [
        ("left", 0),
        ("right", 0),
        ("left", 1),
        ("", 0),
    ]
    assert set(graph.calls[0].outputs) == {None}
    assert set(graph.calls[-1].outputs) == {0, 1}


def test_a_node_knows_its_operation_its_parents_and_its_scope() -> None:
    graph = trace_forward(Branching(), EXAMPLE)
    left, right, again, whole = graph.calls
    image = graph.nodes[0]
    assert (image.operation, image.parents, image.shape) == ("input", (), (1, 3, 4, 5))
    assert left.outputs[None].operation == "convolution"
    total = whole.outputs[0]
    assert total.operation == "add"
    assert set(total.parents) == {left.outputs[None], right.outputs[None]}
    assert graph.scopes[total.scope][0] == ""
    assert graph.scopes[right.outputs[None].scope] == ("right", (image,))
    assert again.inputs == (left.outputs[None],)


def test_ancestors_are_all_earlier_nodes_down_to_the_floor() -> None:
    graph = trace_forward(Branching(), EXAMPLE)
    left, _, again, _ = (call.outputs.get(None) for call in graph.calls)
    assert left is not None
    assert again is not None
    assert set(ancestors(again)) == {left, graph.nodes[0]}
    assert set(ancestors(again, floor=left.index)) == {left}


def test_an_operation_in_place_gives_its_tensor_a_new_node() -> None:
    graph = trace_forward(nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True)), EXAMPLE)
    conv, relu = graph.calls[0].outputs[None], graph.calls[1].outputs[None]
    assert (relu.operation, relu.parents) == ("relu_", (conv,))


def test_the_model_keeps_its_modes_hooks_and_example() -> None:
    model, x = Branching().train(), EXAMPLE.clone()
    model.right.eval()
    trace_forward(model, x)
    assert (model.training, model.left.training, model.right.training) == (True, True, False)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(x, EXAMPLE)


def test_evaluation_mode_ends_with_its_body_also_after_an_error() -> None:
    model = Branching().train()
    try:
        with evaluation_mode(model):
            assert not any(module.training for module in model.modules())
            assert not torch.is_grad_enabled()
            raise KeyError
    except KeyError:
        pass
    assert all(module.training for module in model.modules())
    assert torch.is_grad_enabled()
