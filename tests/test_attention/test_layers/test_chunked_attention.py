"""Attention in chunks against attention at once."""

import pytest
import torch

from attention.token.self_attention import SelfAttention

from ..oracles import example, ours


def test_attention_in_chunks_is_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ours(lambda: SelfAttention(16, activation="tanh"))
    x = example(2, 16, 4, 5)
    whole = ours(lambda: SelfAttention(16, activation="tanh"))
    expected = whole(x)
    torch.autograd.backward(expected.square().sum())
    monkeypatch.setattr("attention.layers.chunked_attention.CHUNK", 7)
    found = module(x)
    torch.autograd.backward(found.square().sum())
    torch.testing.assert_close(found, expected)
    for mine, theirs in zip(module.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
