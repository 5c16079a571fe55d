"""For each module the best public implementation, or its formula where none is right or can be installed."""

import importlib
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from attention import build

from . import formulas, token_formulas


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


NON_LOCAL = "timm.layers.non_local_attn"
REFERENCES: dict[str, tuple[str, Callable[[int], nn.Module]]] = {
    "se": ("timm", _from("timm.layers", "SEModule")),
    "eca": ("timm", _from("timm.layers", "EcaModule")),
    "ese": ("timm", _from("timm.layers", "EffectiveSEModule")),
    "gc": (
        "timm",
        _from(
            "timm.layers.global_context", "GlobalContext", fuse_add=True, fuse_scale=False, rd_ratio=1 / 16
        ),
    ),
    "grn": ("timm", _from("timm.layers.grn", "GlobalResponseNorm", channels_last=False)),
    "cse": ("timm SE", _from("timm.layers", "SEModule", rd_ratio=1 / 2)),
    "spatial_gate": ("timm", lambda channels: _from("timm.layers.cbam", "SpatialAttn")(7)),
    "cbam": ("timm", _from("timm.layers.cbam", "CbamModule", mlp_bias=True)),
    "scse": ("SMP", _from("segmentation_models_pytorch.base.modules", "SCSEModule", reduction=2)),
    "scse:fusion=max": ("torch.maximum", plain("scse", formulas.max_of_gates, fusion="max", start="paper")),
    "coord": ("timm", _from("timm.layers.coord_attn", "CoordAttn", rd_channels=8, bias=True)),
    "ela:shared=false,groups=1": ("timm", _from("timm.layers.coord_attn", "EfficientLocalAttn")),
    "triplet": ("authors' code", plain("triplet", formulas.triplet, start="paper")),
    "simam": ("authors' code", plain("simam", formulas.simam)),
    "polarized": ("paper's order", plain("polarized", formulas.polarized)),
    "sk:groups=1": ("timm", _from("timm.layers", "SelectiveKernel", split_input=False, rd_channels=32)),
    "split_attention": ("timm", _from("timm.layers", "SplitAttn", norm_layer=nn.BatchNorm2d)),
    "bat": ("timm", _from(NON_LOCAL, "BatNonLocalAttn", drop_rate=0.0)),
    "non_local": ("naive N x N", plain("non_local", token_formulas.non_local)),
    "self_attention": ("naive N x N", plain("self_attention", token_formulas.self_attention)),
    "self_attention:activation=tanh": (
        "naive N x N",
        plain("self_attention", token_formulas.self_attention, activation="tanh"),
    ),
    "danet": ("authors' code", plain("danet", token_formulas.danet)),
    "cross_attention": ("naive N x M", plain("cross_attention", token_formulas.cross_attention)),
    "multi_head": ("naive N x N", plain("multi_head", token_formulas.multi_head)),
    "multi_head:heads=1,position=relative": (
        "naive N x N",
        plain("multi_head", token_formulas.multi_head, heads=1, position="relative"),
    ),
    "ccnet": ("authors' form", plain("ccnet", token_formulas.crossed_in_order)),
    "double_attention": ("paper's order", plain("double_attention", token_formulas.double_in_order)),
    "external_attention": ("authors' code", plain("external_attention", token_formulas.external_attention)),
    "scse_outputs": ("torch.maximum", plain("scse_outputs", formulas.max_of_outputs, start="paper")),
    "sse": ("formula", plain("sse", formulas.by_place, start="paper")),
    "direct_conv": ("formula", plain("direct_conv", formulas.by_place, start="paper")),
    "gct_gauss": ("public copy, mended", plain("gct_gauss", formulas.gct_gauss)),
    "gct": ("authors' code", plain("gct", formulas.gct)),
    "sk": ("timm", _from("timm.layers", "SelectiveKernel", split_input=False, rd_channels=32, groups=32)),
    "pyramid": ("authors' code", plain("pyramid", formulas.pyramid)),
    "spatial_transformer": ("torch's sampling", plain("spatial_transformer", formulas.spatial_transformer)),
    **{
        name: (whose, plain(name, getattr(formulas, name), start="paper"))
        for whose, names in {
            "authors' code": "ge srm sge fca nam shuffle efficient_multi_scale mlca bam gam lka lsk ela",
            "public copy": "lct attention_gate",
            "formula": "multi_scale_scse",
        }.items()
        for name in names.split()
    },
}
NAIVE: dict[str, tuple[str, Callable[[int], nn.Module]]] = {
    "ccnet": ("naive N x N, masked", plain("ccnet", token_formulas.ccnet)),
    "double_attention": ("naive N x N", plain("double_attention", token_formulas.double_attention)),
    "bat": ("naive N x N", plain("bat", token_formulas.bat)),
}
"""What takes the place of a reference at 128 x 128 places, where the N x N matrix is what others pay for."""
