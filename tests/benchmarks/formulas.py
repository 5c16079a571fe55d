"""Gates and branches as their authors' code computes them, over the parts of ours."""

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


def gct(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    embedded = (x.pow(2).sum((2, 3), keepdim=True) + 1e-5).pow(0.5) * m.alpha
    norm = m.gamma / (embedded.pow(2).mean(1, keepdim=True) + 1e-5).pow(0.5)
    return x * (1.0 + torch.tanh(embedded * norm + m.beta))


def ge(m: Any, x: Tensor) -> Tensor:
    """The authors' network of an extent: gather, excite, and the nearest gate for each place."""
    gate = functional.interpolate(m.excite(m.gather(x)), scale_factor=m.extent)
    return x * torch.sigmoid(gate[:, :, : x.shape[2], : x.shape[3]])


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


def bam(m: Any, x: Tensor) -> Tensor:
    """The authors' code, the two halves added as in the paper."""
    by_channel = m.channel(functional.adaptive_avg_pool2d(x, 1).flatten(1))[..., None, None]
    return x * (1 + torch.sigmoid(by_channel.expand_as(x) + m.spatial(x).expand_as(x)))


def gam(m: Any, x: Tensor) -> Tensor:
    """The authors' code: the perceptron over places as rows."""
    rows = x.permute(0, 2, 3, 1).flatten(1, 2)
    hidden = functional.linear(rows, m.reduce.weight[..., 0, 0], m.reduce.bias).relu()
    logits = functional.linear(hidden, m.expand.weight[..., 0, 0], m.expand.bias)
    y = x * torch.sigmoid(logits.reshape(len(x), *x.shape[2:], -1).permute(0, 3, 1, 2))
    return y * torch.sigmoid(m.spatial(y))


def lka(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    gate: Tensor = m.mix(m.far(m.near(x)))
    return x.clone() * gate


def lsk(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    near = m.near(x)
    first, second = m.narrow_near(near), m.narrow_far(m.far(near))
    both = torch.cat([first, second], 1)
    pools = torch.cat([both.mean(1, keepdim=True), both.max(1, keepdim=True)[0]], 1)
    weights = m.select(pools).sigmoid()
    gate: Tensor = m.out(first * weights[:, 0].unsqueeze(1) + second * weights[:, 1].unsqueeze(1))
    return x * gate


def ela(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    rows = torch.sigmoid(m.rows(x.mean(3, keepdim=True).flatten(2)))
    columns = torch.sigmoid(m.columns(x.mean(2, keepdim=True).flatten(2)))
    return x * rows[..., None] * columns[:, :, None]


def multi_scale_scse(m: Any, x: Tensor) -> Tensor:
    """The formula, each scale brought back by interpolation."""
    height, width = x.shape[2:]
    logits, total = m.conv(x), torch.zeros(())
    for at, scale in enumerate(m.scales):
        windows = functional.avg_pool2d(logits[:, at : at + 1], scale, ceil_mode=True)
        total = total + functional.interpolate(windows, scale_factor=scale)[:, :, :height, :width]
    by_channel = torch.sigmoid(m.mlp(functional.adaptive_avg_pool2d(x, 1).flatten(1)))[..., None, None]
    return x * (by_channel + torch.sigmoid(total / len(m.scales)))


def pyramid(m: Any, x: Tensor) -> Tensor:
    """The authors' code."""
    maps = [branch(x) for branch in m.branches]
    weights = [torch.sigmoid(m.mlp(functional.adaptive_avg_pool2d(one, 1).flatten(1))) for one in maps]
    features = torch.cat(maps, 1).view(len(x), len(maps), -1, *x.shape[2:])
    scaled: Tensor = features * torch.softmax(torch.stack(weights, 1), 1)[..., None, None]
    return scaled.view(x.shape)


def attention_gate(m: Any, x: Tensor, context: Tensor) -> Tensor:
    """A public re-implementation."""
    below = functional.interpolate(m.of_context(context), x.shape[2:], mode="bilinear")
    return x * torch.sigmoid(m.psi(functional.relu(m.of_skip(x) + below)))


def spatial_transformer(m: Any, x: Tensor) -> Tensor:
    """By torch's own pooling, grid and sampling."""
    seen = functional.adaptive_avg_pool2d(x, m.pool).flatten(1)
    theta = m.point(functional.relu(m.look(seen))).reshape(-1, 2, 3)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode=m.padding, align_corners=False)
