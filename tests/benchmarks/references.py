"""For each module the best public implementation, or the plain formula where none is right."""

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from attention import build


def _from(module: str, name: str, **arguments: Any) -> Callable[[int], nn.Module]:
    def make(channels: int) -> nn.Module:
        found: nn.Module = getattr(importlib.import_module(module), name)(channels, **arguments)
        return found

    return make


class Plain(nn.Module):
    """A formula over the parts of one of our modules: same weights, autograd's own backward."""

    def __init__(self, module: nn.Module, formula: Callable[..., Tensor]) -> None:
        super().__init__()
        self.module, self.formula = module, formula

    def forward(self, *given: Tensor) -> Tensor:
        return self.formula(self.module, *given)


def plain(name: str, formula: Callable[..., Tensor], **options: Any) -> Callable[[int], nn.Module]:
    """The reference of our module `name` by this formula."""
    return lambda channels: Plain(build(name, channels, **options), formula)


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
    """The N x N form."""
    q, k, v = (
        _project(x, layer).reshape(len(x), m.heads, -1, x.shape[2] * x.shape[3])
        for layer in (m.query, m.key, m.value)
    )
    scores = q.transpose(2, 3) @ k * m.scale
    if m.bias is not None:
        rows, columns = (
            torch.arange(size).repeat_interleave(n).repeat(r)
            for size, n, r in ((x.shape[2], x.shape[3], 1), (x.shape[3], 1, x.shape[2]))
        )
        table = m._table(x.shape[2], x.shape[3], x).reshape(m.heads, 2 * x.shape[2] - 1, -1)
        step = (rows[:, None] - rows + x.shape[2] - 1, columns[:, None] - columns + x.shape[3] - 1)
        scores = scores + table[:, step[0], step[1]]
    y = v @ torch.softmax(scores, 3).transpose(2, 3)
    z: Tensor = x + m.out(y.flatten(1, 2).reshape(x.shape))
    return z


NON_LOCAL = "timm.layers.non_local_attn"
REFERENCES: dict[str, tuple[str, Callable[[int], nn.Module]]] = {
    "se": ("timm", _from("timm.layers", "SEModule")),
    "eca": ("timm", _from("timm.layers", "EcaModule")),
    "ese": ("timm", _from("timm.layers", "EffectiveSEModule")),
    "gc": (
        "timm",
        _from("timm.layers.global_context", "GlobalContext", fuse_add=True, fuse_scale=False, rd_ratio=1 / 16),
    ),
    "grn": ("timm", _from("timm.layers.grn", "GlobalResponseNorm", channels_last=False)),
    "cse": ("timm SE", _from("timm.layers", "SEModule", rd_ratio=1 / 2)),
    "spatial_gate": ("timm", lambda channels: _from("timm.layers.cbam", "SpatialAttn")(7)),
    "cbam": ("timm", _from("timm.layers.cbam", "CbamModule", mlp_bias=True)),
    "scse": ("SMP", _from("segmentation_models_pytorch.base.modules", "SCSEModule", reduction=2)),
    "scse:fusion=max": ("torch.maximum", plain("scse", max_of_outputs, fusion="max", start="paper")),
    "coord": ("timm", _from("timm.layers.coord_attn", "CoordAttn", rd_channels=8, bias=True)),
    "ela:shared=false,groups=1": ("timm", _from("timm.layers.coord_attn", "EfficientLocalAttn")),
    "triplet": ("authors' code", plain("triplet", triplet)),
    "simam": ("authors' code", plain("simam", simam)),
    "polarized": ("paper's order", plain("polarized", polarized)),
    "sk:groups=1": ("timm", _from("timm.layers", "SelectiveKernel", split_input=False, rd_channels=32)),
    "split_attention": ("timm", _from("timm.layers", "SplitAttn", norm_layer=nn.BatchNorm2d)),
    "bat": ("timm", _from(NON_LOCAL, "BatNonLocalAttn", drop_rate=0.0)),
    "non_local": ("naive N x N", plain("non_local", non_local)),
    "self_attention": ("naive N x N", plain("self_attention", self_attention)),
    "self_attention:activation=tanh": (
        "naive N x N", plain("self_attention", self_attention, activation="tanh")
    ),
    "danet": ("authors' code", plain("danet", danet)),
    "cross_attention": ("naive N x M", plain("cross_attention", cross_attention)),
    "multi_head": ("naive N x N", plain("multi_head", multi_head)),
    "multi_head:position=relative": ("naive N x N", plain("multi_head", multi_head, position="relative")),
}  # fmt: skip
