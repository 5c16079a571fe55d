"""Modules as their authors' code, or the N x N matrix of their definition, computes them, over the parts of ours."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def max_of_gates(m: Any, x: Tensor) -> Tensor:
    """scSE max of gates by torch.maximum."""
    c, s = torch.sigmoid(m.mlp(x.mean((2, 3))))[..., None, None], torch.sigmoid(m.conv(x))
    return x * torch.maximum(c, s)


def max_of_outputs(m: Any, x: Tensor) -> Tensor:
    """scSE max as the field writes it."""
    c, s = torch.sigmoid(m.mlp(x.mean((2, 3))))[..., None, None], torch.sigmoid(m.conv(x))
    return torch.maximum(x * c, x * s)


def simam(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    places = x.shape[2] * x.shape[3] - 1
    d = (x - x.mean(dim=[2, 3], keepdim=True)).pow(2)
    return x * torch.sigmoid(d / (4 * (d.sum(dim=[2, 3], keepdim=True) / places + m.penalty)) + 0.5)


def triplet(m: Any, x: Tensor) -> Tensor:
    """The authors' code: rotate, gate, rotate back."""

    def gate(branch: nn.Module, y: Tensor) -> Tensor:
        pools = torch.cat((y.max(1)[0].unsqueeze(1), y.mean(1).unsqueeze(1)), 1)
        return y * torch.sigmoid(branch(pools))

    h = gate(m.over_height, x.permute(0, 2, 1, 3).contiguous()).permute(0, 2, 1, 3).contiguous()
    w = gate(m.over_width, x.permute(0, 3, 2, 1).contiguous()).permute(0, 3, 2, 1).contiguous()
    return (gate(m.over_channels, x) + h + w) / 3


def polarized(m: Any, x: Tensor) -> Tensor:
    """In the paper's order of products, both branches."""
    flat = x.flatten(2)
    query = torch.softmax(m.channel_query(x).flatten(1), 1)
    value = functional.linear(flat.transpose(1, 2), m.channel_value.weight, m.channel_value.bias)
    z = (value.transpose(1, 2) @ query[..., None]).squeeze(2)
    c = torch.sigmoid(m.norm(m.channel_out(z)))[..., None, None]
    looked = functional.linear(flat.transpose(1, 2), m.spatial_query.weight, m.spatial_query.bias).mean(1)
    seen = functional.linear(flat.transpose(1, 2), m.spatial_value.weight, m.spatial_value.bias)
    s = torch.sigmoid(seen @ torch.softmax(looked, 1)[..., None]).reshape(len(x), 1, *x.shape[2:])
    return x * c + x * s


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
    q, k, v = (_project(x, layer).reshape(len(x), m.heads, -1, height * width)
               for layer in (m.query, m.key, m.value))  # fmt: skip
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


def gct(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    embedded = (x.pow(2).sum((2, 3), keepdim=True) + 1e-5).pow(0.5) * m.alpha
    norm = m.gamma / (embedded.pow(2).mean(1, keepdim=True) + 1e-5).pow(0.5)
    return x * (1.0 + torch.tanh(embedded * norm + m.beta))


def srm(m: Any, x: Tensor) -> Tensor:
    """The authors' code, the deviation as ours has it."""
    flat = x.view(*x.shape[:2], -1)
    style = torch.stack([flat.mean(2), (flat.var(2, correction=0) + 1e-5).sqrt()], 2)
    gate = torch.sigmoid(m.norm((style * m.weight).sum(2)))
    return x * gate[..., None, None].expand_as(x)


def sge(m: Any, x: Tensor) -> Tensor:
    """The authors' code, the deviation as ours has it."""
    batch, channels, height, width = x.shape
    grouped = x.view(batch * m.groups, -1, height, width)
    likeness = (
        (grouped * functional.adaptive_avg_pool2d(grouped, 1)).sum(1, keepdim=True).view(batch * m.groups, -1)
    )
    centred = likeness - likeness.mean(1, keepdim=True)
    standard = (centred / (centred.var(1, correction=0, keepdim=True) + 1e-5).sqrt()).view(
        batch, m.groups, height, width
    )
    gate = (standard * m.gamma.view(1, -1, 1, 1) + m.beta.view(1, -1, 1, 1)).view(
        batch * m.groups, 1, height, width
    )
    return (grouped * torch.sigmoid(gate)).view(batch, channels, height, width)


def lct(m: Any, x: Tensor) -> Tensor:
    """A public re-implementation."""
    means = functional.adaptive_avg_pool2d(x, 1).view(len(x), m.groups, -1)
    centre = means.mean(2, keepdim=True)
    variance = (means**2).mean(2, keepdim=True) - centre**2
    z = ((means - centre) / torch.sqrt(variance + 1e-5)).reshape(len(x), -1)
    return x * torch.sigmoid(m.weight * z + m.bias)[..., None, None].expand_as(x)


def gct_gauss(m: Any, x: Tensor) -> Tensor:
    """A public re-implementation, its formula put right."""
    means = functional.adaptive_avg_pool2d(x, 1)
    centre = means.mean(1, keepdim=True)
    variance = (means**2).mean(1, keepdim=True) - centre**2
    z = (means - centre) / torch.sqrt(variance + 1e-5)
    return x * torch.exp(-(z**2) / (2 * m.width**2)).expand_as(x)


def fca(m: Any, x: Tensor) -> Tensor:
    """The authors' code: the pooled map times a filter of each channel's own."""
    filters = (m.rows[:, :, None] * m.columns[:, None]).repeat_interleave(x.shape[1] // m.groups, 0)
    described = (functional.adaptive_avg_pool2d(x, 7) * filters).sum((2, 3))
    return x * torch.sigmoid(m.mlp(described))[..., None, None].expand_as(x)


def nam(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    share = m.norm.weight.abs() / m.norm.weight.abs().sum()
    scaled = torch.mul(share, m.norm(x).permute(0, 2, 3, 1).contiguous()).permute(0, 3, 1, 2).contiguous()
    return torch.sigmoid(scaled) * x


def shuffle(m: Any, x: Tensor) -> Tensor:
    """The authors' code, without the shuffle."""
    batch, channels, height, width = x.shape
    grouped = x.reshape(batch * m.groups, -1, height, width)
    first, second = grouped.chunk(2, 1)
    by_channel = m.channel_weight * functional.adaptive_avg_pool2d(first, 1) + m.channel_bias
    normed = functional.group_norm(second, second.shape[1], m.norm_weight, m.norm_bias)
    by_place = m.spatial_weight * normed + m.spatial_bias
    both = torch.cat([first * torch.sigmoid(by_channel), second * torch.sigmoid(by_place)], 1)
    return both.reshape(batch, channels, height, width)


def efficient_multi_scale(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    batch, channels, height, width = x.shape
    grouped = x.reshape(batch * m.groups, -1, height, width)
    rows = functional.adaptive_avg_pool2d(grouped, (None, 1))
    columns = functional.adaptive_avg_pool2d(grouped, (1, None)).permute(0, 1, 3, 2)
    strips = functional.conv2d(torch.cat([rows, columns], 2), m.strip.weight[..., None], m.strip.bias)
    rows, columns = torch.split(strips, [height, width], 2)
    x1 = m.norm(grouped * rows.sigmoid() * columns.permute(0, 1, 3, 2).sigmoid())
    x2 = m.wide(grouped)
    logits = grouped.new_zeros(())
    for by, of in ((x1, x2), (x2, x1)):
        weights = torch.softmax(
            functional.adaptive_avg_pool2d(by, 1).reshape(len(by), -1, 1).permute(0, 2, 1), -1
        )
        logits = logits + torch.matmul(weights, of.reshape(len(of), of.shape[1], -1))
    gate = logits.reshape(batch * m.groups, 1, height, width).sigmoid()
    return (grouped * gate).reshape(batch, channels, height, width)


def mlca(m: Any, x: Tensor) -> Tensor:
    """The authors' code, each cell by itself as ours has it."""
    batch, channels, height, width = x.shape
    cells = functional.adaptive_avg_pool2d(x, m.grid)
    overall = m.mix_global(functional.adaptive_avg_pool2d(cells, 1).view(batch, channels, 1).transpose(1, 2))
    strips = cells.view(batch, channels, -1).transpose(1, 2).reshape(-1, 1, channels)
    local = m.mix_local(strips).reshape(batch, -1, channels).transpose(1, 2).reshape(cells.shape).sigmoid()
    whole = functional.adaptive_avg_pool2d(overall.transpose(1, 2)[..., None].sigmoid(), (m.grid, m.grid))
    return x * functional.adaptive_avg_pool2d(whole * (1 - m.local) + local * m.local, (height, width))


def by_place(m: Any, x: Tensor) -> Tensor:
    """The formula of sSE and of a direct convolution."""
    layer = m.squeeze if hasattr(m, "squeeze") else m.conv
    return x * torch.sigmoid(layer(x))
