"""Attention over places as its authors' code, or its N x N matrix, computes it, over the parts of ours."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def _project(x: Tensor, layer: nn.Conv2d) -> Tensor:
    y: Tensor = layer(x)
    return y.flatten(2)


def non_local(m: Any, x: Tensor) -> Tensor:
    """The N x N form."""
    q, k, v = (_project(x, layer) for layer in (m.theta, m.phi, m.g))
    y = torch.softmax(q.transpose(1, 2) @ k, 2) @ v.transpose(1, 2)
    z: Tensor = x + m.norm(m.out(y.transpose(1, 2).reshape(len(x), -1, *x.shape[2:])))
    return z


def self_attention(m: Any, x: Tensor) -> Tensor:
    """The N x N form, with the activation if there is one."""
    q, k, v = (_project(x, layer) for layer in (m.query, m.key, m.value))
    scores = q.transpose(1, 2) @ k
    if m.activation != "none":
        scores = getattr(torch, m.activation)(scores)
    y = v @ torch.softmax(scores, 2).transpose(1, 2)
    z: Tensor = x + m.gamma * m.out(y.reshape(len(x), -1, *x.shape[2:]))
    return z


def danet(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    q, k, v = (_project(x, layer) for layer in (m.query, m.key, m.value))
    seen = v @ torch.softmax(q.transpose(1, 2) @ k, 2).transpose(1, 2)
    energy = x.flatten(2) @ x.flatten(2).transpose(1, 2)
    weights = torch.softmax(energy.max(-1, keepdim=True)[0].expand_as(energy) - energy, 2)
    z: Tensor = x + m.alpha * seen.reshape(x.shape) + m.beta * (weights @ x.flatten(2)).reshape(x.shape)
    return z


def cross_attention(m: Any, x: Tensor, context: Tensor) -> Tensor:
    """The N x M form."""
    q, k, v = _project(x, m.query), _project(context, m.key), _project(context, m.value)
    weights = torch.softmax(q.transpose(1, 2) @ k * q.shape[1] ** -0.5, 2)
    z: Tensor = x + m.out((v @ weights.transpose(1, 2)).reshape(len(x), -1, *x.shape[2:]))
    return z


def multi_head(m: Any, x: Tensor) -> Tensor:
    """The N x N form; a learned bias is looked up once for all heads."""
    height, width = x.shape[2:]
    q, k, v = (
        _project(x, layer).reshape(len(x), m.heads, -1, height * width) for layer in (m.query, m.key, m.value)
    )
    scores = (m.scale * q).transpose(2, 3) @ k
    if m.bias is not None:
        number = (torch.arange(height)[:, None] * (2 * width - 1) + torch.arange(width)).flatten().int()
        table = m._table(height, width, x).flatten(1)
        scores = scores + table[:, number - number[:, None] + table.shape[1] // 2]
    y = v @ torch.softmax(scores, 3).transpose(2, 3)
    z: Tensor = x + m.out(y.flatten(1, 2).reshape(x.shape))
    return z


def ccnet(m: Any, x: Tensor) -> Tensor:
    """The N x N form: all places but those of one's row and column masked."""
    height, width = x.shape[2:]
    rows, columns = torch.arange(height).repeat_interleave(width), torch.arange(width).repeat(height)
    crossing = (rows[:, None] == rows) | (columns[:, None] == columns)
    for _ in range(m.recurrence):
        q, k, v = (_project(x, layer) for layer in (m.query, m.key, m.value))
        scores = (q.transpose(1, 2) @ k).masked_fill(~crossing, float("-inf"))
        x = x + m.gamma * (v @ torch.softmax(scores, 2).transpose(1, 2)).reshape(x.shape)
    return x


def double_attention(m: Any, x: Tensor) -> Tensor:
    """The N x N form: which place hands how much to which."""
    features = _project(x, m.features)
    gather, distribute = torch.softmax(_project(x, m.gather), 2), torch.softmax(_project(x, m.distribute), 1)
    z: Tensor = x + m.out(
        (features @ (gather.transpose(1, 2) @ distribute)).reshape(len(x), -1, *x.shape[2:])
    )
    return z


def double_in_order(m: Any, x: Tensor) -> Tensor:
    """The paper's order: gather, then distribute."""
    features = _project(x, m.features)
    gather, distribute = torch.softmax(_project(x, m.gather), 2), torch.softmax(_project(x, m.distribute), 1)
    given = torch.bmm(torch.bmm(features, gather.permute(0, 2, 1)), distribute)
    z: Tensor = x + m.out(given.view(len(x), -1, *x.shape[2:]))
    return z


def crossed_in_order(m: Any, x: Tensor) -> Tensor:
    """The authors' form: rows and columns as batches, H + W scores a place, the place itself masked once."""
    batch, _, height, width = x.shape
    for _ in range(m.recurrence):
        maps = [layer(x) for layer in (m.query, m.key, m.value)]
        q_h, k_h, v_h = (t.permute(0, 3, 1, 2).reshape(batch * width, -1, height) for t in maps)
        q_w, k_w, v_w = (t.permute(0, 2, 1, 3).reshape(batch * height, -1, width) for t in maps)
        mask = -torch.diag(torch.tensor(float("inf")).repeat(height))
        down = torch.bmm(q_h.transpose(1, 2), k_h) + mask.nan_to_num(0.0, neginf=float("-inf"))
        down = down.view(batch, width, height, height).permute(0, 2, 1, 3)
        along = torch.bmm(q_w.transpose(1, 2), k_w).view(batch, height, width, width)
        weights = torch.softmax(torch.cat([down, along], 3), 3)
        w_h = weights[..., :height].permute(0, 2, 1, 3).reshape(batch * width, height, height)
        w_w = weights[..., height:].reshape(batch * height, width, width)
        seen = torch.bmm(v_h, w_h.transpose(1, 2)).view(batch, width, -1, height).permute(0, 2, 3, 1)
        seen = seen + torch.bmm(v_w, w_w.transpose(1, 2)).view(batch, height, -1, width).permute(0, 2, 1, 3)
        x = m.gamma * seen + x
    return x


def external_attention(m: Any, x: Tensor) -> Tensor:
    """The authors' code: the memory by 1-D convolutions."""
    batch, channels, height, width = x.shape
    flat = m.embed(x).view(batch, channels, -1)
    weights = torch.softmax(functional.conv1d(flat, m.keys.weight[..., 0]), 2)
    weights = weights / (1e-9 + weights.sum(1, keepdim=True))
    said = functional.conv1d(weights, m.values.weight[..., 0]).view(batch, channels, height, width)
    z: Tensor = x + m.norm(m.out(said))
    return z


def bat(m: Any, x: Tensor) -> Tensor:
    """The N x N form: which place hands how much to which, in one matrix a group."""
    height, width = x.shape[2:]
    low = functional.pad(m.reduce(x), (0, -width % m.block, 0, -height % m.block))
    batch, _, high, wide = low.shape
    p, q = (
        torch.stack([torch.kron(one, torch.eye(side // m.block)) for one in each.flatten(0, 1)])
        for each, side in zip(m._matrices(low), (high, wide), strict=True)
    )
    handed = torch.einsum("ghk,glw->ghwkl", p, q).reshape(batch, m.groups, high * wide, high * wide)
    y = low.reshape(batch, m.groups, -1, high * wide) @ handed.transpose(2, 3)
    z: Tensor = x + m.out(m.mixed(y.reshape(low.shape)[:, :, :height, :width]))
    return z
