"""torch's behaviors of docs/surprises.md: a version that changes one of them fails here."""

import warnings

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode


def flops_of_a_convolution(groups: int, *, backward: bool) -> int:
    layer = nn.Conv2d(16, 16, 3, padding=1, groups=groups, bias=False)
    image = torch.randn(1, 16, 8, 8, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        output = layer(image).sum()
        if backward:
            torch.autograd.backward(output)
    total: int = counter.get_total_flops()
    return total


@pytest.mark.parametrize("groups", [1, 2, 16])
def test_the_backward_of_a_grouped_convolution_is_counted_too_dear(groups: int) -> None:
    forward = flops_of_a_convolution(groups, backward=False)
    assert forward == 2 * 16 * (16 // groups) * 9 * 8 * 8
    assert flops_of_a_convolution(groups, backward=True) == (2 + groups) * forward


def test_fused_attention_is_counted_as_nothing_on_the_cpu() -> None:
    counted = {}
    for device in ("cpu", "meta"):
        q = torch.randn(1, 2, 16, 8, device=device)
        with FlopCounterMode(display=False) as counter:
            F.scaled_dot_product_attention(q, q, q)
        counted[device] = counter.get_total_flops()
    assert counted == {"cpu": 0, "meta": 2 * 2 * (2 * 16 * 16 * 8)}


def attend_to_a_padded_batch(*, training: bool, need_weights: bool, grad: bool) -> Tensor:
    """Self-attention of two sequences, of which the second is padding only, (2,4,8)."""
    layer = nn.MultiheadAttention(8, 2, batch_first=True).train(training)
    padded = torch.tensor([[False] * 4, [True] * 4])
    x = torch.randn(2, 4, 8)
    with torch.set_grad_enabled(grad):
        output: Tensor = layer(x, x, x, key_padding_mask=padded, need_weights=need_weights)[0]
    return output


@pytest.mark.parametrize(
    ("training", "need_weights", "grad", "is_nan"),
    [
        (True, True, True, True),
        (True, False, True, False),
        (False, True, True, True),
        (False, False, True, False),
        (False, True, False, True),
        (False, False, False, True),  # the fused kernel of inference
    ],
)
def test_attention_within_padding_is_nan_with_weights_and_in_inference(
    training: bool, need_weights: bool, grad: bool, is_nan: bool
) -> None:
    output = attend_to_a_padded_batch(training=training, need_weights=need_weights, grad=grad)
    assert not output[0].isnan().any()
    assert bool(output[1].isnan().all()) is is_nan


def add_hundred(module: nn.Module, args: object, output: Tensor) -> Tensor:
    return output + 100


def test_a_hook_added_to_a_compiled_model_is_ignored_and_one_removed_is_noticed() -> None:
    torch.compiler.reset()
    x, model = torch.ones(1, 2), nn.Sequential(nn.Linear(2, 2))
    compiled = torch.compile(model, backend="eager")
    before = compiled(x)
    handle = model[0].register_forward_hook(add_hundred)
    assert torch.equal(compiled(x), before)
    assert torch.allclose(model(x), before + 100)
    torch.compiler.reset()
    assert torch.allclose(compiled(x), before + 100)
    handle.remove()
    assert torch.equal(compiled(x), before)


def test_a_sampling_grid_made_under_autocast_is_rounded_to_bfloat16() -> None:
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    exact = F.affine_grid(identity, [1, 1, 512, 512], align_corners=False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        grid = F.affine_grid(identity, [1, 1, 512, 512], align_corners=False)
    assert (exact.dtype, grid.dtype) == (torch.float32, torch.bfloat16)
    assert float((grid.float() - exact).abs().max()) == 1 / 512  # half a pixel: pixels are 2 / 512 apart


def test_going_through_a_data_loader_in_order_draws_from_the_global_generator() -> None:
    torch.manual_seed(0)
    undisturbed = torch.rand(1)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images: list[list[Tensor]] = list(
            DataLoader(TensorDataset(torch.zeros(1)), shuffle=False, num_workers=0)
        )
    assert len(images) == 1
    assert float(torch.rand(1)) != float(undisturbed)
