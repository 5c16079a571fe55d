"""Attention that a model ships with, convolutions that a module can stand for, and models fused for inference."""

from torch import nn

from user_error import UserError

from .probed_model import Place, Probed
from .stage_sites import points

NATIVE, CONV = "native", "conv"
SHIPPED = {
    "SqueezeExcite",
    "SqueezeExcitation",
    "SEModule",
    "SEWithNorm",
    "EffectiveSEModule",
    "EffectiveSqueezeExcite",
    "EcaModule",
    "CecaModule",
    "CbamModule",
    "LightCbamModule",
    "CoordAttn",
    "SimpleCoordAttn",
    "EfficientLocalAttn",
    "StripAttn",
    "GlobalContext",
    "GatherExcite",
    "NonLocalAttn",
    "BatNonLocalAttn",
    "SpatialAttention",
    "SCSEModule",
}
"""Classes of timm, torchvision and SMP that weigh a map and return one of the same shape."""

MERGING = {"RepVit", "EfficientVitMsra", "SHViT", "Levit", "LevitDistilled"}
"""Models whose `fuse` merges residual branches, or norms, without a mark."""


def natives(probed: Probed) -> list[Place]:
    """The model's own attention modules, not what they consist of."""
    names = [name for name, module in probed.modules.items() if type(module).__name__ in SHIPPED]
    outer = [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
    return probed.places(outer, points(probed))


def convolutions(probed: Probed) -> list[Place]:
    """The 3x3 convolutions of stride 1 in the trunk that keep the number of channels: what sk stands for."""
    names = [
        name
        for name, module in probed.modules.items()
        if isinstance(module, nn.Conv2d)
        and (module.kernel_size, module.stride) == ((3, 3), (1, 1))
        and module.in_channels == module.out_channels
        and name.startswith(probed.inside)
    ]
    return probed.places(names, points(probed))


def strip(model: nn.Module) -> list[str]:
    """Take the model's own attention modules out for good; return their paths."""
    names = [name for name, module in model.named_modules() if type(module).__name__ in SHIPPED]
    outer = [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
    for name in outer:
        model.set_submodule(name, nn.Identity())
    return outer


def refuse_fused(model: nn.Module) -> None:
    """Raises UserError for a model whose branches were merged for inference: its places are gone."""
    for name, module in model.named_modules():
        if _is_fused(module):
            raise UserError(
                f"{type(model).__name__}: {name or 'the model'} is fused for inference, which merges the branches that "
                "modules are plugged into; plug the model as it is created, and fuse a copy without plugs"
            )


def refuse_dropping(model: nn.Module) -> None:
    """Raises UserError for a model that leaves tokens out in training: the rest are no map."""
    for name, module in model.named_modules():
        if type(module).__name__ == "PatchDropout" and getattr(module, "prob", 0) > 0:
            raise UserError(
                f"{type(model).__name__}: {name} leaves out tokens in training, so that the rest are no map; "
                "take patch_drop_rate out of its arguments"
            )


def _is_fused(module: nn.Module) -> bool:
    """timm's marks of it; these models have batch norms as long as they are not."""
    if getattr(module, "reparam_conv", None) is not None or getattr(module, "fused", False) is True:
        return True
    if hasattr(module, "switch_to_deploy") and isinstance(getattr(module, "fusion_conv", None), list):
        return True
    return type(module).__name__ in MERGING and not _norms(module)


def _norms(module: nn.Module) -> bool:
    return any(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) for part in module.modules())
