"""Attention against its definition; the token modules really take the fused kernel."""

import functools
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention.contracts.example_inputs import images
from attention.layers.fused_attention import attend, to_map, to_tokens
from attention.token.cross_attention import CrossAttention
from attention.token.danet import Danet
from attention.token.multi_head import MultiHead
from attention.token.non_local import NonLocal
from attention.token.self_attention import SelfAttention

from ..oracles import agree, example


def dense_attention(q: Tensor, k: Tensor, v: Tensor, *, scale: float) -> Tensor:
    """Compute attention by its definition, with the N x M matrix."""
    return torch.softmax(scale * q @ k.transpose(-2, -1), -1) @ v


@pytest.mark.parametrize(("query_width", "value_width"), [(8, 8), (4, 16), (16, 4)])
def test_fused_attention_is_its_definition_at_equal_and_unequal_widths(
    query_width: int, value_width: int
) -> None:
    q, k = example(2, 3, 10, query_width), example(2, 3, 6, query_width).flip(0)
    v = example(2, 3, 6, value_width)
    agree(lambda *t: attend(*t, scale=0.3), lambda *t: dense_attention(*t, scale=0.3), q, k, v)


FUSED: dict[str, Callable[[], nn.Module]] = {
    "non_local": lambda: NonLocal(32),
    "non_local:mode=gaussian": lambda: NonLocal(32, mode="gaussian"),
    "non_local:sub_sample=2": lambda: NonLocal(32, sub_sample=2),
    "self_attention": lambda: SelfAttention(32),
    "danet": lambda: Danet(32),
    "danet:part=position": lambda: Danet(32, part="position"),
    "cross_attention": lambda: CrossAttention(32, 24),
    "multi_head": lambda: MultiHead(32),
}


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_token_modules_take_the_fused_kernel(name: str, form: torch.memory_format) -> None:
    """Allowed nothing else, torch raises where the fused kernel does not take what it is given."""
    given = [images(2, 32, (6, 7)).contiguous(memory_format=form).requires_grad_()]
    context = [images(2, 24, (3, 4)).contiguous(memory_format=form)] if name == "cross_attention" else []
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        y = FUSED[name]()(*given, *context)
        y.sum().backward()
    assert given[0].grad is not None


def test_unequal_widths_would_not_take_the_fused_kernel() -> None:
    q, v = images(1, 1, (6, 4))[:, :, :, :3], images(1, 1, (6, 4))
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="No available kernel"):
            nn.functional.scaled_dot_product_attention(q, q, v)


def test_no_module_saves_a_matrix_of_all_pairs_of_positions() -> None:
    """What autograd keeps of a 64 x 64 map stays below a tenth of the N x N matrix."""
    for make in (SelfAttention, NonLocal, Danet, MultiHead):
        kept: list[int] = []
        pack = functools.partial(_count, kept)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            make(32)(images(1, 32, (64, 64)).requires_grad_())
        assert max(kept) < 64**4 // 10


def _count(kept: list[int], tensor: Tensor) -> Tensor:
    kept.append(tensor.numel())
    return tensor


def test_tokens_are_contiguous_positions() -> None:
    x = images(2, 6, (3, 4))
    t = to_tokens(x, heads=2)
    assert t.shape == (2, 2, 12, 3)
    assert t.is_contiguous()
    assert torch.equal(t[1, 1, 5], x[1, 3:, 1, 1])
    assert torch.equal(to_map(t, 3, 4), x)
